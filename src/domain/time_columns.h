#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "sql/database.h"

namespace facegate::domain {

/// Times as rows hold them: BIGINT milliseconds, NULL for none.
inline std::optional<std::int64_t> to_column(const std::optional<TimeMs>& time) {
    return time ? std::optional(to_unix_ms(*time)) : std::nullopt;
}
inline TimeMs time_in(const sql::Row& row, std::size_t column) {
    return from_unix_ms(row.integer(column));
}
inline std::optional<TimeMs> maybe_time_in(const sql::Row& row, std::size_t column) {
    const auto ms = row.maybe_integer(column);
    return ms ? std::optional(from_unix_ms(*ms)) : std::nullopt;
}

}  // namespace facegate::domain
