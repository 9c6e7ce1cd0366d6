#include "domain/users/text_search.h"

#include <array>
#include <cstdint>

namespace facegate::domain {

namespace {

/// Capitals from `first` to `last`, every `step`-th, whose small letters are `distance` further on.
struct CaseRange {
    char32_t first;
    char32_t last;
    char32_t step;
    char32_t distance;
};

// Unicode 15, CaseFolding.txt, status C: the letters of names.
constexpr std::array kRanges = {
    CaseRange{U'A', U'Z', 1, 32},    CaseRange{0xC0, 0xD6, 1, 32},    CaseRange{0xD8, 0xDE, 1, 32},
    CaseRange{0x100, 0x12E, 2, 1},   CaseRange{0x132, 0x136, 2, 1},   CaseRange{0x139, 0x147, 2, 1},
    CaseRange{0x14A, 0x176, 2, 1},   CaseRange{0x179, 0x17D, 2, 1},   CaseRange{0x1CD, 0x1DB, 2, 1},
    CaseRange{0x1DE, 0x1EE, 2, 1},   CaseRange{0x1F8, 0x21E, 2, 1},   CaseRange{0x386, 0x386, 1, 38},
    CaseRange{0x388, 0x38A, 1, 37},  CaseRange{0x38C, 0x38C, 1, 64},  CaseRange{0x38E, 0x38F, 1, 63},
    CaseRange{0x391, 0x3A1, 1, 32},  CaseRange{0x3A3, 0x3AB, 1, 32},  CaseRange{0x3C2, 0x3C2, 1, 1},
    CaseRange{0x400, 0x40F, 1, 80},  CaseRange{0x410, 0x42F, 1, 32},  CaseRange{0x460, 0x480, 2, 1},
    CaseRange{0x48A, 0x4BE, 2, 1},   CaseRange{0x4D0, 0x52E, 2, 1},   CaseRange{0x531, 0x556, 1, 48},
    CaseRange{0x1E00, 0x1E94, 2, 1}, CaseRange{0x1EA0, 0x1EFE, 2, 1}, CaseRange{0xFF21, 0xFF3A, 1, 32},
};

char32_t folded(char32_t c) {
    if (c == 0x130) return U'i';   // İ
    if (c == 0x178) return 0xFF;   // Ÿ
    if (c == 0x1E9E) return 0xDF;  // ẞ
    for (const CaseRange& range : kRanges) {
        if (c >= range.first && c <= range.last && (c - range.first) % range.step == 0) return c + range.distance;
    }
    return c;
}

void append_utf8(std::string& out, char32_t c) {
    const auto byte = [&](char32_t bits) { out += static_cast<char>(static_cast<unsigned char>(bits)); };
    if (c < 0x80) {
        byte(c);
    } else if (c < 0x800) {
        byte(0xC0 | (c >> 6));
        byte(0x80 | (c & 0x3F));
    } else {
        byte(0xE0 | (c >> 12));
        byte(0x80 | ((c >> 6) & 0x3F));
        byte(0x80 | (c & 0x3F));
    }
}

}  // namespace

std::string fold_case(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
    const auto continues = [&](std::size_t i) { return i < utf8.size() && (at(i) & 0xC0) == 0x80; };
    for (std::size_t i = 0; i < utf8.size();) {
        if (at(i) < 0x80) {
            append_utf8(out, folded(at(i)));
            i += 1;
        } else if (at(i) >> 5 == 0x6 && continues(i + 1)) {
            append_utf8(out, folded(static_cast<char32_t>((at(i) & 0x1F) << 6 | (at(i + 1) & 0x3F))));
            i += 2;
        } else if (at(i) >> 4 == 0xE && continues(i + 1) && continues(i + 2)) {
            append_utf8(out, folded(static_cast<char32_t>((at(i) & 0x0F) << 12 | (at(i + 1) & 0x3F) << 6 |
                                                          (at(i + 2) & 0x3F))));
            i += 3;
        } else {
            out += utf8[i];  // beyond the basic plane no letter of these alphabets
            i += 1;
        }
    }
    return out;
}

}  // namespace facegate::domain
