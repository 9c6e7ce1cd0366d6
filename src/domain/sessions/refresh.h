#pragma once

#include "base/clock.h"
#include "base/ids.h"
#include "crypto/secret.h"
#include "sql/database.h"

namespace facegate::domain {

/// A session has one refresh token at a time, of which only the SHA-256 is stored. One that this server signed for the
/// session and that is not the current one was used before: it, or the one that followed it, is in wrong hands.

[[nodiscard]] bool is_current_refresh_token(sql::TenantTx& tx, const SessionId& session, const crypto::Digest& hash);
/// Puts `next` in the place of `current`: of concurrent calls one wins. False if `current` is not the current one, or
/// the session has ended.
[[nodiscard]] bool rotate_refresh_token(sql::TenantTx& tx, const SessionId& session, const crypto::Digest& current,
                                        const crypto::Digest& next, TimeMs now);
/// The session's token from now on, whatever it had.
void set_refresh_token(sql::TenantTx& tx, const SessionId& session, const crypto::Digest& hash);

}  // namespace facegate::domain
