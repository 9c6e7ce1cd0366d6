#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "sql/database.h"

namespace facegate::domain {

/// Within which time sign-ins count as following each other fast.
inline constexpr std::chrono::minutes kVelocityWindow{10};
/// A sign-in's network is erased after this, the sign-in itself after kSignInsKept.
inline constexpr std::chrono::hours kNetworkKept{1};
inline constexpr std::chrono::days kSignInsKept{90};

/// A sign-in that succeeded, as later ones are judged by it.
struct SignIn {
    SessionId session;
    UserId user;
    DeviceId device;
    std::optional<std::string> network;  ///< keyed name of the address; never the address
};
void record_sign_in(sql::TenantTx& tx, const SignIn& sign_in, TimeMs now);

/// Sign-ins within kVelocityWindow.
struct RecentSignIns {
    std::int64_t of_user = 0;
    std::int64_t of_device = 0;
    std::int64_t of_network = 0;  ///< 0 without a network
};
RecentSignIns recent_sign_ins(sql::TenantTx& tx, const UserId& user, const DeviceId& device,
                              const std::optional<std::string>& network, TimeMs now);

/// Times of the user's sign-ins within kSignInsKept, the latest first, at most 100.
std::vector<TimeMs> last_sign_ins(sql::TenantTx& tx, const UserId& user, TimeMs now);

void forget_sign_ins_of_user(sql::TenantTx& tx, const UserId& user);
/// Erases networks and sign-ins that are old enough; returns how many rows changed.
std::int64_t purge_sign_ins(sql::SystemTx& tx, TimeMs now);

}  // namespace facegate::domain
