#include "domain/risk/sign_in_history.h"

#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

/// Sign-ins after $3 whose `column` is $4.
std::int64_t count_since(sql::TenantTx& tx, const std::string& column, const sql::Value& value, TimeMs since) {
    return tx
        .query("SELECT COUNT(*) FROM sign_ins WHERE tenant_id = $1 AND environment = $2 AND created_at > $3 AND " +
                   column + " = $4",
               {to_unix_ms(since), value})
        .front()
        .integer(0);
}

}  // namespace

void record_sign_in(sql::TenantTx& tx, const SignIn& sign_in, TimeMs now) {
    tx.execute(
        "INSERT INTO sign_ins (tenant_id, environment, session_id, user_id, device_id, network, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        {sign_in.session, sign_in.user, sign_in.device, sign_in.network, to_unix_ms(now)});
}

RecentSignIns recent_sign_ins(sql::TenantTx& tx, const UserId& user, const DeviceId& device,
                              const std::optional<std::string>& network, TimeMs now) {
    const TimeMs since = now - kVelocityWindow;
    RecentSignIns recent;
    recent.of_user = count_since(tx, "user_id", user, since);
    recent.of_device = count_since(tx, "device_id", device, since);
    if (network) recent.of_network = count_since(tx, "network", *network, since);
    return recent;
}

std::vector<TimeMs> last_sign_ins(sql::TenantTx& tx, const UserId& user, TimeMs now) {
    const auto rows = tx.query(
        "SELECT created_at FROM sign_ins WHERE tenant_id = $1 AND environment = $2 AND user_id = $3 AND "
        "created_at > $4 ORDER BY created_at DESC LIMIT 100",
        {user, to_unix_ms(now - kSignInsKept)});
    std::vector<TimeMs> times;
    for (const sql::Row& row : rows) times.push_back(time_in(row, 0));
    return times;
}

void forget_sign_ins_of_user(sql::TenantTx& tx, const UserId& user) {
    tx.execute("DELETE FROM sign_ins WHERE tenant_id = $1 AND environment = $2 AND user_id = $3", {user});
}

std::int64_t purge_sign_ins(sql::SystemTx& tx, TimeMs now) {
    const auto erased = tx.execute("UPDATE sign_ins SET network = NULL WHERE network IS NOT NULL AND created_at <= $1",
                                   {to_unix_ms(now - kNetworkKept)});
    return erased + tx.execute("DELETE FROM sign_ins WHERE created_at <= $1", {to_unix_ms(now - kSignInsKept)});
}

}  // namespace facegate::domain
