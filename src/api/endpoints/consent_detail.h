#pragma once

#include <optional>
#include <string>

#include "api/schema.h"
#include "domain/consents/consent.h"

namespace facegate::api {

/// A consent record in an answer.
struct ConsentDetail {
    ConsentId consent_id;
    std::string consent_version;
    std::string language;
    std::string consent_text_hash;
    std::optional<UserId> user_id;
    std::optional<std::string> ip;
    std::optional<std::string> user_agent;
    TimeMs consented_at;
    std::optional<TimeMs> revoked_at;
    std::optional<TimeMs> user_deleted_at;

    static const Schema<ConsentDetail>& schema();
    /// With the opened origin. Throws VaultFailure.
    static ConsentDetail of(sql::TenantTx& tx, const domain::Vault& vault, const domain::Consent& consent);
};

}  // namespace facegate::api
