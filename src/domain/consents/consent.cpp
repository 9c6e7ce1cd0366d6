#include "domain/consents/consent.h"

#include <algorithm>
#include <limits>

#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::size_t kMaxUserAgent = 512;
constexpr std::chrono::days kUnlinkedKept{7};

/// Header bytes can be anything; a row holds printable ASCII of bounded length.
std::string printable(std::string_view text) {
    std::string kept(text.substr(0, kMaxUserAgent));
    std::ranges::replace_if(kept, [](char c) { return c < ' ' || c > '~'; }, '?');
    return kept;
}

std::unexpected<Error> invalid() {
    return fail(ErrorCode::kConsentInvalid, "The consent is unknown, revoked, or belongs to another user");
}

std::string origin_context(sql::TenantTx& tx, const ConsentId& id) {
    return row_context("consents", tx.scope(), id.value);
}

/// The user's key, or the tenant's where no user is linked.
crypto::SecretKey origin_key(sql::TenantTx& tx, const Vault& vault, const std::optional<UserId>& user) {
    if (!user) return vault.tenant_key(tx);
    auto key = vault.user_key(tx, *user);
    if (!key) throw VaultFailure("the user has no data key");
    return *key;
}

Bytes seal_origin(sql::TenantTx& tx, const Vault& vault, const ConsentId& id, const std::optional<UserId>& user,
                  const ConsentOrigin& origin) {
    // Neither of the two holds a line break.
    const std::string lines = origin.ip + '\n' + origin.user_agent;
    return vault.seal_text(origin_key(tx, vault, user), lines, origin_context(tx, id));
}

ConsentOrigin open_origin(sql::TenantTx& tx, const Vault& vault, const ConsentId& id, const std::optional<UserId>& user,
                          ByteView sealed) {
    const std::string lines = Vault::open_text(origin_key(tx, vault, user), sealed, origin_context(tx, id));
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    return {lines.substr(0, end), lines.substr(std::min(end + 1, lines.size()))};
}

std::string select_consents(std::string_view condition) {
    std::string sql =
        "SELECT id, version, language, text_hash, user_id, consented_at, revoked_at, user_deleted_at FROM consents "
        "WHERE tenant_id = $1 AND environment = $2 AND ";
    sql += condition;
    return sql;
}

Consent consent_in(const sql::Row& row) {
    Consent consent;
    consent.id = ConsentId(row.text(0));
    consent.version = row.text(1);
    consent.language = row.text(2);
    consent.text_hash = row.text(3);
    if (auto user = row.maybe_text(4)) consent.user = UserId(std::move(*user));
    consent.consented_at = time_in(row, 5);
    consent.revoked_at = maybe_time_in(row, 6);
    consent.user_deleted_at = maybe_time_in(row, 7);
    return consent;
}

}  // namespace

Result<Consent> record_consent(sql::TenantTx& tx, const Vault& vault, Random& random, const ConsentText& text,
                               const NewConsent& consent, TimeMs now) {
    if (consent.user &&
        tx.query("SELECT id FROM users WHERE tenant_id = $1 AND environment = $2 AND id = $3", {*consent.user})
            .empty()) {
        return fail(ErrorCode::kNotFound, "User not found");
    }
    Consent recorded;
    recorded.id = ConsentId(random.uuid());
    recorded.version = text.version;
    recorded.language = text.language;
    recorded.text_hash = text.sha256;
    recorded.user = consent.user;
    recorded.consented_at = now;
    const ConsentOrigin origin{printable(consent.origin.ip), printable(consent.origin.user_agent)};
    tx.execute(
        "INSERT INTO consents (tenant_id, environment, id, version, language, text_hash, user_id, ip, user_agent, "
        "sealed_origin, consented_at) VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', $8, $9)",
        {recorded.id, recorded.version, recorded.language, recorded.text_hash, recorded.user,
         seal_origin(tx, vault, recorded.id, recorded.user, origin), to_unix_ms(now)});
    return recorded;
}

std::optional<Consent> find_consent(sql::TenantTx& tx, const ConsentId& id) {
    const auto rows = tx.query(select_consents("id = $3"), {id});
    if (rows.empty()) return std::nullopt;
    return consent_in(rows.front());
}

std::vector<Consent> consents_of_user(sql::TenantTx& tx, const UserId& user, const std::optional<PagePosition>& after,
                                      int limit) {
    const PagePosition start = after.value_or(PagePosition{std::numeric_limits<std::int64_t>::min(), {}});
    const auto rows =
        tx.query(select_consents("user_id = $3 AND (consented_at, id) > ($4, $5) ORDER BY consented_at, id LIMIT $6"),
                 {user, start.at, start.id, limit});
    std::vector<Consent> consents;
    for (const auto& row : rows) consents.push_back(consent_in(row));
    return consents;
}

std::optional<ConsentOrigin> find_consent_origin(sql::TenantTx& tx, const Vault& vault, const ConsentId& id) {
    const auto rows = tx.query(
        "SELECT user_id, sealed_origin, ip, user_agent FROM consents "
        "WHERE tenant_id = $1 AND environment = $2 AND id = $3",
        {id});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    std::optional<UserId> user;
    if (auto linked = row.maybe_text(0)) user = UserId(std::move(*linked));
    if (const auto sealed = row.maybe_blob(1)) return open_origin(tx, vault, id, user, *sealed);
    if (row.text(2).empty() && row.text(3).empty()) return std::nullopt;
    return ConsentOrigin{row.text(2), row.text(3)};
}

Result<Consent> check_consent(sql::TenantTx& tx, const ConsentId& id) {
    auto consent = find_consent(tx, id);
    if (!consent || consent->revoked_at || consent->user || consent->user_deleted_at) return invalid();
    return std::move(*consent);
}

Result<void> link_consent(sql::TenantTx& tx, const Vault& vault, const ConsentId& id, const UserId& user) {
    const auto before = find_consent(tx, id);
    const auto linked = tx.query(
        "UPDATE consents SET user_id = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3 "
        "AND revoked_at IS NULL AND user_deleted_at IS NULL AND (user_id IS NULL OR user_id = $4) "
        "RETURNING sealed_origin",
        {id, user});
    if (linked.empty()) return invalid();
    const auto sealed = linked.front().maybe_blob(0);
    if (sealed && !before->user) {
        const ConsentOrigin origin = open_origin(tx, vault, id, std::nullopt, *sealed);
        tx.execute("UPDATE consents SET sealed_origin = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
                   {id, seal_origin(tx, vault, id, user, origin)});
    }
    return {};
}

std::vector<OpenedOrigin> open_origins_of_user(sql::TenantTx& tx, const Vault& vault, const UserId& user) {
    const auto rows = tx.query(
        "SELECT id, sealed_origin FROM consents WHERE tenant_id = $1 AND environment = $2 AND user_id = $3 "
        "AND sealed_origin IS NOT NULL",
        {user});
    std::vector<OpenedOrigin> origins;
    for (const auto& row : rows) {
        const ConsentId id(row.text(0));
        origins.push_back({id, open_origin(tx, vault, id, user, row.blob(1))});
    }
    return origins;
}

void seal_origins_of_user(sql::TenantTx& tx, const Vault& vault, const UserId& user,
                          const std::vector<OpenedOrigin>& origins) {
    for (const OpenedOrigin& opened : origins) {
        tx.execute("UPDATE consents SET sealed_origin = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
                   {opened.consent, seal_origin(tx, vault, opened.consent, user, opened.origin)});
    }
}

void detach_consents_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now) {
    tx.execute(
        "UPDATE consents SET user_id = NULL, user_deleted_at = $4, ip = '', user_agent = '', sealed_origin = NULL "
        "WHERE tenant_id = $1 AND environment = $2 AND user_id = $3",
        {user, to_unix_ms(now)});
}

std::int64_t purge_unlinked_consents(sql::SystemTx& tx, TimeMs now, int limit) {
    return tx.execute(
        "DELETE FROM consents WHERE (tenant_id, environment, id) IN (SELECT tenant_id, environment, id FROM consents "
        "WHERE user_id IS NULL AND revoked_at IS NULL AND user_deleted_at IS NULL AND consented_at <= $1 LIMIT $2)",
        {to_unix_ms(now - kUnlinkedKept), limit});
}

}  // namespace facegate::domain
