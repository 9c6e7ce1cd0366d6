#include "domain/liveness_sessions/liveness_session.h"

#include <algorithm>
#include <boost/json.hpp>

#include "domain/policies/liveness_policy.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kTable = "liveness_probes";
constexpr std::string_view kProbePurpose = "facegate liveness probes";
constexpr std::chrono::hours kRowsKept{30 * 24};
constexpr std::string_view kColumns =
    "id, challenge, status, live, confidence, created_at, start_before, end_before, use_before, consumed_at";

LivenessStatus phase_of(std::string_view stored) {
    if (stored == "created") return LivenessStatus::kCreated;
    if (stored == "started") return LivenessStatus::kInProgress;
    return stored == "succeeded" ? LivenessStatus::kSucceeded : LivenessStatus::kFailed;
}

bool has_ended(LivenessStatus phase) {
    return phase == LivenessStatus::kSucceeded || phase == LivenessStatus::kFailed;
}

LivenessSession session_in(const sql::Row& row, TimeMs now) {
    LivenessSession session;
    session.id = LivenessSessionId(row.text(0));
    session.challenge = stored_liveness_challenge(row.text(1));
    session.status = phase_of(row.text(2));
    session.created_at = time_in(row, 5);
    session.consumed = maybe_time_in(row, 9).has_value();
    const bool ended = has_ended(session.status);
    if (ended) {
        session.expires_at = time_in(row, 8);
    } else {
        session.expires_at = time_in(row, session.status == LivenessStatus::kInProgress ? 7 : 6);
    }
    if (!session.consumed && now >= session.expires_at) {
        session.status = LivenessStatus::kExpired;
    } else if (ended) {
        session.live = row.boolean(3);
        session.confidence = row.real(4);
    }
    return session;
}

std::unexpected<Error> not_found() {
    return fail(ErrorCode::kNotFound, "Liveness session not found");
}
std::unexpected<Error> not_ready() {
    return fail(ErrorCode::kLivenessSessionNotReady, "The liveness session is not finished");
}
std::unexpected<Error> expired() {
    return fail(ErrorCode::kLivenessSessionExpired, "The liveness session has expired");
}
std::unexpected<Error> consumed() {
    return fail(ErrorCode::kLivenessSessionConsumed, "The liveness session was used already");
}

crypto::SecretKey probe_key(sql::TenantTx& tx, const Vault& vault) {
    return vault.tenant_key(tx).derive(kProbePurpose);
}

std::string probe_context(const Scope& scope, const LivenessSessionId& id, const std::string& pack) {
    return row_context(kTable, scope, id.value + "/" + pack);
}

void store_probes(sql::TenantTx& tx, const Vault& vault, const LivenessSessionId& id, const Probes& probes,
                  TimeMs expires_at) {
    if (probes.empty()) return;
    const auto key = probe_key(tx, vault);
    for (const auto& [pack, vector] : probes) {
        tx.execute(
            "INSERT INTO liveness_probes (tenant_id, environment, session_id, pack_id, sealed_probe, expires_at) "
            "VALUES ($1, $2, $3, $4, $5, $6)",
            {id, pack, vault.seal_vector(key, vector, probe_context(tx.scope(), id, pack)), to_unix_ms(expires_at)});
    }
}

}  // namespace

std::string_view name_of(LivenessStatus status) {
    switch (status) {
        case LivenessStatus::kCreated: return "CREATED";
        case LivenessStatus::kInProgress: return "IN_PROGRESS";
        case LivenessStatus::kSucceeded: return "SUCCEEDED";
        case LivenessStatus::kFailed: return "FAILED";
        case LivenessStatus::kExpired: return "EXPIRED";
    }
    return "FAILED";
}

LivenessSession create_liveness_session(sql::TenantTx& tx, Random& random, LivenessChallenge challenge, TimeMs now) {
    LivenessSession session;
    session.id = LivenessSessionId(random.uuid());
    session.challenge = challenge;
    session.created_at = now;
    session.expires_at = now + kStartWithin;
    tx.execute(
        "INSERT INTO liveness_sessions (tenant_id, environment, id, challenge, status, created_at, start_before, live, "
        "confidence, signals) VALUES ($1, $2, $3, $4, 'created', $5, $6, $7, 0, '{}')",
        {session.id, name_of(challenge), to_unix_ms(now), to_unix_ms(session.expires_at), false});
    return session;
}

Result<LivenessSession> find_liveness_session(sql::TenantTx& tx, const LivenessSessionId& id, TimeMs now) {
    const auto rows = tx.query("SELECT " + std::string(kColumns) +
                                   " FROM liveness_sessions WHERE tenant_id = $1 AND environment = $2 AND id = $3",
                               {id});
    if (rows.empty()) return not_found();
    return session_in(rows.front(), now);
}

std::optional<Scope> scope_of_liveness_session(sql::SystemTx& tx, const LivenessSessionId& id) {
    const auto rows = tx.query("SELECT tenant_id, environment FROM liveness_sessions WHERE id = $1", {id});
    if (rows.empty()) return std::nullopt;
    return Scope{TenantId(rows.front().text(0)), static_cast<Environment>(rows.front().integer(1))};
}

Result<LivenessSession> mark_started(sql::TenantTx& tx, const LivenessSessionId& id, TimeMs now) {
    const auto rows = tx.query(
        "UPDATE liveness_sessions SET status = 'started', started_at = $4, end_before = $5 "
        "WHERE tenant_id = $1 AND environment = $2 AND id = $3 AND status = 'created' AND start_before > $4 "
        "RETURNING " +
            std::string(kColumns),
        {id, to_unix_ms(now), to_unix_ms(now + kEndWithin)});
    if (!rows.empty()) return session_in(rows.front(), now);
    const auto session = find_liveness_session(tx, id, now);
    if (!session) return std::unexpected(session.error());
    if (session->status == LivenessStatus::kExpired) return expired();
    return fail(ErrorCode::kLivenessSessionConsumed, "The liveness session was started already");
}

Result<LivenessSession> finish_liveness_session(sql::TenantTx& tx, const Vault& vault, const LivenessSessionId& id,
                                                const LivenessOutcome& outcome, TimeMs now) {
    const bool live = outcome.live && outcome.confidence >= liveness_policy(tx).min_confidence;
    const auto finished = tx.query(
        "UPDATE liveness_sessions SET status = $4, live = $5, confidence = $6, signals = $7, ended_at = $8, "
        "use_before = $9 "
        "WHERE tenant_id = $1 AND environment = $2 AND id = $3 AND status = 'started' AND end_before > $8 "
        "RETURNING " +
            std::string(kColumns),
        {id, live ? "succeeded" : "failed", live, outcome.confidence, outcome.signals, to_unix_ms(now),
         to_unix_ms(now + kUseWithin)});
    if (!finished.empty()) {
        store_probes(tx, vault, id, outcome.probes, now + kUseWithin);
        return session_in(finished.front(), now);
    }
    const auto session = find_liveness_session(tx, id, now);
    if (!session) return std::unexpected(session.error());
    if (session->status == LivenessStatus::kCreated) return not_ready();
    if (session->status == LivenessStatus::kExpired) return expired();
    return fail(ErrorCode::kLivenessSessionConsumed, "The liveness session has ended already");
}

void fail_liveness_session(sql::TenantTx& tx, const LivenessSessionId& id, std::string_view reason, TimeMs now) {
    const auto signals = boost::json::serialize(boost::json::object{{"failure", reason}});
    tx.execute(
        "UPDATE liveness_sessions SET status = 'failed', signals = $4, ended_at = $5, use_before = $6 "
        "WHERE tenant_id = $1 AND environment = $2 AND id = $3 AND status = 'started' AND end_before > $5",
        {id, signals, to_unix_ms(now), to_unix_ms(now + kUseWithin)});
}

Result<FinishedLiveness> read_finished_liveness(sql::TenantTx& tx, const Vault& vault, const LivenessSessionId& id,
                                                TimeMs now) {
    if (auto may = check_consumable(tx, id, now); !may) return std::unexpected(may.error());
    const auto rows = tx.query(
        "SELECT live, confidence, signals, ended_at, challenge FROM liveness_sessions "
        "WHERE tenant_id = $1 AND environment = $2 AND id = $3",
        {id});
    const auto& row = rows.at(0);
    FinishedLiveness finished;
    finished.outcome.live = row.boolean(0);
    finished.outcome.confidence = row.real(1);
    finished.outcome.signals = row.text(2);
    finished.ended_at = time_in(row, 3);
    finished.challenge = stored_liveness_challenge(row.text(4));
    finished.outcome.probes = load_probes(tx, vault, id);
    return finished;
}

Result<void> consume_liveness_session(sql::TenantTx& tx, const LivenessSessionId& id, TimeMs now,
                                      std::optional<TimeMs> probes_until) {
    const auto changed = tx.execute(
        "UPDATE liveness_sessions SET consumed_at = $4 "
        "WHERE tenant_id = $1 AND environment = $2 AND id = $3 "
        "AND status IN ('succeeded', 'failed') AND consumed_at IS NULL AND use_before > $4",
        {id, to_unix_ms(now)});
    if (changed != 1) {
        auto refused = check_consumable(tx, id, now);
        return refused ? consumed() : refused;
    }
    if (probes_until) {
        tx.execute(
            "UPDATE liveness_probes SET expires_at = $4 WHERE tenant_id = $1 AND environment = $2 AND session_id = $3",
            {id, to_unix_ms(*probes_until)});
    } else {
        erase_probes(tx, id);
    }
    return {};
}

Probes load_probes(sql::TenantTx& tx, const Vault& vault, const LivenessSessionId& id) {
    const auto rows = tx.query(
        "SELECT pack_id, sealed_probe FROM liveness_probes "
        "WHERE tenant_id = $1 AND environment = $2 AND session_id = $3",
        {id});
    Probes probes;
    if (rows.empty()) return probes;
    const auto key = probe_key(tx, vault);
    for (const auto& row : rows) {
        probes.emplace(row.text(0), Vault::open_vector(key, row.blob(1), probe_context(tx.scope(), id, row.text(0))));
    }
    return probes;
}

void erase_probes(sql::TenantTx& tx, const LivenessSessionId& id) {
    tx.execute("DELETE FROM liveness_probes WHERE tenant_id = $1 AND environment = $2 AND session_id = $3", {id});
}

Result<void> check_consumable(sql::TenantTx& tx, const LivenessSessionId& id, TimeMs now) {
    const auto session = find_liveness_session(tx, id, now);
    if (!session) return std::unexpected(session.error());
    if (session->consumed) return consumed();
    if (session->status == LivenessStatus::kExpired) return expired();
    if (!has_ended(session->status)) return not_ready();
    return {};
}

std::int64_t purge_liveness_sessions(sql::SystemTx& tx, TimeMs now) {
    auto changed = tx.execute("DELETE FROM liveness_probes WHERE expires_at <= $1", {to_unix_ms(now)});
    changed += tx.execute("UPDATE liveness_sessions SET signals = '{}' WHERE use_before <= $1 AND signals <> '{}'",
                          {to_unix_ms(now)});
    return changed + tx.execute("DELETE FROM liveness_sessions WHERE created_at < $1", {to_unix_ms(now - kRowsKept)});
}

}  // namespace facegate::domain
