#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/random.h"

namespace facegate::domain {

/// A text that opens something to whoever holds it: `prefix` and 256 random bits in base 62.
std::string new_secret_token(Random& random, std::string_view prefix);
/// SHA-256, by which the token is stored: whoever reads the table cannot use it. With so many random bits the plain
/// hash tells nothing.
Bytes secret_token_hash(std::string_view token);

}  // namespace facegate::domain
