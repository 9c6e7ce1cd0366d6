#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "sql/database.h"

namespace facegate::domain {

/// Takes the token of this `jti` for an exchange at `provider`, once until `expires_at`: of concurrent calls one wins.
/// False if it was taken, or came from an exchange itself.
[[nodiscard]] bool take_for_exchange(sql::TenantTx& tx, std::string_view jti, std::string_view provider,
                                     TimeMs expires_at);
/// The token came from an exchange: it can be exchanged nowhere, or one token would make others for ever.
void forbid_exchange(sql::TenantTx& tx, std::string_view jti, TimeMs expires_at);

std::int64_t purge_exchanges(sql::SystemTx& tx, TimeMs now);

}  // namespace facegate::domain
