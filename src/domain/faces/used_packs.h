#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "sql/database.h"

namespace facegate::domain {

/// Remembers a pack at its first use. kProviderError, with words for the operator, if the id was first used with
/// another fingerprint: its templates would be compared with vectors that mean something else.
Result<void> remember_pack(sql::SystemTx& tx, const std::string& pack_id, const std::string& fingerprint, TimeMs now);
/// Notes that new templates are made with this pack, which must have been remembered.
void set_serving_pack(sql::SystemTx& tx, const std::string& pack_id);
/// The pack that the server uses, or used last; nothing before its first start.
std::optional<std::string> serving_pack(sql::SystemTx& tx);

}  // namespace facegate::domain
