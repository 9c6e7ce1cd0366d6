#pragma once

#include <span>
#include <string>
#include <string_view>

namespace facegate::domain {

/// One text a person can consent to. The hash is of the UTF-8 bytes, exactly as given.
struct ConsentText {
    std::string version;   ///< e.g. `v1`
    std::string language;  ///< BCP 47, e.g. `en`
    std::string text;
    std::string sha256;  ///< 64 lower-case hexadecimal digits
};

/// The registry, in order of version; the first language of a version is its default.
std::span<const ConsentText> consent_texts();
/// The text of this version with this hash (either case), in whatever language; null if there is none.
const ConsentText* find_consent_text(std::string_view version, std::string_view sha256);

}  // namespace facegate::domain
