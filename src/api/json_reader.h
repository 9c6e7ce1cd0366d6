#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <string_view>

#include "base/error.h"

namespace facegate::api {

inline constexpr std::size_t kMaxJsonDepth = 32;
inline constexpr std::size_t kMaxJsonValues = 50'000;

/// Reads one JSON text (RFC 8259) from outside. Refused with kInvalidJson: bad syntax, anything after the value,
/// invalid UTF-8, lone surrogates, nesting deeper than kMaxJsonDepth, numbers beyond a double; with kPayloadTooLarge:
/// more than kMaxJsonValues members, elements and containers. Of members of the same name the last one wins, as in
/// JSON.parse. Stack use is bounded by the depth, memory by the text's size plus the number of values.
Result<boost::json::value> read_json(std::string_view text);

}  // namespace facegate::api
