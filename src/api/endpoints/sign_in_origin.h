#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/endpoint.h"
#include "api/endpoints/sign_in.h"
#include "api/services.h"
#include "domain/lockout/failed_attempts.h"

namespace facegate::api {

/// Who says they are at the door, and where: against whom a sign-in's failures count. Nothing counts in the demo, which
/// limits its sessions itself.
struct SignInOrigin {
    std::vector<UserId> claimed;         ///< whom the claim may mean; empty without a claim, or if it names nobody
    std::vector<std::string> persons;    ///< the same for counting; of a claim that names nobody its keyed name
    std::string named_device;            ///< empty: the client named none
    bool device_shared = false;          ///< a kiosk: its failures are nobody's in particular
    std::optional<std::string> network;  ///< keyed name of key and network; nothing in the demo
    std::optional<std::string> person_network;  ///< of the network, where the address is a person's own
    bool of_many = false;                       ///< the address stands for many people
    bool searching = true;                      ///< there is no claim
};

/// `claim`: nothing where there is none.
SignInOrigin sign_in_origin(Services& services, sql::TenantTx& tx, const CallContext& call,
                            const DeviceHeaders& headers, const std::optional<Claim>& claim);

/// kTooManyFailures if no more sign-ins are taken from this network for a while: to be asked before anything is
/// consumed. Who is claimed and locked is told that instead, later.
Result<void> check_network(Services& services, sql::TenantTx& tx, const SignInOrigin& origin);
/// kUserLocked with `locked_until`, the same whether the face is right or not, if one of these people is locked on this
/// device, or altogether.
Result<void> check_locks(Services& services, sql::TenantTx& tx, const std::vector<std::string>& persons,
                         const SignInOrigin& origin);

/// A finished session that was not live, or whose face was not matched. What it locks is in the audit record. Failures
/// of who is locked already do not count: neither on this device nor, through it, on all.
void count_failure(Services& services, sql::TenantTx& tx, const CallContext& call, const SignInOrigin& origin);
/// A sign-in of that user, who may sign in.
void count_success(sql::TenantTx& tx, const SignInOrigin& origin, const UserId& user);
/// RiskInputs::failures_used for a sign-in of that user.
double failures_used(Services& services, sql::TenantTx& tx, const SignInOrigin& origin, const UserId& user);

}  // namespace facegate::api
