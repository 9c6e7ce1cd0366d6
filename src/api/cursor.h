#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "domain/vault/vault.h"

namespace facegate::api {

inline constexpr std::size_t kMaxCursor = 512;  ///< characters
inline constexpr int kDefaultPage = 50;
inline constexpr int kLargestPage = 200;

/// A text that names a place in a list: base64url of HMAC-SHA256 (its first 16 bytes) and `position`. Good for that
/// list of that tenant and environment alone, for ever. The position can be read by whoever decodes it: no personal
/// data in there. `list` names the list, with the id of what it belongs to, if any.
std::string make_cursor(const domain::Vault& vault, const Scope& scope, std::string_view list,
                        std::string_view position);
/// The position. kValidationFailed naming `cursor` for everything that make_cursor did not make for this list and
/// scope.
Result<std::string> read_cursor(const domain::Vault& vault, const Scope& scope, std::string_view list,
                                std::string_view cursor);

/// The answer to a cursor that is none.
std::unexpected<Error> invalid_cursor();

}  // namespace facegate::api
