#pragma once

#include <filesystem>

#include "domain/consents/consent_texts.h"

namespace facegate::domain {

/// The texts that come with the program and those of a directory, `VERSION/LANGUAGE.txt` in UTF-8, versions in their
/// natural order (v2 before v10). Hidden files are skipped. Throws std::runtime_error with a message for the operator
/// about anything else in there that is not such a text: a consent must not silently be missing.
ConsentRegistry load_consent_texts(const std::filesystem::path& directory);

}  // namespace facegate::domain
