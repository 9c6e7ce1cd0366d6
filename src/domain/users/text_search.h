#pragma once

#include <string>
#include <string_view>

namespace facegate::domain {

/// Small letters for capital ones: Unicode's simple case folding for the Latin, Greek, Cyrillic and Armenian alphabets
/// and full-width letters. Bytes that are no UTF-8 stay as they are.
std::string fold_case(std::string_view utf8);

/// Finds a text inside others, whatever the case of either. Immutable and thread-safe.
class TextSearch {
public:
    explicit TextSearch(std::string_view text) : folded_(fold_case(text)) {}
    [[nodiscard]] bool is_in(std::string_view text) const { return fold_case(text).contains(folded_); }

private:
    std::string folded_;
};

}  // namespace facegate::domain
