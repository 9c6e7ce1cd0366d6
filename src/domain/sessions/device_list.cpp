#include "domain/sessions/device_list.h"

#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kOfScope = " WHERE tenant_id = $1 AND environment = $2 AND device_id";

/// One row for each device id of `ids`, a statement with one column. `user_condition` narrows what is counted.
std::string select_devices(const std::string& ids, const std::string& user_condition, const std::string& condition) {
    const std::string of_device =
        " WHERE x.tenant_id = $1 AND x.environment = $2 AND x.device_id = i.device_id" + user_condition;
    return "SELECT i.device_id, s.name, COALESCE(s.shared, FALSE), "
           "(SELECT COUNT(DISTINCT x.user_id) FROM devices x" +
           of_device + "), (SELECT MIN(x.first_seen_at) FROM devices x" + of_device +
           "), (SELECT MAX(x.last_seen_at) FROM devices x" + of_device + "), (SELECT COUNT(*) FROM sessions x" +
           of_device + " AND x.revoked_at IS NULL AND x.expires_at > $3) FROM (" + ids +
           ") i LEFT JOIN device_settings s "
           "ON s.tenant_id = $1 AND s.environment = $2 AND s.device_id = i.device_id" +
           condition + " ORDER BY i.device_id";
}

ListedDevice device_in(const sql::Row& row) {
    ListedDevice device;
    device.id = DeviceId(row.text(0));
    device.settings = {row.maybe_text(1), row.boolean(2)};
    device.users = row.integer(3);
    device.first_seen_at = maybe_time_in(row, 4);
    device.last_seen_at = maybe_time_in(row, 5);
    device.active_sessions = row.integer(6);
    return device;
}

/// Devices somebody signed in from, and those the tenant said something of.
std::string known_ids(const std::string& comparison) {
    return "SELECT device_id FROM devices" + std::string(kOfScope) + comparison +
           " UNION SELECT device_id FROM device_settings" + std::string(kOfScope) + comparison;
}

}  // namespace

std::vector<ListedDevice> list_devices(sql::TenantTx& tx, const DeviceFilter& filter, const std::string& after,
                                       int limit, TimeMs now) {
    sql::Params params{to_unix_ms(now), after, limit};
    std::string ids = known_ids(" > $4");
    std::string user_condition;
    if (filter.user) {
        params.emplace_back(*filter.user);
        user_condition = " AND x.user_id = $6";
        ids = "SELECT DISTINCT device_id FROM devices" + std::string(kOfScope) + " > $4 AND user_id = $6";
    }
    std::string condition;
    if (filter.shared)
        condition = *filter.shared ? " WHERE s.shared = TRUE" : " WHERE COALESCE(s.shared, FALSE) = FALSE";
    const auto rows = tx.query(select_devices(ids, user_condition, condition) + " LIMIT $5", params);
    std::vector<ListedDevice> devices;
    for (const auto& row : rows) devices.push_back(device_in(row));
    return devices;
}

std::optional<ListedDevice> find_device(sql::TenantTx& tx, const DeviceId& id, TimeMs now) {
    const auto rows = tx.query(select_devices(known_ids(" = $4"), "", ""), {to_unix_ms(now), id});
    if (rows.empty()) return std::nullopt;
    return device_in(rows.front());
}

}  // namespace facegate::domain
