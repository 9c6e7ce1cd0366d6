#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "sql/database.h"

namespace facegate::domain {

/// Two may be valid at a time: the one in use, and the one that follows it.
inline constexpr int kValidAdminTokens = 2;
inline constexpr int kAdminTokenDays = 90;      ///< default life
inline constexpr int kMaxAdminTokenDays = 366;  ///< longest life

/// What opens the administration's listener, as it may be shown: the text is known only to whom it was given.
struct AdminToken {
    std::string id;  ///< `adm_…`
    std::string name;
    TimeMs created_at;
    TimeMs expires_at;
    std::optional<TimeMs> last_used_at;
    std::optional<TimeMs> revoked_at;

    [[nodiscard]] bool valid_at(TimeMs now) const { return !revoked_at && now < expires_at; }
};

struct CreatedAdminToken {
    AdminToken token;
    std::string text;  ///< `fga_` and 43 letters and digits; shown once, only its SHA-256 is stored
};

/// kValidationFailed for a name over 200 bytes, a life outside 1 to 366 days, or when two tokens are valid already.
Result<CreatedAdminToken> create_admin_token(sql::SystemTx& tx, Random& random, const std::string& name, int days,
                                             TimeMs now);
/// Newest first, those of the past 400 days.
std::vector<AdminToken> list_admin_tokens(sql::SystemTx& tx, TimeMs now);
/// Takes effect with the next request. kNotFound; revoking twice keeps the first time and is no error.
Result<AdminToken> revoke_admin_token(sql::SystemTx& tx, const std::string& id, TimeMs now);

/// The valid token with this text, compared in constant time with every valid one. kUnauthorized.
Result<AdminToken> authenticate_admin(sql::SystemTx& tx, std::string_view text, TimeMs now);
/// Records the use of a token.
void touch_admin_token(sql::SystemTx& tx, const std::string& id, TimeMs now);

}  // namespace facegate::domain
