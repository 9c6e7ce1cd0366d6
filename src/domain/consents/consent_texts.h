#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace facegate::domain {

inline constexpr std::size_t kMaxConsentText = 64 * 1024;  ///< bytes
inline constexpr std::size_t kMostConsentTexts = 256;

/// One text a person can consent to. The hash is of the UTF-8 bytes, exactly as given.
struct ConsentText {
    std::string version;   ///< e.g. `v1`
    std::string language;  ///< BCP 47, e.g. `en`
    std::string text;
    std::string sha256;  ///< 64 lower-case hexadecimal digits
};

/// The texts that come with the program; the first language of a version is its default.
std::span<const ConsentText> consent_texts();

/// 1-64 letters, digits, `.`, `_` and `-`, not beginning with a dot.
bool is_consent_version(std::string_view text);
/// The form of a BCP 47 tag, such as `de` or `pt-BR`; whether the language exists is not looked up.
bool is_language_tag(std::string_view text);

/// Every text a person can consent to here: those that come with the program and those of the operator. Once filled,
/// it is only read, by any thread.
class ConsentRegistry {
public:
    /// With the texts that come with the program.
    ConsentRegistry();

    /// Adds a text. kValidationFailed for a bad version or language, an empty or over-long text, one language of one
    /// version twice, and more than kMostConsentTexts.
    Result<void> add(std::string version, std::string language, std::string_view text);

    /// In order of version, those that come with the program first.
    [[nodiscard]] std::span<const ConsentText> texts() const { return texts_; }
    /// The text of this version with this hash (either case), in whatever language; null if there is none.
    [[nodiscard]] const ConsentText* find(std::string_view version, std::string_view sha256) const;

private:
    std::vector<ConsentText> texts_;
};

}  // namespace facegate::domain
