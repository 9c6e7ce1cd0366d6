#include "domain/sessions/session.h"

#include "domain/time_columns.h"

namespace facegate::domain {

SessionId new_session_id(Random& random) {
    return SessionId(random.id("sess_"));
}

void create_session(sql::TenantTx& tx, const Session& session, const std::optional<crypto::Digest>& refresh_hash,
                    TimeMs now) {
    const auto hash = refresh_hash ? std::optional(Bytes(refresh_hash->begin(), refresh_hash->end())) : std::nullopt;
    tx.execute(
        "INSERT INTO sessions (tenant_id, environment, id, user_id, device_id, fingerprint, confidence, liveness, "
        "challenge, risk, step_up_required, refresh_hash, created_at, expires_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        {session.id, session.user, session.device, session.fingerprint, session.confidence, session.liveness,
         name_of(session.challenge), session.risk, session.step_up_required, hash, to_unix_ms(now),
         to_unix_ms(now + kSessionLife)});
}

std::optional<Session> find_session(sql::TenantTx& tx, const SessionId& id) {
    const auto rows = tx.query(
        "SELECT id, user_id, device_id, fingerprint, confidence, liveness, risk, step_up_required, created_at, "
        "expires_at, revoked_at, challenge FROM sessions WHERE tenant_id = $1 AND environment = $2 AND id = $3",
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
    return session;
}

bool is_active(const Session& session, TimeMs now) {
    return !session.revoked_at && now < session.expires_at;
}

std::int64_t end_sessions_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now) {
    return tx.execute(
        "UPDATE sessions SET revoked_at = $4 WHERE tenant_id = $1 AND environment = $2 AND user_id = $3 "
        "AND revoked_at IS NULL AND expires_at > $4",
        {user, to_unix_ms(now)});
}

}  // namespace facegate::domain
