#include "domain/consents/consent.h"

#include <algorithm>

#include "domain/consents/consent_texts.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::size_t kMaxUserAgent = 512;

/// Header bytes can be anything; a row holds printable ASCII of bounded length.
std::string printable(std::string_view text) {
    std::string kept(text.substr(0, kMaxUserAgent));
    std::ranges::replace_if(kept, [](char c) { return c < ' ' || c > '~'; }, '?');
    return kept;
}

std::unexpected<Error> invalid() {
    return fail(ErrorCode::kConsentInvalid, "The consent is unknown, revoked, or belongs to another user");
}

}  // namespace

Result<Consent> record_consent(sql::TenantTx& tx, Random& random, const NewConsent& consent, TimeMs now) {
    const auto* text = find_consent_text(consent.version, consent.text_hash);
    if (text == nullptr) {
        return fail(ErrorCode::kConsentInvalid, "The registry holds no consent text of this version and hash");
    }
    if (consent.user &&
        tx.query("SELECT id FROM users WHERE tenant_id = $1 AND environment = $2 AND id = $3", {*consent.user})
            .empty()) {
        return fail(ErrorCode::kNotFound, "User not found");
    }
    Consent recorded;
    recorded.id = ConsentId(random.uuid());
    recorded.version = text->version;
    recorded.language = text->language;
    recorded.text_hash = text->sha256;
    recorded.user = consent.user;
    recorded.ip = printable(consent.ip);
    recorded.user_agent = printable(consent.user_agent);
    recorded.consented_at = now;
    tx.execute(
        "INSERT INTO consents (tenant_id, environment, id, version, language, text_hash, user_id, ip, user_agent, "
        "consented_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        {recorded.id, recorded.version, recorded.language, recorded.text_hash, recorded.user, recorded.ip,
         recorded.user_agent, to_unix_ms(now)});
    return recorded;
}

std::optional<Consent> find_consent(sql::TenantTx& tx, const ConsentId& id) {
    const auto rows = tx.query(
        "SELECT id, version, language, text_hash, user_id, ip, user_agent, consented_at, revoked_at, user_deleted_at "
        "FROM consents WHERE tenant_id = $1 AND environment = $2 AND id = $3",
        {id});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    Consent consent;
    consent.id = ConsentId(row.text(0));
    consent.version = row.text(1);
    consent.language = row.text(2);
    consent.text_hash = row.text(3);
    if (auto user = row.maybe_text(4)) consent.user = UserId(std::move(*user));
    consent.ip = row.text(5);
    consent.user_agent = row.text(6);
    consent.consented_at = time_in(row, 7);
    consent.revoked_at = maybe_time_in(row, 8);
    consent.user_deleted_at = maybe_time_in(row, 9);
    return consent;
}

Result<Consent> check_consent(sql::TenantTx& tx, const ConsentId& id) {
    auto consent = find_consent(tx, id);
    if (!consent || consent->revoked_at || consent->user || consent->user_deleted_at) return invalid();
    return std::move(*consent);
}

Result<void> link_consent(sql::TenantTx& tx, const ConsentId& id, const UserId& user) {
    const auto linked = tx.execute(
        "UPDATE consents SET user_id = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3 "
        "AND revoked_at IS NULL AND user_deleted_at IS NULL AND (user_id IS NULL OR user_id = $4)",
        {id, user});
    if (linked == 0) return invalid();
    return {};
}

void detach_consents_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now) {
    tx.execute(
        "UPDATE consents SET user_id = NULL, user_deleted_at = $4 "
        "WHERE tenant_id = $1 AND environment = $2 AND user_id = $3",
        {user, to_unix_ms(now)});
}

}  // namespace facegate::domain
