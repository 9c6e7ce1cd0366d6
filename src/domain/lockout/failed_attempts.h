#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "domain/policies/risk_policy.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// What failed attempts are counted by, and how many of them lock. A failure is a finished liveness session that was
/// not live, or whose face was not matched.
enum class FailureKind {
    kUserDevice,  ///< a claimed user on one device: max_failed_attempts
    kUser,        ///< a claimed user on all devices: ten times as many
    kNetwork,     ///< an API key's callers from one network: ten times as many
};

/// "user_device", "user" or "network".
std::string_view name_of(FailureKind kind);

/// How many times max_failed_attempts lock a user on all devices, or a network.
inline constexpr int kFailuresOfMany = 10;

/// One counter. Its row exists only while it counts something.
struct FailureCounter {
    FailureKind kind = FailureKind::kNetwork;
    std::string person;   ///< a user's id, or the keyed name of a claim that names nobody; empty: nobody's
    std::string subject;  ///< kUserDevice: the device, empty for one without a name; kNetwork: its keyed name
    int weight = 1;       ///< as how many failures one counts
};

FailureCounter user_device_counter(const std::string& person, const std::string& device);
FailureCounter user_counter(const std::string& person);
/// `of_many`: the address stands for many people, as a server that signs people in or a shared kiosk does; those count
/// apart from the others of the same network. `searching`: without a claim. A search from a person's own network has
/// no other counter: it weighs kFailuresOfMany, so that max_failed_attempts of them lock.
FailureCounter network_counter(const std::string& network, bool of_many, bool searching);

/// How a counter stands.
struct FailureState {
    std::optional<TimeMs> locked_until;  ///< in the future
    /// Share of the failures that lock, 0-1, falling to 0 between the last failure and a lockout's duration later.
    double used = 0;
};
FailureState failure_state(sql::TenantTx& tx, const FailureCounter& counter, const RiskPolicy& policy, TimeMs now);

/// Counts one failure. As soon as there are as many as the policy allows, attempts are locked for a lockout's duration:
/// returns until when, and only for the one failure that locked. Failures are forgotten after a pause as long as a
/// lockout. Call it in the write transaction that looked at failure_state: then no attempt of concurrent ones gets past
/// the limit.
std::optional<TimeMs> record_failure(sql::TenantTx& tx, const FailureCounter& counter, const RiskPolicy& policy,
                                     TimeMs now);
/// A success makes up for one failure of that weight (kNetwork) or for all (kUserDevice). It does not for kUser: while
/// a person signs in at home, others must not be given new attempts elsewhere.
void record_success(sql::TenantTx& tx, const FailureCounter& counter);
/// Forgets all failures of a user, locks included.
void clear_failures(sql::TenantTx& tx, const UserId& user);

/// A stable name for an address or claim that tells nothing about it: HMAC under a key of the tenant and environment,
/// 32 hexadecimal digits. `kind` keeps names of different things apart.
std::string keyed_name(sql::TenantTx& tx, const Vault& vault, std::string_view kind, std::string_view text);

/// Removes what no longer counts; returns how many rows.
std::int64_t purge_failed_attempts(sql::SystemTx& tx, TimeMs now);

}  // namespace facegate::domain
