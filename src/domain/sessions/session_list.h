#pragma once

#include <optional>
#include <vector>

#include "domain/page_position.h"
#include "domain/sessions/session.h"
#include "sql/database.h"

namespace facegate::domain {

struct SessionPage {
    std::vector<Session> sessions;
    std::optional<PagePosition> next;  ///< where the next page begins; nothing at the end
};

/// Sessions of a user, the latest first, at most `limit`, from the one behind `after`. Without `with_ended` only those
/// that are neither revoked nor over.
SessionPage list_sessions(sql::TenantTx& tx, const UserId& user, bool with_ended,
                          const std::optional<PagePosition>& after, int limit, TimeMs now);

}  // namespace facegate::domain
