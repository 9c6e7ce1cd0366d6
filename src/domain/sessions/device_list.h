#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "domain/sessions/device.h"
#include "sql/database.h"

namespace facegate::domain {

/// A device as lists show it: one id, whatever fingerprints it came with.
struct ListedDevice {
    DeviceId id;
    DeviceSettings settings;
    std::int64_t users = 0;               ///< who ever signed in from it
    std::optional<TimeMs> first_seen_at;  ///< nothing if only its settings are left
    std::optional<TimeMs> last_seen_at;   ///< the same
    std::int64_t active_sessions = 0;
};

struct DeviceFilter {
    std::optional<UserId> user = {};  ///< only devices of this user; users, times and sessions are the user's own
    std::optional<bool> shared = {};
};

/// In order of their ids, at most `limit`, from the one behind `after`.
std::vector<ListedDevice> list_devices(sql::TenantTx& tx, const DeviceFilter& filter, const std::string& after,
                                       int limit, TimeMs now);
/// Nothing if nobody signed in from it and nothing was said of it.
std::optional<ListedDevice> find_device(sql::TenantTx& tx, const DeviceId& id, TimeMs now);

}  // namespace facegate::domain
