#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace facegate {

using TimeMs = std::chrono::sys_time<std::chrono::milliseconds>;  ///< UTC
using Milliseconds = std::chrono::milliseconds;

/// Where the time comes from; replaced in tests. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual TimeMs now() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] TimeMs now() const override;
};

inline std::int64_t to_unix_ms(TimeMs time) {
    return time.time_since_epoch().count();
}
inline TimeMs from_unix_ms(std::int64_t ms) {
    return TimeMs(Milliseconds(ms));
}

/// `2026-05-01T12:00:00.000Z`
std::string to_iso8601(TimeMs time);
/// Accepts what to_iso8601 writes, and fewer fraction digits; UTC (`Z`) only.
std::optional<TimeMs> from_iso8601(std::string_view text);

}  // namespace facegate
