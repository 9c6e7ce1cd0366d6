#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace facegate::http {

/// Undoes percent-encoding (RFC 3986); nothing if a `%` is not followed by two hex digits. `+` stays as it is.
std::optional<std::string> percent_decode(std::string_view text);

using QueryFields = std::vector<std::pair<std::string, std::string>>;

/// `a=1&b=2` as sent by browsers (`+` is a space), in order; a field without `=` has an empty value, empty fields are
/// skipped. Nothing if an encoding is broken or there are more than `max_fields` fields.
std::optional<QueryFields> parse_query(std::string_view query, std::size_t max_fields = 64);

}  // namespace facegate::http
