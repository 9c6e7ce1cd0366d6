#include "domain/continuations/continuation.h"

#include "domain/secret_token.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kPrefix = "vc_";

std::unexpected<Error> invalid() {
    return fail(ErrorCode::kContinuationInvalid, "The continuation token is unknown, used, or too old");
}

}  // namespace

std::string create_continuation(sql::TenantTx& tx, Random& random, const Continuation& continuation, TimeMs now) {
    std::string token = new_secret_token(random, kPrefix);
    tx.execute(
        "INSERT INTO continuations (tenant_id, environment, token_hash, session_id, device_id, fingerprint, liveness, "
        "expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {secret_token_hash(token), continuation.liveness_session, continuation.device,
         continuation.fingerprint.value_or(""), continuation.liveness, to_unix_ms(now + kContinueWithin)});
    return token;
}

Result<Continuation> find_continuation(sql::TenantTx& tx, std::string_view token, TimeMs now) {
    const auto rows = tx.query(
        "SELECT session_id, device_id, fingerprint, liveness FROM continuations "
        "WHERE tenant_id = $1 AND environment = $2 AND token_hash = $3 AND expires_at > $4",
        {secret_token_hash(token), to_unix_ms(now)});
    if (rows.empty()) return invalid();
    const sql::Row& row = rows.front();
    Continuation found{LivenessSessionId(row.text(0)), DeviceId(row.text(1)), std::nullopt, row.real(3)};
    if (!row.text(2).empty()) found.fingerprint = row.text(2);
    return found;
}

Result<void> take_continuation(sql::TenantTx& tx, std::string_view token, TimeMs now) {
    const auto taken = tx.execute(
        "DELETE FROM continuations WHERE tenant_id = $1 AND environment = $2 AND token_hash = $3 AND expires_at > $4",
        {secret_token_hash(token), to_unix_ms(now)});
    if (taken == 0) return invalid();
    return {};
}

std::int64_t purge_continuations(sql::SystemTx& tx, TimeMs now) {
    return tx.execute("DELETE FROM continuations WHERE expires_at <= $1", {to_unix_ms(now)});
}

}  // namespace facegate::domain
