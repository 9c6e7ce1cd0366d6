#include "domain/audit/signed_head.h"

#include <algorithm>
#include <boost/json.hpp>
#include <stdexcept>

#include "domain/issuers/token_claims.h"

namespace facegate::domain {

namespace {

namespace json = boost::json;

constexpr std::string_view kHeadType = "facegate-audit-head";
constexpr std::string_view kAlgorithm = "ES256";

std::string key_context(std::string_view kid) {
    return "audit_keys/" + std::string(kid);
}

std::optional<Environment> environment_named(std::string_view name) {
    for (const auto environment : {Environment::kTest, Environment::kLive, Environment::kDemo}) {
        if (name == facegate::name_of(environment)) return environment;
    }
    return std::nullopt;
}

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<AuditHead> head_in(std::string_view claims) {
    boost::system::error_code error;
    const json::value value = json::parse(claims, error);
    if (error || !value.is_object()) return std::nullopt;
    const json::object& object = value.get_object();
    const json::value* seq = object.if_contains("seq");
    const auto environment = environment_named(text_of(object, "environment"));
    auto hash = from_hex(text_of(object, "hash"));
    const auto signed_at = from_iso8601(text_of(object, "signed_at"));
    const bool complete = seq != nullptr && seq->is_int64() && environment && hash && signed_at;
    if (!complete) return std::nullopt;
    return AuditHead{
        {TenantId(text_of(object, "tenant_id")), *environment}, seq->get_int64(), std::move(*hash), *signed_at};
}

Scope scope_in(const sql::Row& row) {
    return {TenantId(row.text(0)), static_cast<Environment>(row.integer(1))};
}

/// Tokens as heads; one that does not read any more is left to verification, which names it.
std::vector<SignedHead> read_tokens(const sql::Rows& rows, const HeadSigner& signer) {
    std::vector<SignedHead> heads;
    for (const auto& row : rows) {
        if (auto head = signer.read(row.text(0))) heads.push_back({std::move(*head), row.text(0)});
    }
    return heads;
}

}  // namespace

HeadSigner HeadSigner::load(sql::SystemTx& tx, const Vault& vault) {
    const auto rows = tx.query("SELECT kid, sealed_private_key FROM audit_keys ORDER BY created_at DESC, kid");
    std::vector<crypto::EcKey> keys;
    for (const auto& row : rows) {
        Bytes der = vault.open_server_row(row.blob(1), key_context(row.text(0)));
        auto key = crypto::EcKey::from_private_der(der);
        crypto::wipe(der);
        if (!key) throw VaultFailure("an audit key is damaged");
        keys.push_back(std::move(*key));
    }
    return HeadSigner(std::move(keys));
}

HeadSigner HeadSigner::load_or_create(sql::SystemTx& tx, const Vault& vault, TimeMs now) {
    HeadSigner signer = load(tx, vault);
    if (signer.keys_.empty()) {
        const crypto::EcKey& key = signer.keys_.emplace_back(crypto::EcKey::generate());
        Bytes der = key.private_der();
        const Bytes sealed = vault.seal_server_row(der, key_context(key.key_id()));
        crypto::wipe(der);
        tx.execute("INSERT INTO audit_keys (kid, sealed_private_key, created_at) VALUES ($1, $2, $3)",
                   {key.key_id(), sealed, to_unix_ms(now)});
    }
    return signer;
}

std::string HeadSigner::sign(const AuditHead& head) const {
    if (keys_.empty()) throw std::logic_error("there is no key to sign audit heads with");
    const json::object claims{{"tenant_id", head.scope.tenant.value},
                              {"environment", facegate::name_of(head.scope.environment)},
                              {"seq", head.seq},
                              {"hash", to_hex(head.hash)},
                              {"signed_at", to_iso8601(head.signed_at)}};
    return crypto::sign_es256(keys_.front(), kHeadType, json::serialize(claims));
}

std::optional<AuditHead> HeadSigner::read(std::string_view token) const {
    const auto parts = crypto::split_jws(token);
    if (!parts) return std::nullopt;
    const auto header = parse_jose_header(parts->header);
    if (!header || header->algorithm != kAlgorithm || header->type != kHeadType) return std::nullopt;
    const auto key = std::ranges::find(keys_, header->key_id, &crypto::EcKey::key_id);
    if (key == keys_.end() || !key->verify(as_bytes(parts->signing_input), parts->signature)) return std::nullopt;
    return head_in(parts->claims);
}

std::string HeadSigner::jwks() const {
    std::string list;
    for (const auto& key : keys_) list += (list.empty() ? "" : ",") + key.public_jwk();
    return R"({"keys":[)" + list + "]}";
}

SignedHeads sign_grown_heads(sql::SystemTx& tx, const AuditTrail& trail, const HeadSigner& signer, TimeMs now,
                             int limit) {
    const auto grown = tx.query(
        "SELECT h.tenant_id, h.environment, h.seq, h.hash FROM audit_heads h LEFT JOIN "
        "(SELECT tenant_id, environment, MAX(seq) AS seq FROM audit_signed_heads GROUP BY tenant_id, environment) s "
        "ON s.tenant_id = h.tenant_id AND s.environment = h.environment "
        "WHERE s.seq IS NULL OR s.seq < h.seq ORDER BY h.tenant_id, h.environment");
    SignedHeads result;
    for (const auto& row : grown) {
        if (result.signed_now == limit) break;
        const AuditHead head{scope_in(row), row.integer(2), row.blob(3), now};
        auto of_scope = tx.of(head.scope);
        // A signature would vouch for what somebody else wrote.
        if (!trail.head_fits(of_scope)) {
            result.broken.push_back(head.scope);
            continue;
        }
        tx.execute(
            "INSERT INTO audit_signed_heads (tenant_id, environment, seq, token, signed_at, published) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            {head.scope.tenant, row.integer(1), head.seq, signer.sign(head), to_unix_ms(now), false});
        ++result.signed_now;
    }
    return result;
}

std::vector<SignedHead> unpublished_heads(sql::SystemTx& tx, const HeadSigner& signer, int limit) {
    return read_tokens(tx.query("SELECT token FROM audit_signed_heads WHERE published = $1 "
                                "ORDER BY signed_at, tenant_id, environment LIMIT $2",
                                {false, limit}),
                       signer);
}

void mark_published(sql::SystemTx& tx, const std::vector<SignedHead>& heads) {
    for (const auto& [head, token] : heads) {
        tx.execute(
            "UPDATE audit_signed_heads SET published = $4 WHERE tenant_id = $1 AND environment = $2 AND seq = $3",
            {head.scope.tenant, static_cast<std::int64_t>(head.scope.environment), head.seq, true});
    }
}

std::vector<SignedHead> list_signed_heads(sql::TenantTx& tx, const HeadSigner& signer, std::int64_t before, int limit) {
    return read_tokens(tx.query("SELECT token FROM audit_signed_heads WHERE tenant_id = $1 AND environment = $2 "
                                "AND seq < $3 ORDER BY seq DESC LIMIT $4",
                                {before, limit}),
                       signer);
}

std::vector<Scope> audited_scopes(sql::SystemTx& tx) {
    std::vector<Scope> scopes;
    const auto rows = tx.query(
        "SELECT tenant_id, environment FROM audit_heads UNION SELECT tenant_id, environment FROM audit_records "
        "UNION SELECT tenant_id, environment FROM audit_signed_heads ORDER BY 1, 2");
    for (const auto& row : rows) scopes.push_back(scope_in(row));
    return scopes;
}

std::vector<std::string> stored_head_tokens(sql::TenantTx& tx) {
    std::vector<std::string> tokens;
    const auto rows =
        tx.query("SELECT token FROM audit_signed_heads WHERE tenant_id = $1 AND environment = $2 ORDER BY seq");
    for (const auto& row : rows) tokens.push_back(row.text(0));
    return tokens;
}

}  // namespace facegate::domain
