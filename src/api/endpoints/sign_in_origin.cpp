#include "api/endpoints/sign_in_origin.h"

#include <algorithm>
#include <cmath>

#include "api/endpoints/sign_in_attempt.h"
#include "api/visit_limit.h"
#include "domain/sessions/device.h"
#include "domain/users/user.h"

namespace facegate::api {

namespace {

/// The people a claim may mean.
std::vector<UserId> claimed_users(sql::TenantTx& tx, const Claim& claim) {
    if (claim.user_id) {
        const UserId id(*claim.user_id);
        return domain::find_user(tx, id) ? std::vector<UserId>{id} : std::vector<UserId>{};
    }
    if (claim.external_id) {
        const auto user = domain::find_user_by_external_id(tx, *claim.external_id);
        return user ? std::vector<UserId>{*user} : std::vector<UserId>{};
    }
    return domain::find_users_by_email(tx, *claim.email);
}

/// A name for whom a claim would mean if there were such a person: whoever tries names shall not learn from a lock, or
/// from none, which of them exist.
std::string keyed_claim(Services& services, sql::TenantTx& tx, const Claim& claim) {
    std::string text;
    if (claim.user_id) text = "user_id/" + *claim.user_id;
    if (claim.external_id) text = "external_id/" + *claim.external_id;
    if (claim.email) {
        text = "email/" + *claim.email;
        std::ranges::transform(text, text.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    }
    return "?" + domain::keyed_name(tx, services.vault, "claim", text);
}

/// The counters of a person on this device. On a kiosk a failure is one of the many who stand there.
std::vector<domain::FailureCounter> counters_of(const std::string& person, const SignInOrigin& origin) {
    std::vector<domain::FailureCounter> counters{domain::user_counter(person)};
    if (!origin.device_shared) counters.push_back(domain::user_device_counter(person, origin.named_device));
    return counters;
}

domain::FailureCounter network_counter_of(const SignInOrigin& origin) {
    return domain::network_counter(origin.network.value(), origin.of_many, origin.searching);
}

}  // namespace

SignInOrigin sign_in_origin(Services& services, sql::TenantTx& tx, const CallContext& call,
                            const DeviceHeaders& headers, const std::optional<Claim>& claim) {
    SignInOrigin origin;
    origin.searching = !claim;
    if (claim) origin.claimed = claimed_users(tx, *claim);
    if (call.caller.scope.environment == Environment::kDemo) return origin;
    for (const UserId& user : origin.claimed) origin.persons.push_back(user.value);
    if (claim && origin.persons.empty()) origin.persons.push_back(keyed_claim(services, tx, *claim));
    if (headers.id || headers.fingerprint) {
        origin.named_device = domain::derive_device_id(services.vault, services.random, call.caller.scope, headers.id,
                                                       headers.fingerprint)
                                  .value;
        origin.device_shared = domain::is_shared_device(tx, DeviceId(origin.named_device));
    }
    // A secret key speaks from a server, for all who sign in through it.
    origin.of_many = origin.device_shared || !call.caller.publishable;
    const std::string network = network_of(call.client_address);
    origin.network = domain::keyed_name(tx, services.vault, "key_network", call.caller.key.value + "/" + network);
    if (!origin.of_many) origin.person_network = domain::keyed_name(tx, services.vault, "network", network);
    return origin;
}

Result<void> check_network(Services& services, sql::TenantTx& tx, const SignInOrigin& origin) {
    if (!origin.network || !check_locks(services, tx, origin.persons, origin)) return {};
    const TimeMs now = services.clock.now();
    const auto state = domain::failure_state(tx, network_counter_of(origin), domain::risk_policy(tx), now);
    if (!state.locked_until) return {};
    Error error{ErrorCode::kTooManyFailures, "Too many failed attempts came from this network", {}, {}};
    const Milliseconds wait = *state.locked_until - now;
    error.details["retry_after_seconds"] = std::ceil(static_cast<double>(wait.count()) / 1000);
    return std::unexpected(std::move(error));
}

Result<void> check_locks(Services& services, sql::TenantTx& tx, const std::vector<std::string>& persons,
                         const SignInOrigin& origin) {
    const TimeMs now = services.clock.now();
    const domain::RiskPolicy policy = domain::risk_policy(tx);
    std::optional<TimeMs> until;
    for (const std::string& person : persons) {
        for (const domain::FailureCounter& counter : counters_of(person, origin)) {
            // An empty time is before every other.
            until = std::max(until, domain::failure_state(tx, counter, policy, now).locked_until);
        }
    }
    if (!until) return {};
    Error error{ErrorCode::kUserLocked, "Too many failed attempts", {}, {}};
    error.details["locked_until"] = to_iso8601(*until);
    return std::unexpected(std::move(error));
}

void count_failure(Services& services, sql::TenantTx& tx, const CallContext& call, const SignInOrigin& origin) {
    if (!origin.network) return;
    const TimeMs now = services.clock.now();
    const domain::RiskPolicy policy = domain::risk_policy(tx);
    std::vector<domain::FailureCounter> counters;
    if (check_locks(services, tx, origin.persons, origin)) {
        for (const std::string& person : origin.persons)
            std::ranges::move(counters_of(person, origin), std::back_inserter(counters));
    }
    counters.push_back(network_counter_of(origin));
    for (const domain::FailureCounter& counter : counters) {
        if (domain::failure_state(tx, counter, policy, now).locked_until) continue;
        const auto until = domain::record_failure(tx, counter, policy, now);
        if (!until) continue;
        const bool is_network = counter.kind == domain::FailureKind::kNetwork;
        append_audit(services, tx, call, "lockout.started", is_network ? counter.subject : counter.person,
                     {{"kind", domain::name_of(counter.kind)}, {"locked_until", to_iso8601(*until)}});
    }
}

void count_success(sql::TenantTx& tx, const SignInOrigin& origin, const UserId& user) {
    if (!origin.network) return;
    domain::record_success(tx, domain::user_device_counter(user.value, origin.named_device));
    domain::record_success(tx, network_counter_of(origin));
}

double failures_used(Services& services, sql::TenantTx& tx, const SignInOrigin& origin, const UserId& user) {
    if (!origin.network) return 0;
    const domain::RiskPolicy policy = domain::risk_policy(tx);
    std::vector<domain::FailureCounter> counters = counters_of(user.value, origin);
    counters.push_back(network_counter_of(origin));
    double used = 0;
    for (const domain::FailureCounter& counter : counters) {
        used = std::max(used, domain::failure_state(tx, counter, policy, services.clock.now()).used);
    }
    return used;
}

}  // namespace facegate::api
