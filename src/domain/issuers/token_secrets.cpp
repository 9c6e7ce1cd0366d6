#include "domain/issuers/token_secrets.h"

#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::chrono::hours kLongestPublication{7 * 24};
constexpr std::size_t kSecretBytes = 32;

Scope scope_in(const sql::Row& row) {
    return {TenantId(row.text(0)), static_cast<Environment>(row.integer(1))};
}

}  // namespace

TokenSecrets load_token_secrets(sql::SystemTx& tx, const Vault& vault, TimeMs now) {
    const auto rows = tx.query(
        "SELECT tenant_id, environment, kid, sealed_secret, signs_from, not_after FROM token_secrets "
        "WHERE not_after IS NULL OR not_after > $1 ORDER BY tenant_id, environment, signs_from DESC, kid",
        {to_unix_ms(now)});
    TokenSecrets secrets;
    for (const auto& row : rows) {
        const Scope scope = scope_in(row);
        const Bytes text = vault.open_server_row(row.blob(3), row_context("token_secrets", scope, row.text(2)));
        secrets[scope].push_back({row.text(2), std::string(as_text(text)), {time_in(row, 4), maybe_time_in(row, 5)}});
    }
    return secrets;
}

std::vector<TokenSecretInfo> list_token_secrets(sql::SystemTx& tx, TimeMs now) {
    const auto rows = tx.query(
        "SELECT tenant_id, environment, kid, created_at, signs_from, not_after FROM token_secrets "
        "WHERE not_after IS NULL OR not_after > $1 ORDER BY tenant_id, environment, signs_from DESC, kid",
        {to_unix_ms(now)});
    std::vector<TokenSecretInfo> secrets;
    for (const auto& row : rows) {
        secrets.push_back({scope_in(row), row.text(2), time_in(row, 3), {time_in(row, 4), maybe_time_in(row, 5)}});
    }
    return secrets;
}

Result<CreatedTokenSecret> create_token_secret(sql::TenantTx& tx, const Vault& vault, Random& random,
                                               Milliseconds publish_for, TimeMs now) {
    if (tx.scope().environment == Environment::kDemo) {
        return fail(ErrorCode::kValidationFailed, "The demo signs with ES256 alone");
    }
    if (publish_for < Milliseconds(0) || publish_for > kLongestPublication) {
        return fail(ErrorCode::kValidationFailed, "A new secret may wait at most 7 days before it signs");
    }
    const TimeMs signs_from = now + publish_for;
    CreatedTokenSecret created;
    created.secret = {tx.scope(), random.id("hs_"), now, {signs_from, std::nullopt}};
    created.text = to_base64url(random.bytes(kSecretBytes));
    tx.execute(
        "UPDATE token_secrets SET not_after = $3 WHERE tenant_id = $1 AND environment = $2 "
        "AND (not_after IS NULL OR not_after > $3)",
        {to_unix_ms(signs_from + kAccessTokenLife)});
    const Bytes sealed =
        vault.seal_server_row(as_bytes(created.text), row_context("token_secrets", tx.scope(), created.secret.key_id));
    tx.execute(
        "INSERT INTO token_secrets (tenant_id, environment, kid, sealed_secret, created_at, signs_from) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        {created.secret.key_id, sealed, to_unix_ms(now), to_unix_ms(signs_from)});
    return created;
}

std::int64_t end_token_secrets(sql::TenantTx& tx, TimeMs now) {
    // A secret that would only have signed later has signed nothing.
    tx.execute("DELETE FROM token_secrets WHERE tenant_id = $1 AND environment = $2 AND signs_from > $3",
               {to_unix_ms(now)});
    return tx.execute(
        "UPDATE token_secrets SET not_after = $3 WHERE tenant_id = $1 AND environment = $2 "
        "AND (not_after IS NULL OR not_after > $3)",
        {to_unix_ms(now + kAccessTokenLife)});
}

std::int64_t purge_token_secrets(sql::SystemTx& tx, TimeMs now) {
    return tx.execute("DELETE FROM token_secrets WHERE not_after <= $1", {to_unix_ms(now)});
}

}  // namespace facegate::domain
