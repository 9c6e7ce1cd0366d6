#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace facegate::crypto {

/// An ECDSA P-256 key pair for ES256 (RFC 7518 3.4). Immutable, cheap to copy, thread-safe.
class EcKey {
public:
    static EcKey generate();
    /// PKCS#8 DER, for sealed storage.
    static std::optional<EcKey> from_private_der(ByteView der);
    [[nodiscard]] Bytes private_der() const;

    /// RFC 7638 thumbprint: the `kid`.
    [[nodiscard]] const std::string& key_id() const;
    /// The public key as a JSON object (kty, crv, x, y, kid, use, alg).
    [[nodiscard]] std::string public_jwk() const;

    /// r || s, 64 bytes.
    [[nodiscard]] Bytes sign(ByteView message) const;
    [[nodiscard]] bool verify(ByteView message, ByteView signature) const;

private:
    struct State;
    explicit EcKey(std::shared_ptr<const State> state);
    std::shared_ptr<const State> state_;
};

/// The public half of somebody else's ECDSA P-256 key, as it comes in a JWK. Immutable, cheap to copy, thread-safe.
class EcPublicKey {
public:
    /// `x` and `y` of a JWK (RFC 7518 6.2.1): base64url of 32 bytes each. Nothing if they are no point of the curve.
    static std::optional<EcPublicKey> from_coordinates(std::string_view x, std::string_view y);

    /// RFC 7638 thumbprint, base64url: the `jkt` of RFC 9449.
    [[nodiscard]] const std::string& thumbprint() const;
    /// `signature` is r || s, 64 bytes.
    [[nodiscard]] bool verify(ByteView message, ByteView signature) const;

private:
    struct State;
    explicit EcPublicKey(std::shared_ptr<const State> state);
    std::shared_ptr<const State> state_;
};

/// A compact JWS (RFC 7515) with header {"alg":"ES256","typ":`type`,"kid":…}; `claims` is the payload's JSON text.
std::string sign_es256(const EcKey& key, std::string_view type, std::string_view claims);

/// The same with HMAC-SHA256 (RFC 7518 3.2): `secret` has at least 32 bytes, `key_id` is its `kid`.
std::string sign_hs256(ByteView secret, std::string_view key_id, std::string_view type, std::string_view claims);
/// In time that does not depend on the signature.
bool verify_hs256(ByteView secret, std::string_view signing_input, ByteView signature);

/// A compact JWS cut into its parts; nothing is verified yet. Bounded: texts over 16 KiB are refused.
struct CompactJws {
    std::string header;  ///< decoded JSON text
    std::string claims;  ///< decoded JSON text
    std::string signing_input;
    Bytes signature;
};
std::optional<CompactJws> split_jws(std::string_view token);

}  // namespace facegate::crypto
