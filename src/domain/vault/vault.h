#pragma once

#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "sql/database.h"

namespace facegate::domain {

/// A sealed key or template does not open: another master key, or a damaged row. Caught once, in the dispatcher.
class VaultFailure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Keys of the server itself, each derived from the master key for one purpose.
enum class ServerKey { kStreamCredentials, kCursors, kAudit, kDeviceIds };

/// The key hierarchy: the master key wraps one data key per tenant and environment, which wraps one data key per user,
/// which seals that user's templates. Every sealed blob is bound to its table and row. Immutable and thread-safe; keeps
/// no key but the master key and those derived from it.
class Vault {
public:
    /// `random` must outlive the vault.
    Vault(const crypto::SecretKey& master, Random& random) : master_(master), random_(random) {}

    [[nodiscard]] crypto::SecretKey server_key(ServerKey purpose) const;

    /// For rows of the server itself. `context` names table and row.
    [[nodiscard]] Bytes seal_server_row(ByteView plaintext, std::string_view context) const;
    /// Throws VaultFailure.
    [[nodiscard]] Bytes open_server_row(ByteView sealed, std::string_view context) const;

    /// Stores a new data key for the scope; one that is already there stays.
    void create_tenant_key(sql::SystemTx& tx, const Scope& scope, TimeMs now) const;
    /// Throws VaultFailure if there is none or it does not open.
    [[nodiscard]] crypto::SecretKey tenant_key(sql::TenantTx& tx) const;

    /// Stores a new data key for the user, who must have none.
    crypto::SecretKey create_user_key(sql::TenantTx& tx, const UserId& user) const;
    /// Nothing if the user has none; throws VaultFailure if it does not open.
    [[nodiscard]] std::optional<crypto::SecretKey> user_key(sql::TenantTx& tx, const UserId& user) const;
    /// Opens a `user_keys.sealed_key` that was read in bulk. Throws VaultFailure.
    [[nodiscard]] static crypto::SecretKey unwrap_user_key(const crypto::SecretKey& tenant_key, const Scope& scope,
                                                           const UserId& user, ByteView sealed);
    /// After the commit the user's templates are unreadable, wherever copies of them are.
    static void destroy_user_key(sql::TenantTx& tx, const UserId& user);

    /// A face vector as sealed bytes (IEEE-754 little-endian floats inside). `context` names table and row.
    [[nodiscard]] Bytes seal_vector(const crypto::SecretKey& key, std::span<const float> vector,
                                    std::string_view context) const;
    /// Throws VaultFailure.
    [[nodiscard]] static std::vector<float> open_vector(const crypto::SecretKey& key, ByteView sealed,
                                                        std::string_view context);

    /// A text as sealed bytes. `context` names table and row.
    [[nodiscard]] Bytes seal_text(const crypto::SecretKey& key, std::string_view text, std::string_view context) const;
    /// Throws VaultFailure.
    [[nodiscard]] static std::string open_text(const crypto::SecretKey& key, ByteView sealed, std::string_view context);

private:
    crypto::SecretKey master_;
    Random& random_;
};

/// `table/tenant/environment/row`: what a sealed blob of a tenant's row is bound to.
std::string row_context(std::string_view table, const Scope& scope, std::string_view row);

}  // namespace facegate::domain
