#pragma once

#include <optional>
#include <string>

#include "api/schema.h"
#include "base/clock.h"
#include "base/ids.h"
#include "domain/sessions/device_list.h"

namespace facegate::api {

/// A device as it is listed.
struct DeviceItem {
    DeviceId device_id;
    std::optional<std::string> name;
    bool shared = false;
    std::int64_t users = 0;
    std::int64_t active_sessions = 0;
    std::optional<TimeMs> first_seen_at;
    std::optional<TimeMs> last_seen_at;

    static const Schema<DeviceItem>& schema();
    static DeviceItem of(const domain::ListedDevice& device);
};

}  // namespace facegate::api
