#include "domain/vault/vault.h"

#include <fmt/format.h>

#include <bit>

namespace facegate::domain {

static_assert(std::bit_cast<std::uint32_t>(1.0F) == 0x3F800000U, "templates are stored as IEEE-754 floats");

namespace {

constexpr std::string_view kMasterPurpose = "facegate key wrapping";

std::string_view purpose_of(ServerKey key) {
    switch (key) {
        case ServerKey::kStreamCredentials: return "facegate stream credentials";
        case ServerKey::kCursors: return "facegate cursors";
        case ServerKey::kAudit: return "facegate audit chain";
        case ServerKey::kDeviceIds: return "facegate device ids";
    }
    throw VaultFailure("unknown server key");
}

crypto::SecretKey unwrap(const crypto::SecretKey& wrapping, ByteView sealed, std::string_view context) {
    auto bytes = crypto::open(wrapping, sealed, context);
    auto key = bytes ? crypto::SecretKey::from_bytes(*bytes) : std::nullopt;
    if (bytes) crypto::wipe(*bytes);
    if (!key) throw VaultFailure("a data key does not open: wrong master key, or a damaged row");
    return *key;
}

}  // namespace

crypto::SecretKey Vault::server_key(ServerKey purpose) const {
    return master_.derive(purpose_of(purpose));
}

Bytes Vault::seal_server_row(ByteView plaintext, std::string_view context) const {
    return crypto::seal(master_.derive(kMasterPurpose), plaintext, context, random_);
}

Bytes Vault::open_server_row(ByteView sealed, std::string_view context) const {
    auto plaintext = crypto::open(master_.derive(kMasterPurpose), sealed, context);
    if (!plaintext) throw VaultFailure("a server key does not open: wrong master key, or a damaged row");
    return std::move(*plaintext);
}

void Vault::create_tenant_key(sql::SystemTx& tx, const Scope& scope, TimeMs now) const {
    const auto key = crypto::SecretKey::generate(random_);
    tx.execute(
        "INSERT INTO tenant_keys (tenant_id, environment, sealed_key, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (tenant_id, environment) DO NOTHING",
        {scope.tenant, static_cast<std::int64_t>(scope.environment),
         seal_server_row(key.view(), row_context("tenant_keys", scope, "")), to_unix_ms(now)});
}

crypto::SecretKey Vault::tenant_key(sql::TenantTx& tx) const {
    const auto rows = tx.query("SELECT sealed_key FROM tenant_keys WHERE tenant_id = $1 AND environment = $2");
    if (rows.empty()) throw VaultFailure("the tenant has no data key");
    return unwrap(master_.derive(kMasterPurpose), rows.front().blob(0), row_context("tenant_keys", tx.scope(), ""));
}

crypto::SecretKey Vault::create_user_key(sql::TenantTx& tx, const UserId& user) const {
    const auto key = crypto::SecretKey::generate(random_);
    const auto context = row_context("user_keys", tx.scope(), user.value);
    tx.execute("INSERT INTO user_keys (tenant_id, environment, user_id, sealed_key) VALUES ($1, $2, $3, $4)",
               {user, crypto::seal(tenant_key(tx), key.view(), context, random_)});
    return key;
}

std::optional<crypto::SecretKey> Vault::user_key(sql::TenantTx& tx, const UserId& user) const {
    const auto rows =
        tx.query("SELECT sealed_key FROM user_keys WHERE tenant_id = $1 AND environment = $2 AND user_id = $3", {user});
    if (rows.empty()) return std::nullopt;
    return unwrap_user_key(tenant_key(tx), tx.scope(), user, rows.front().blob(0));
}

crypto::SecretKey Vault::unwrap_user_key(const crypto::SecretKey& tenant_key, const Scope& scope, const UserId& user,
                                         ByteView sealed) {
    return unwrap(tenant_key, sealed, row_context("user_keys", scope, user.value));
}

void Vault::destroy_user_key(sql::TenantTx& tx, const UserId& user) {
    tx.execute("DELETE FROM user_keys WHERE tenant_id = $1 AND environment = $2 AND user_id = $3", {user});
}

Bytes Vault::seal_vector(const crypto::SecretKey& key, std::span<const float> vector, std::string_view context) const {
    Bytes plain(vector.size() * sizeof(float));
    for (std::size_t i = 0; i < vector.size(); ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(vector[i]);
        for (std::size_t byte = 0; byte < 4; ++byte) {
            plain[4 * i + byte] = static_cast<std::uint8_t>(bits >> (8 * byte));
        }
    }
    Bytes sealed = crypto::seal(key, plain, context, random_);
    crypto::wipe(plain);
    return sealed;
}

std::vector<float> Vault::open_vector(const crypto::SecretKey& key, ByteView sealed, std::string_view context) {
    auto plain = crypto::open(key, sealed, context);
    if (!plain || plain->size() % sizeof(float) != 0) {
        throw VaultFailure("a template does not open: wrong key, or a damaged row");
    }
    std::vector<float> vector(plain->size() / sizeof(float));
    for (std::size_t i = 0; i < vector.size(); ++i) {
        std::uint32_t bits = 0;
        for (std::size_t byte = 0; byte < 4; ++byte) {
            bits |= static_cast<std::uint32_t>((*plain)[4 * i + byte]) << (8 * byte);
        }
        vector[i] = std::bit_cast<float>(bits);
    }
    crypto::wipe(*plain);
    return vector;
}

Bytes Vault::seal_text(const crypto::SecretKey& key, std::string_view text, std::string_view context) const {
    return crypto::seal(key, as_bytes(text), context, random_);
}

std::string Vault::open_text(const crypto::SecretKey& key, ByteView sealed, std::string_view context) {
    const auto plain = crypto::open(key, sealed, context);
    if (!plain) throw VaultFailure("a sealed text does not open: wrong key, or a damaged row");
    return std::string(as_text(*plain));
}

std::string row_context(std::string_view table, const Scope& scope, std::string_view row) {
    return fmt::format("{}/{}/{}/{}", table, scope.tenant.value, facegate::name_of(scope.environment), row);
}

}  // namespace facegate::domain
