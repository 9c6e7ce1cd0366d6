#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/random.h"
#include "crypto/secret.h"

namespace facegate::domain {

/// The root of the key hierarchy, read from a file of 32 raw bytes that only its owner may read; created (0600, written
/// to disk before it is used) where it does not exist. Errors, all kInternalError with a message that names the file
/// and what to do: readable by group or world, not a regular file, wrong size, unreadable, not creatable.
Result<crypto::SecretKey> load_or_create_master_key(const std::string& path, Random& random);

/// The same from 64 hexadecimal digits, as an environment variable carries it. kInternalError if they are not that; the
/// message never repeats the text.
Result<crypto::SecretKey> master_key_from_hex(std::string_view text);

}  // namespace facegate::domain
