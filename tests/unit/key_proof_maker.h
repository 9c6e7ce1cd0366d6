#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/jwt.h"

namespace facegate::testing {

/// A client that proves that it holds a key (RFC 9449). Each of its proofs has its own `jti`.
class KeyProofMaker {
public:
    /// The claims of a proof made at `now`; with `token`, for that token.
    boost::json::object claims(std::string_view method, std::string_view url, TimeMs now, std::string_view token = {}) {
        boost::json::object made{{"jti", "proof-" + std::to_string(++count_)},
                                 {"htm", method},
                                 {"htu", url},
                                 {"iat", to_unix_ms(now) / 1000}};
        if (!token.empty()) made["ath"] = to_base64url(crypto::sha256(as_bytes(token)));
        return made;
    }
    [[nodiscard]] boost::json::object header() const {
        const auto jwk = boost::json::parse(key_.public_jwk());
        return {{"typ", "dpop+jwt"},
                {"alg", "ES256"},
                {"jwk", {{"kty", "EC"}, {"crv", "P-256"}, {"x", jwk.at("x")}, {"y", jwk.at("y")}}}};
    }
    [[nodiscard]] std::string sign(const boost::json::object& header, const boost::json::object& claims) const {
        const std::string input = to_base64url(as_bytes(boost::json::serialize(header))) + '.' +
                                  to_base64url(as_bytes(boost::json::serialize(claims)));
        return input + '.' + to_base64url(key_.sign(as_bytes(input)));
    }
    std::string proof(std::string_view method, std::string_view url, TimeMs now, std::string_view token = {}) {
        return sign(header(), claims(method, url, now, token));
    }
    /// The key's RFC 7638 thumbprint.
    [[nodiscard]] const std::string& thumbprint() const { return key_.key_id(); }

private:
    crypto::EcKey key_ = crypto::EcKey::generate();
    int count_ = 0;
};

}  // namespace facegate::testing
