#include "domain/lockout/failed_attempts.h"

#include <algorithm>

#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kPurpose = "facegate keyed names";
constexpr std::size_t kNameBytes = 16;

int limit_of(const FailureCounter& counter, const RiskPolicy& policy) {
    return policy.max_failed_attempts * (counter.kind == FailureKind::kUserDevice ? 1 : kFailuresOfMany);
}

}  // namespace

std::string_view name_of(FailureKind kind) {
    switch (kind) {
        case FailureKind::kUserDevice: return "user_device";
        case FailureKind::kUser: return "user";
        case FailureKind::kNetwork: return "network";
    }
    return "network";
}

FailureCounter user_device_counter(const std::string& person, const std::string& device) {
    return {FailureKind::kUserDevice, person, device};
}

FailureCounter user_counter(const std::string& person) {
    return {FailureKind::kUser, person, {}};
}

FailureCounter network_counter(const std::string& network, bool of_many, bool searching) {
    return {FailureKind::kNetwork, {}, network + (of_many ? "/many" : ""), searching && !of_many ? kFailuresOfMany : 1};
}

FailureState failure_state(sql::TenantTx& tx, const FailureCounter& counter, const RiskPolicy& policy, TimeMs now) {
    const auto rows = tx.query(
        "SELECT failures, last_failed_at, locked_until FROM failed_attempts "
        "WHERE tenant_id = $1 AND environment = $2 AND kind = $3 AND user_id = $4 AND subject = $5",
        {name_of(counter.kind), counter.person, counter.subject});
    if (rows.empty()) return {};
    const sql::Row& row = rows.front();
    FailureState state;
    if (time_in(row, 2) > now) {
        state.locked_until = time_in(row, 2);
        state.used = 1;
        return state;
    }
    const double share = static_cast<double>(row.integer(0)) / limit_of(counter, policy);
    const double age =
        static_cast<double>((now - time_in(row, 1)).count()) / static_cast<double>(policy.lockout_duration().count());
    state.used = std::min(1.0, share) * std::clamp(1 - age, 0.0, 1.0);
    return state;
}

std::optional<TimeMs> record_failure(sql::TenantTx& tx, const FailureCounter& counter, const RiskPolicy& policy,
                                     TimeMs now) {
    const TimeMs until = now + policy.lockout_duration();
    const TimeMs forgotten = now - policy.lockout_duration();
    const auto rows = tx.query(
        "INSERT INTO failed_attempts (tenant_id, environment, kind, user_id, subject, failures, last_failed_at, "
        "locked_until, keep_until) VALUES ($1, $2, $3, $4, $5, $9, $6, 0, $7) "
        "ON CONFLICT (tenant_id, environment, kind, user_id, subject) DO UPDATE SET "
        "failures = CASE WHEN failed_attempts.last_failed_at > $8 THEN failed_attempts.failures + $9 ELSE $9 END, "
        "last_failed_at = $6, keep_until = $7 RETURNING failures",
        {name_of(counter.kind), counter.person, counter.subject, to_unix_ms(now), to_unix_ms(until),
         to_unix_ms(forgotten), counter.weight});
    if (rows.front().integer(0) < limit_of(counter, policy)) return std::nullopt;
    tx.execute(
        "UPDATE failed_attempts SET failures = 0, locked_until = $6 "
        "WHERE tenant_id = $1 AND environment = $2 AND kind = $3 AND user_id = $4 AND subject = $5",
        {name_of(counter.kind), counter.person, counter.subject, to_unix_ms(until)});
    return until;
}

void record_success(sql::TenantTx& tx, const FailureCounter& counter) {
    switch (counter.kind) {
        case FailureKind::kUserDevice:
            tx.execute(
                "DELETE FROM failed_attempts "
                "WHERE tenant_id = $1 AND environment = $2 AND kind = $3 AND user_id = $4 AND subject = $5",
                {name_of(counter.kind), counter.person, counter.subject});
            return;
        case FailureKind::kNetwork:
            tx.execute(
                "UPDATE failed_attempts SET failures = CASE WHEN failures > $6 THEN failures - $6 ELSE 0 END "
                "WHERE tenant_id = $1 AND environment = $2 AND kind = $3 AND user_id = $4 AND subject = $5",
                {name_of(counter.kind), counter.person, counter.subject, counter.weight});
            return;
        case FailureKind::kUser: return;
    }
}

void clear_failures(sql::TenantTx& tx, const UserId& user) {
    tx.execute("DELETE FROM failed_attempts WHERE tenant_id = $1 AND environment = $2 AND user_id = $3", {user});
}

std::string keyed_name(sql::TenantTx& tx, const Vault& vault, std::string_view kind, std::string_view text) {
    const crypto::SecretKey key = vault.tenant_key(tx).derive(kPurpose);
    // The kind never holds a slash.
    const std::string named = std::string(kind) + "/" + std::string(text);
    return to_hex(ByteView(crypto::hmac_sha256(key.view(), as_bytes(named))).first(kNameBytes));
}

std::int64_t purge_failed_attempts(sql::SystemTx& tx, TimeMs now) {
    return tx.execute("DELETE FROM failed_attempts WHERE keep_until <= $1", {to_unix_ms(now)});
}

}  // namespace facegate::domain
