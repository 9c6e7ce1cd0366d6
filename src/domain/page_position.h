#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace facegate::domain {

/// A row's place in a list in order of time and then id. Pages begin after it, so that rows which come or go meanwhile
/// neither repeat nor hide another one.
struct PagePosition {
    std::int64_t at = 0;  ///< as stored: milliseconds since 1970
    std::string id;

    friend bool operator==(const PagePosition&, const PagePosition&) = default;
};

/// `1780000000123/user_…`
std::string to_text(const PagePosition& position);
/// Nothing if the text is no such thing.
std::optional<PagePosition> page_position_in(std::string_view text);

}  // namespace facegate::domain
