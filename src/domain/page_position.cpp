#include "domain/page_position.h"

#include <charconv>

namespace facegate::domain {

std::string to_text(const PagePosition& position) {
    return std::to_string(position.at) + '/' + position.id;
}

std::optional<PagePosition> page_position_in(std::string_view text) {
    PagePosition position;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, position.at);
    if (error != std::errc() || stop == end || *stop != '/') return std::nullopt;
    position.id.assign(stop + 1, end);
    return position;
}

}  // namespace facegate::domain
