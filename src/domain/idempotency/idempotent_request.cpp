#include "domain/idempotency/idempotent_request.h"

#include <algorithm>

#include "crypto/secret.h"

namespace facegate::domain {

namespace {

std::string context_of(const Scope& scope, const Bytes& key) {
    return row_context("idempotent_requests", scope, to_hex(key));
}

/// The key an answer is sealed under; nothing if its user is gone.
std::optional<crypto::SecretKey> sealing_key(sql::TenantTx& tx, const Vault& vault, const std::optional<UserId>& user) {
    if (user) return vault.user_key(tx, *user);
    return vault.tenant_key(tx);
}

}  // namespace

Result<std::optional<KeptAnswer>> find_answer(sql::TenantTx& tx, const Vault& vault, const RequestIdentity& request,
                                              TimeMs now) {
    const auto rows = tx.query(
        "SELECT body_hash, status, sealed_answer, user_id FROM idempotent_requests "
        "WHERE tenant_id = $1 AND environment = $2 AND request_key = $3 AND expires_at > $4",
        {request.key, to_unix_ms(now)});
    if (rows.empty()) return std::nullopt;
    const sql::Row& row = rows.front();
    if (row.blob(0) != request.body) {
        return fail(ErrorCode::kIdempotencyKeyReused, "This Idempotency-Key was used for another request");
    }
    const std::optional<std::int64_t> status = row.maybe_integer(1);
    if (!status) {
        return fail(ErrorCode::kIdempotencyInProgress, "The first request with this Idempotency-Key is still running");
    }
    std::optional<UserId> user;
    if (const auto id = row.maybe_text(3)) user = UserId(*id);
    const auto key = sealing_key(tx, vault, user);
    const auto content = key ? crypto::open(*key, row.blob(2), context_of(tx.scope(), request.key)) : std::nullopt;
    if (!content) throw VaultFailure("a kept answer does not open");
    return KeptAnswer{static_cast<unsigned>(*status), std::string(content->begin(), content->end())};
}

Result<Claim> claim_request(sql::TenantTx& tx, const Vault& vault, Random& random, const RequestIdentity& request,
                            TimeMs until, TimeMs now) {
    const std::string reservation = random.id("");
    const auto won = tx.query(
        "INSERT INTO idempotent_requests (tenant_id, environment, request_key, body_hash, reservation, expires_at, "
        "created_at, api_key) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
        "ON CONFLICT (tenant_id, environment, request_key) DO UPDATE SET body_hash = excluded.body_hash, "
        "reservation = excluded.reservation, expires_at = excluded.expires_at, created_at = excluded.created_at, "
        "status = NULL, sealed_answer = NULL, user_id = NULL WHERE idempotent_requests.expires_at <= $7 "
        "RETURNING reservation",
        {request.key, request.body, reservation, to_unix_ms(until), to_unix_ms(now), request.api_key});
    if (!won.empty()) return Claim{reservation, std::nullopt};
    Result<std::optional<KeptAnswer>> answer = find_answer(tx, vault, request, now);
    if (!answer) return std::unexpected(std::move(answer.error()));
    return Claim{{}, std::move(*answer)};
}

void keep_answer(sql::TenantTx& tx, const Vault& vault, Random& random, const Bytes& key,
                 const std::string& reservation, const KeptAnswer& answer, const std::optional<UserId>& user,
                 TimeMs until) {
    const std::optional<crypto::SecretKey> sealing = sealing_key(tx, vault, user);
    if (!sealing) return release_request(tx, key, reservation);
    const Bytes sealed = crypto::seal(*sealing, as_bytes(answer.content), context_of(tx.scope(), key), random);
    tx.execute(
        "UPDATE idempotent_requests SET status = $5, sealed_answer = $6, user_id = $7, expires_at = $8 "
        "WHERE tenant_id = $1 AND environment = $2 AND request_key = $3 AND reservation = $4",
        {key, reservation, static_cast<std::int64_t>(answer.status), sealed, user, to_unix_ms(until)});
}

void release_request(sql::TenantTx& tx, const Bytes& key, const std::string& reservation) {
    tx.execute(
        "DELETE FROM idempotent_requests WHERE tenant_id = $1 AND environment = $2 AND request_key = $3 "
        "AND reservation = $4",
        {key, reservation});
}

void forget_answers_of_user(sql::TenantTx& tx, const UserId& user) {
    tx.execute("DELETE FROM idempotent_requests WHERE tenant_id = $1 AND environment = $2 AND user_id = $3", {user});
}

void purge_idempotent_requests(sql::SystemTx& tx, TimeMs now, int limit, int max_kept) {
    constexpr std::string_view kDelete =
        "DELETE FROM idempotent_requests WHERE (tenant_id, environment, request_key) IN (SELECT tenant_id, "
        "environment, request_key FROM idempotent_requests WHERE ";
    tx.execute(std::string(kDelete) + "expires_at <= $1 ORDER BY expires_at LIMIT $2)", {to_unix_ms(now), limit});
    const auto crowded = tx.query(
        "SELECT api_key, COUNT(*) FROM idempotent_requests WHERE status IS NOT NULL GROUP BY api_key "
        "HAVING COUNT(*) > $1",
        {max_kept});
    for (const sql::Row& row : crowded) {
        const std::int64_t excess = std::min<std::int64_t>(row.integer(1) - max_kept, limit);
        tx.execute(std::string(kDelete) + "api_key = $1 AND status IS NOT NULL ORDER BY created_at LIMIT $2)",
                   {row.text(0), excess});
    }
}

}  // namespace facegate::domain
