#include "domain/sessions/session.h"

#include <boost/json.hpp>

#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

std::string names_column(const std::vector<std::string>& names) {
    return boost::json::serialize(boost::json::value_from(names));
}

std::vector<std::string> names_in(const std::string& column) {
    return boost::json::value_to<std::vector<std::string>>(boost::json::parse(column));
}

}  // namespace

SessionId new_session_id(Random& random) {
    return SessionId(random.id("sess_"));
}

void create_session(sql::TenantTx& tx, const Session& session, const std::optional<crypto::Digest>& refresh_hash,
                    TimeMs now) {
    const auto hash = refresh_hash ? std::optional(Bytes(refresh_hash->begin(), refresh_hash->end())) : std::nullopt;
    tx.execute(
        "INSERT INTO sessions (tenant_id, environment, id, user_id, device_id, fingerprint, confidence, liveness, "
        "challenge, risk, risk_factors, step_up_required, key_thumbprint, refresh_hash, created_at, verified_at, "
        "expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15, $16)",
        {session.id, session.user, session.device, session.fingerprint, session.confidence, session.liveness,
         name_of(session.challenge), session.risk, names_column(session.risk_factors), session.step_up_required,
         session.key_thumbprint, hash, to_unix_ms(now), to_unix_ms(now + kSessionLife)});
}

std::optional<Session> find_session(sql::TenantTx& tx, const SessionId& id) {
    const auto rows = tx.query(
        "SELECT id, user_id, device_id, fingerprint, confidence, liveness, risk, step_up_required, created_at, "
        "expires_at, revoked_at, challenge, risk_factors, key_thumbprint, verified_at FROM sessions WHERE tenant_id = "
        "$1 AND environment = $2 AND id = $3",
        {id});
    if (rows.empty()) return std::nullopt;
    const auto& row = rows.front();
    Session session;
    session.id = SessionId(row.text(0));
    session.user = UserId(row.text(1));
    session.device = DeviceId(row.text(2));
    session.fingerprint = row.maybe_text(3);
    session.confidence = row.real(4);
    session.liveness = row.real(5);
    session.risk = row.real(6);
    session.step_up_required = row.boolean(7);
    session.created_at = time_in(row, 8);
    session.expires_at = time_in(row, 9);
    session.revoked_at = maybe_time_in(row, 10);
    session.challenge = stored_liveness_challenge(row.text(11));
    session.risk_factors = names_in(row.text(12));
    session.key_thumbprint = row.maybe_text(13);
    session.verified_at = time_in(row, 14);
    return session;
}

bool is_active(const Session& session, TimeMs now) {
    return !session.revoked_at && now < session.expires_at;
}

Result<void> revoke_session(sql::TenantTx& tx, const SessionId& id, TimeMs now) {
    const auto revoked = tx.execute(
        "UPDATE sessions SET revoked_at = COALESCE(revoked_at, $4) WHERE tenant_id = $1 AND environment = $2 AND id = "
        "$3",
        {id, to_unix_ms(now)});
    if (revoked == 0) return fail(ErrorCode::kNotFound, "Session not found");
    return {};
}

void record_step_up(sql::TenantTx& tx, const Session& verified, TimeMs now) {
    tx.execute(
        "UPDATE sessions SET confidence = $4, liveness = $5, challenge = $6, step_up_required = $7, verified_at = $8, "
        "expires_at = $9 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
        {verified.id, verified.confidence, verified.liveness, name_of(verified.challenge), false, to_unix_ms(now),
         to_unix_ms(now + kSessionLife)});
}

void record_approval(sql::TenantTx& tx, const SessionId& id) {
    tx.execute("UPDATE sessions SET step_up_required = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
               {id, false});
}

void bind_session(sql::TenantTx& tx, const SessionId& id, const std::string& key_thumbprint) {
    tx.execute(
        "UPDATE sessions SET key_thumbprint = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3 "
        "AND key_thumbprint IS NULL",
        {id, key_thumbprint});
}

std::int64_t end_sessions_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now) {
    return tx.execute(
        "UPDATE sessions SET revoked_at = $4 WHERE tenant_id = $1 AND environment = $2 AND user_id = $3 "
        "AND revoked_at IS NULL AND expires_at > $4",
        {user, to_unix_ms(now)});
}

}  // namespace facegate::domain
