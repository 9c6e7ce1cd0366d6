#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// 1-128 characters of letters, digits and `-_.:`, as a client may name its device.
bool is_device_id(std::string_view text);
/// 64 hexadecimal digits.
bool is_device_fingerprint(std::string_view text);

/// The device's id: the one the client named; else an HMAC of the fingerprint, the same at every visit and different
/// for every tenant and environment; else a fresh one. Never from address or user agent.
DeviceId derive_device_id(const Vault& vault, Random& random, const Scope& scope,
                          const std::optional<std::string>& named, const std::optional<std::string>& fingerprint);

/// What is known of a device when a user signs in from it. A device is one id with one fingerprint.
struct DeviceHistory {
    bool known_to_user = false;
    std::int64_t other_users = 0;  ///< who signed in from it within 90 days; none if the tenant says it is shared
};
DeviceHistory device_history(sql::TenantTx& tx, const DeviceId& device, const std::optional<std::string>& fingerprint,
                             const UserId& user, TimeMs now);
/// Records a successful sign-in.
void record_device_use(sql::TenantTx& tx, const DeviceId& device, const std::optional<std::string>& fingerprint,
                       const UserId& user, TimeMs now);
/// Who signed in from the device within 90 days, the latest first, at most 50.
std::vector<UserId> users_of_device(sql::TenantTx& tx, const DeviceId& device,
                                    const std::optional<std::string>& fingerprint, TimeMs now);
/// What the tenant says of a device, by its id alone.
struct DeviceSettings {
    std::optional<std::string> name;
    bool shared = false;  ///< many people sign in from it, as at a kiosk
};
DeviceSettings device_settings(sql::TenantTx& tx, const DeviceId& device);
void save_device_settings(sql::TenantTx& tx, const DeviceId& device, const DeviceSettings& settings, TimeMs now);
bool is_shared_device(sql::TenantTx& tx, const DeviceId& device);

/// Ends the active sessions that were opened from the device, and forgets who signed in from it and its settings: for
/// everybody it is new again. Returns how many sessions it ended. kNotFound for a device nothing is known of.
Result<std::int64_t> revoke_device(sql::TenantTx& tx, const DeviceId& device, TimeMs now);
void forget_devices_of_user(sql::TenantTx& tx, const UserId& user);

}  // namespace facegate::domain
