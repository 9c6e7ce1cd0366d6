#include "domain/issuers/signing_keys.h"

#include <algorithm>

#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::chrono::hours kLongestPublication{7 * 24};
/// Clocks of verifiers and servers may differ by so much.
constexpr std::chrono::minutes kClockSkew{5};

std::string key_context(std::string_view issuer, std::string_view kid) {
    return "signing_keys/" + std::string(issuer) + "/" + std::string(kid);
}

SigningKeyInfo create_signing_key(sql::SystemTx& tx, const Vault& vault, std::string_view issuer, TimeMs signs_from,
                                  TimeMs now) {
    const auto key = crypto::EcKey::generate();
    Bytes der = key.private_der();
    const Bytes sealed = vault.seal_server_row(der, key_context(issuer, key.key_id()));
    crypto::wipe(der);
    tx.execute(
        "INSERT INTO signing_keys (issuer, kid, sealed_private_key, created_at, signs_from) VALUES ($1, $2, $3, $4, "
        "$5)",
        {issuer, key.key_id(), sealed, to_unix_ms(now), to_unix_ms(signs_from)});
    return {std::string(issuer), key.key_id(), now, {signs_from, std::nullopt}};
}

/// Ends the keys of the issuer that have no earlier end.
void end_signing_keys(sql::SystemTx& tx, std::string_view issuer, TimeMs not_after) {
    tx.execute("UPDATE signing_keys SET not_after = $2 WHERE issuer = $1 AND (not_after IS NULL OR not_after > $2)",
               {issuer, to_unix_ms(not_after)});
}

Result<void> check_issuer(std::string_view issuer) {
    if (std::ranges::find(kIssuerNames, issuer) != std::end(kIssuerNames)) return {};
    return fail(ErrorCode::kValidationFailed, "The issuer is one of live, test, demo and refresh");
}

}  // namespace

const SigningKey& signing_key(const KeyRing& ring, TimeMs now, Milliseconds life) {
    const auto found = std::ranges::find_if(ring, [&](const SigningKey& key) { return key.times.may_sign(now, life); });
    return found == ring.end() ? ring.front() : *found;
}

const SigningKey* find_key(const KeyRing& ring, std::string_view key_id, TimeMs now) {
    const auto found = std::ranges::find_if(
        ring, [&](const SigningKey& key) { return key.key.key_id() == key_id && key.times.known(now); });
    return found == ring.end() ? nullptr : &*found;
}

KeyRing load_key_ring(sql::SystemTx& tx, const Vault& vault, std::string_view issuer, TimeMs now) {
    const auto rows = tx.query(
        "SELECT kid, sealed_private_key, signs_from, not_after FROM signing_keys "
        "WHERE issuer = $1 AND (not_after IS NULL OR not_after > $2) ORDER BY signs_from DESC, created_at DESC, kid",
        {issuer, to_unix_ms(now)});
    KeyRing ring;
    for (const auto& row : rows) {
        Bytes der = vault.open_server_row(row.blob(1), key_context(issuer, row.text(0)));
        auto key = crypto::EcKey::from_private_der(der);
        crypto::wipe(der);
        if (!key) throw VaultFailure("a signing key is damaged");
        ring.push_back({std::move(*key), {time_in(row, 2), maybe_time_in(row, 3)}});
    }
    return ring;
}

void ensure_signing_key(sql::SystemTx& tx, const Vault& vault, std::string_view issuer, TimeMs now) {
    const auto rows = tx.query("SELECT COUNT(*) FROM signing_keys WHERE issuer = $1 AND not_after IS NULL", {issuer});
    if (rows.front().integer(0) == 0) (void)create_signing_key(tx, vault, issuer, now, now);
}

std::vector<SigningKeyInfo> list_signing_keys(sql::SystemTx& tx, TimeMs now) {
    const auto rows = tx.query(
        "SELECT issuer, kid, created_at, signs_from, not_after FROM signing_keys "
        "WHERE not_after IS NULL OR not_after > $1 ORDER BY issuer, signs_from DESC, created_at DESC, kid",
        {to_unix_ms(now)});
    std::vector<SigningKeyInfo> keys;
    for (const auto& row : rows) {
        keys.push_back({row.text(0), row.text(1), time_in(row, 2), {time_in(row, 3), maybe_time_in(row, 4)}});
    }
    return keys;
}

Result<SigningKeyInfo> rotate_signing_key(sql::SystemTx& tx, const Vault& vault, std::string_view issuer,
                                          Milliseconds publish_for, TimeMs now) {
    if (auto known = check_issuer(issuer); !known) return std::unexpected(known.error());
    if (publish_for < Milliseconds(0) || publish_for > kLongestPublication) {
        return fail(ErrorCode::kValidationFailed, "A new key may wait at most 7 days before it signs");
    }
    const TimeMs signs_from = now + publish_for;
    const Milliseconds life = issuer == kRefreshIssuer ? Milliseconds(kRefreshTokenLife) : kAccessTokenLife;
    end_signing_keys(tx, issuer, signs_from + life + kClockSkew);
    return create_signing_key(tx, vault, issuer, signs_from, now);
}

Result<SigningKeyInfo> replace_signing_keys(sql::SystemTx& tx, const Vault& vault, std::string_view issuer,
                                            TimeMs now) {
    if (auto known = check_issuer(issuer); !known) return std::unexpected(known.error());
    end_signing_keys(tx, issuer, now);
    return create_signing_key(tx, vault, issuer, now, now);
}

std::int64_t purge_signing_keys(sql::SystemTx& tx, TimeMs now) {
    return tx.execute("DELETE FROM signing_keys WHERE not_after <= $1", {to_unix_ms(now)});
}

}  // namespace facegate::domain
