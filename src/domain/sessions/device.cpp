#include "domain/sessions/device.h"

#include <algorithm>

#include "crypto/secret.h"

namespace facegate::domain {

namespace {

constexpr std::chrono::hours kRemembered{90 * 24};
constexpr std::size_t kMaxDeviceId = 128;
constexpr std::size_t kFingerprintDigits = 64;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kIdDigits = 22;

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_device_character(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.' || c == ':';
}

/// Lower case, and empty for none: the fingerprint is part of the primary key.
std::string fingerprint_column(const std::optional<std::string>& fingerprint) {
    std::string lower = fingerprint.value_or("");
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

}  // namespace

bool is_device_id(std::string_view text) {
    return !text.empty() && text.size() <= kMaxDeviceId && std::ranges::all_of(text, is_device_character);
}

bool is_device_fingerprint(std::string_view text) {
    return text.size() == kFingerprintDigits && std::ranges::all_of(text, is_hex_digit);
}

DeviceId derive_device_id(const Vault& vault, Random& random, const Scope& scope,
                          const std::optional<std::string>& named, const std::optional<std::string>& fingerprint) {
    if (named) return DeviceId(*named);
    if (!fingerprint) return DeviceId(random.id("dev_"));
    const auto key = vault.server_key(ServerKey::kDeviceIds);
    const auto digest =
        crypto::hmac_sha256(key.view(), as_bytes(row_context("devices", scope, fingerprint_column(fingerprint))));
    return DeviceId("dev_" + to_base62(ByteView(digest).first(kIdBytes), kIdDigits));
}

DeviceHistory device_history(sql::TenantTx& tx, const DeviceId& device, const std::optional<std::string>& fingerprint,
                             const UserId& user, TimeMs now) {
    const auto rows = tx.query(
        "SELECT COUNT(CASE WHEN user_id = $5 THEN 1 END), COUNT(CASE WHEN user_id <> $5 THEN 1 END) FROM devices "
        "WHERE tenant_id = $1 AND environment = $2 AND device_id = $3 AND fingerprint = $4 AND last_seen_at > $6",
        {device, fingerprint_column(fingerprint), user, to_unix_ms(now - kRemembered)});
    const bool shared = is_shared_device(tx, device);
    return {rows.front().integer(0) > 0, shared ? 0 : rows.front().integer(1)};
}

void record_device_use(sql::TenantTx& tx, const DeviceId& device, const std::optional<std::string>& fingerprint,
                       const UserId& user, TimeMs now) {
    tx.execute(
        "INSERT INTO devices (tenant_id, environment, device_id, fingerprint, user_id, first_seen_at, last_seen_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $6) "
        "ON CONFLICT (tenant_id, environment, device_id, fingerprint, user_id) DO UPDATE SET last_seen_at = $6",
        {device, fingerprint_column(fingerprint), user, to_unix_ms(now)});
}

std::vector<UserId> users_of_device(sql::TenantTx& tx, const DeviceId& device,
                                    const std::optional<std::string>& fingerprint, TimeMs now) {
    const auto rows = tx.query(
        "SELECT user_id FROM devices WHERE tenant_id = $1 AND environment = $2 AND device_id = $3 AND fingerprint = $4 "
        "AND last_seen_at > $5 ORDER BY last_seen_at DESC, user_id LIMIT 50",
        {device, fingerprint_column(fingerprint), to_unix_ms(now - kRemembered)});
    std::vector<UserId> users;
    for (const auto& row : rows) users.emplace_back(row.text(0));
    return users;
}

DeviceSettings device_settings(sql::TenantTx& tx, const DeviceId& device) {
    const auto rows = tx.query(
        "SELECT name, shared FROM device_settings WHERE tenant_id = $1 AND environment = $2 AND device_id = $3",
        {device});
    if (rows.empty()) return {};
    return {rows.front().maybe_text(0), rows.front().boolean(1)};
}

void save_device_settings(sql::TenantTx& tx, const DeviceId& device, const DeviceSettings& settings, TimeMs now) {
    tx.execute(
        "INSERT INTO device_settings (tenant_id, environment, device_id, name, shared, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (tenant_id, environment, device_id) DO UPDATE SET name = $4, shared = $5, updated_at = $6",
        {device, settings.name, settings.shared, to_unix_ms(now)});
}

bool is_shared_device(sql::TenantTx& tx, const DeviceId& device) {
    return device_settings(tx, device).shared;
}

Result<std::int64_t> revoke_device(sql::TenantTx& tx, const DeviceId& device, TimeMs now) {
    const auto links =
        tx.execute("DELETE FROM devices WHERE tenant_id = $1 AND environment = $2 AND device_id = $3", {device});
    const auto settings = tx.execute(
        "DELETE FROM device_settings WHERE tenant_id = $1 AND environment = $2 AND device_id = $3", {device});
    if (links + settings == 0) return fail(ErrorCode::kNotFound, "There is no such device");
    return tx.execute(
        "UPDATE sessions SET revoked_at = $4 WHERE tenant_id = $1 AND environment = $2 AND device_id = $3 "
        "AND revoked_at IS NULL AND expires_at > $4",
        {device, to_unix_ms(now)});
}

void forget_devices_of_user(sql::TenantTx& tx, const UserId& user) {
    tx.execute("DELETE FROM devices WHERE tenant_id = $1 AND environment = $2 AND user_id = $3", {user});
}

}  // namespace facegate::domain
