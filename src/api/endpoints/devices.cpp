#include "api/endpoints/devices.h"

#include "api/endpoints/user_profile.h"
#include "api/endpoints/user_routes.h"
#include "api/page_fields.h"
#include "domain/users/user.h"

namespace facegate::api {

namespace {

struct UserDeviceListRequest {
    std::optional<std::int64_t> limit;
    std::optional<std::string> cursor;

    static const Schema<UserDeviceListRequest>& schema() {
        using Request = UserDeviceListRequest;
        static const Schema<Request> kSchema("UserDeviceListRequest",
                                             {limit_field(&Request::limit), cursor_field(&Request::cursor)});
        return kSchema;
    }
};

struct DeviceListRequest {
    std::optional<std::int64_t> limit;
    std::optional<std::string> cursor;
    std::optional<std::string> user_id;
    std::optional<bool> shared;

    static const Schema<DeviceListRequest>& schema() {
        using Request = DeviceListRequest;
        static const Schema<Request> kSchema(
            "DeviceListRequest",
            {limit_field(&Request::limit), cursor_field(&Request::cursor),
             field("user_id", &Request::user_id, "Only devices this user signed in from.")
                 .min_length(1)
                 .max_length(128),
             field("shared", &Request::shared, "Only devices that are marked as shared, or only those that are not.")});
        return kSchema;
    }
};

struct DeviceList {
    std::vector<DeviceItem> devices;
    std::optional<std::string> next_cursor;

    static const Schema<DeviceList>& schema() {
        static const Schema<DeviceList> kSchema("DeviceList",
                                                {field("devices", &DeviceList::devices, "In order of their ids."),
                                                 next_cursor_field(&DeviceList::next_cursor)});
        return kSchema;
    }
};

struct DeviceChange {
    std::optional<bool> shared;
    std::optional<std::string> name;

    static const Schema<DeviceChange>& schema() {
        static const Schema<DeviceChange> kSchema =
            Schema<DeviceChange>(
                "DeviceChange",
                {field(
                     "shared", &DeviceChange::shared,
                     "Many people sign in from it, as at a kiosk: that raises no risk, and failed attempts do not lock "
                     "it."),
                 field("name", &DeviceChange::name, "What to call it.").min_length(1).max_length(100)})
                .at_least_one_of({"shared", "name"});
        return kSchema;
    }
};

struct DeviceRevokeAnswer {
    bool revoked = true;
    DeviceId device_id;
    std::int64_t sessions_revoked = 0;

    static const Schema<DeviceRevokeAnswer>& schema() {
        using Answer = DeviceRevokeAnswer;
        static const Schema<Answer> kSchema(
            "DeviceRevokeAnswer", {field("revoked", &Answer::revoked, "Always true."),
                                   field("device_id", &Answer::device_id, "Which device it was."),
                                   field("sessions_revoked", &Answer::sessions_revoked, "Sessions this ended.")});
        return kSchema;
    }
};

std::unexpected<Error> unknown_device() {
    return fail(ErrorCode::kNotFound, "There is no such device");
}

/// One page; `list` names it for the cursor, whose position is a device's id.
Result<DeviceList> page_of(Services& services, sql::TenantTx& tx, const std::string& list,
                           const domain::DeviceFilter& filter, const std::string& after, int limit) {
    std::vector<domain::ListedDevice> found = domain::list_devices(tx, filter, after, limit + 1, services.clock.now());
    DeviceList answer;
    for (const domain::ListedDevice& device : found) {
        if (answer.devices.size() == static_cast<std::size_t>(limit)) {
            answer.next_cursor = make_cursor(services.vault, tx.scope(), list, answer.devices.back().device_id.value);
            break;
        }
        answer.devices.push_back(DeviceItem::of(device));
    }
    return answer;
}

Result<std::string> start_of(Services& services, const Scope& scope, const std::string& list,
                             const std::optional<std::string>& cursor) {
    return cursor ? read_cursor(services.vault, scope, list, *cursor) : Result<std::string>(std::string());
}

Result<DeviceList> list(Services& services, Call<DeviceListRequest>& call) {
    const Scope& scope = call.caller.scope;
    const Result<std::string> after = start_of(services, scope, "devices", call.body.cursor);
    if (!after) return std::unexpected(after.error());
    domain::DeviceFilter filter;
    if (call.body.user_id) filter.user = UserId(*call.body.user_id);
    filter.shared = call.body.shared;
    return services.database.read(scope, [&](sql::TenantTx& tx) {
        return page_of(services, tx, "devices", filter, *after, page_size(call.body.limit));
    });
}

Result<DeviceList> list_of_user(Services& services, Call<UserDeviceListRequest>& call) {
    const Scope& scope = call.caller.scope;
    const UserId user(call.param("id"));
    const std::string name = "devices/" + user.value;
    const Result<std::string> after = start_of(services, scope, name, call.body.cursor);
    if (!after) return std::unexpected(after.error());
    return services.database.read(scope, [&](sql::TenantTx& tx) -> Result<DeviceList> {
        if (!domain::find_user(tx, user)) return unknown_user();
        return page_of(services, tx, name, {.user = user}, *after, page_size(call.body.limit));
    });
}

Result<DeviceItem> change(Services& services, Call<DeviceChange>& call) {
    const DeviceId id(call.param("id"));
    return services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<DeviceItem> {
        const TimeMs now = services.clock.now();
        std::optional<domain::ListedDevice> device = domain::find_device(tx, id, now);
        if (!device) return unknown_device();
        if (call.body.shared) device->settings.shared = *call.body.shared;
        if (call.body.name) device->settings.name = call.body.name;
        domain::save_device_settings(tx, id, device->settings, now);
        const boost::json::object details{{"shared", device->settings.shared}, {"renamed", call.body.name.has_value()}};
        services.audit.append(tx, {call.caller.key.value, "device.changed", id.value, boost::json::serialize(details)},
                              now);
        return DeviceItem::of(*device);
    });
}

Result<DeviceRevokeAnswer> revoke(Services& services, const CallContext& call) {
    const DeviceId id(call.param("id"));
    return services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<DeviceRevokeAnswer> {
        const TimeMs now = services.clock.now();
        const Result<std::int64_t> ended = domain::revoke_device(tx, id, now);
        if (!ended) return unknown_device();
        const boost::json::object details{{"sessions_ended", *ended}};
        services.audit.append(tx, {call.caller.key.value, "device.revoked", id.value, boost::json::serialize(details)},
                              now);
        return DeviceRevokeAnswer{true, id, *ended};
    });
}

}  // namespace

const Schema<DeviceItem>& DeviceItem::schema() {
    using Item = DeviceItem;
    static const Schema<Item> kSchema(
        "DeviceItem",
        {field("device_id", &Item::device_id, "As named by the client, or derived."),
         field("name", &Item::name, "What you call it, or null.").nullable(),
         field("shared", &Item::shared, "Many people sign in from it, as at a kiosk."),
         field("users", &Item::users, "People who signed in from it; 1 in the list of one user."),
         field("active_sessions", &Item::active_sessions, "Sessions from it that are active now."),
         field("first_seen_at", &Item::first_seen_at, "First sign-in from it; null if none is remembered.").nullable(),
         field("last_seen_at", &Item::last_seen_at, "Latest sign-in from it; null if none is remembered.").nullable()});
    return kSchema;
}

DeviceItem DeviceItem::of(const domain::ListedDevice& device) {
    return {device.id,          device.settings.name,   device.settings.shared,
            device.users,       device.active_sessions, device.first_seen_at,
            device.last_seen_at};
}

void add_device_routes(RouteTable& routes, Services& services) {
    routes.add<UserDeviceListRequest, DeviceList>(
        {.method = "GET",
         .path = "/v1/users/:id/devices",
         .summary = "List the devices a user signed in from",
         .doc = "Users, times and sessions are this user's own.",
         .tag = "Devices",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<UserDeviceListRequest>& call) { return list_of_user(services, call); });
    routes.add<DeviceListRequest, DeviceList>(
        {.method = "GET",
         .path = "/v1/devices",
         .summary = "List devices",
         .doc = "Every device somebody signed in from, and those you named or marked.",
         .tag = "Devices",
         .auth = Auth::kSecretKey},
        [&services](Call<DeviceListRequest>& call) { return list(services, call); });
    routes.add<DeviceChange, DeviceItem>({.method = "PATCH",
                                          .path = "/v1/devices/:id",
                                          .summary = "Name a device or mark it as shared",
                                          .doc = "What is left out stays as it is.",
                                          .tag = "Devices",
                                          .auth = Auth::kSecretKey,
                                          .errors = {ErrorCode::kNotFound}},
                                         [&services](Call<DeviceChange>& call) { return change(services, call); });
    routes.add<Nothing, DeviceRevokeAnswer>(
        {.method = "DELETE",
         .path = "/v1/devices/:id",
         .summary = "Revoke a device",
         .doc =
             "Ends all sessions that were opened from it, whoever's, and forgets it with its name and mark: the next "
             "sign-in from it is one from a new device. Device ids are the client's words, so nobody can be kept out "
             "by "
             "one; suspend the user for that.",
         .tag = "Devices",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<Nothing>& call) { return revoke(services, call); });
}

}  // namespace facegate::api
