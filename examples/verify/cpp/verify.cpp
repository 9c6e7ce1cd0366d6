// Checks FaceGate's access tokens. C++20, OpenSSL 3 and Boost.JSON.
//
//     curl -fsS ISSUER/.well-known/jwks.json -o keys.json
//     ./verify ISSUER TENANT keys.json TOKEN
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <array>
#include <boost/json/src.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace json = boost::json;
using Bytes = std::vector<unsigned char>;

/// Why a token is refused.
struct Refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

template <auto Free>
struct Freed {
    void operator()(auto* object) const { Free(object); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

/// base64url without padding (RFC 7515).
Bytes decode(std::string_view text) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    Bytes bytes;
    unsigned held = 0;
    int bits = 0;
    for (const char c : text) {
        const std::size_t digit = kAlphabet.find(c);
        if (digit == std::string_view::npos) throw Refused("not a JWT");
        held = (held << 6U | static_cast<unsigned>(digit)) & 0xFFFFU;
        if ((bits += 6) >= 8) bytes.push_back(static_cast<unsigned char>(held >> static_cast<unsigned>(bits -= 8)));
    }
    return bytes;
}

json::object decode_object(std::string_view part) {
    const Bytes bytes = decode(part);
    boost::system::error_code error;
    json::value value = json::parse({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, error);
    if (error || !value.is_object()) throw Refused("not a JWT");
    return value.as_object();
}

/// Empty if the member is missing or no text.
std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

/// The public P-256 key of a JWK (RFC 7518 6.2.1); null if it is another kind.
Key public_key(const json::object& jwk) {
    const Bytes x = decode(text_of(jwk, "x"));
    const Bytes y = decode(text_of(jwk, "y"));
    if (text_of(jwk, "kty") != "EC" || text_of(jwk, "crv") != "P-256" || x.size() != 32 || y.size() != 32) return {};
    Bytes point{4};  // uncompressed
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());
    const std::unique_ptr<OSSL_PARAM_BLD, Freed<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    const std::unique_ptr<OSSL_PARAM, Freed<OSSL_PARAM_free>> params(OSSL_PARAM_BLD_to_param(builder.get()));
    const std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    if (EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
        return {};
    }
    return Key(key);
}

/// `raw` is JOSE's r || s; OpenSSL wants it as DER.
bool signed_with(EVP_PKEY* key, std::string_view text, const Bytes& raw) {
    if (raw.size() != 64) return false;
    const std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>> parts(ECDSA_SIG_new());
    ECDSA_SIG_set0(parts.get(), BN_bin2bn(raw.data(), 32, nullptr), BN_bin2bn(raw.data() + 32, 32, nullptr));
    std::array<unsigned char, 80> der{};
    unsigned char* end = der.data();
    const int size = i2d_ECDSA_SIG(parts.get(), &end);
    const std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    return size > 0 && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
           EVP_DigestVerify(context.get(), der.data(), static_cast<std::size_t>(size),
                            reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

/// Knows an issuer's keys; make a new one when a token names a key it does not know. Thread-safe.
class TokenVerifier {
public:
    /// `issuer`: the server's public URL, with /test behind it for test tokens. `tenant`: your tenant's id. `key_set`:
    /// what ISSUER/.well-known/jwks.json answered.
    TokenVerifier(std::string issuer, std::string tenant, std::string_view key_set)
        : issuer_(std::move(issuer)), tenant_(std::move(tenant)) {
        const json::value set = json::parse(json::string_view(key_set.data(), key_set.size()));
        for (const json::value& jwk : set.at("keys").as_array()) {
            if (Key key = public_key(jwk.as_object())) keys_[text_of(jwk.as_object(), "kid")] = std::move(key);
        }
    }

    /// The claims of a good token. Throws Refused.
    json::object verify(std::string_view token) const {
        const std::size_t first = token.find('.');
        const std::size_t second = token.find('.', first == token.npos ? first : first + 1);
        if (second == token.npos || token.find('.', second + 1) != token.npos) throw Refused("not a JWT");
        const json::object header = decode_object(token.substr(0, first));
        // Only what the issuer uses, whatever the token says of itself.
        if (text_of(header, "alg") != "ES256" || text_of(header, "typ") != "JWT" || header.contains("crit")) {
            throw Refused("not an ES256 access token");
        }
        const auto key = keys_.find(text_of(header, "kid"));
        if (key == keys_.end()) throw Refused("unknown key");
        if (!signed_with(key->second.get(), token.substr(0, second), decode(token.substr(second + 1)))) {
            throw Refused("wrong signature");
        }
        json::object claims = decode_object(token.substr(first + 1, second - first - 1));
        if (text_of(claims, "iss") != issuer_) throw Refused("another issuer");
        if (text_of(claims, "aud") != tenant_) throw Refused("another audience");
        const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
        const json::value* expires = claims.if_contains("exp");
        const json::value* starts = claims.if_contains("nbf");
        if (expires == nullptr || !expires->is_int64() || now >= expires->as_int64()) throw Refused("expired");
        if (starts == nullptr || !starts->is_int64() || now < starts->as_int64()) throw Refused("not valid yet");
        return claims;
    }

private:
    std::string issuer_;
    std::string tenant_;
    std::map<std::string, Key> keys_;
};

int main(int argc, char** argv) {
    if (argc != 5) {
        std::cerr << "usage: verify ISSUER TENANT KEY_SET_FILE TOKEN\n";
        return 2;
    }
    try {
        std::ifstream file(argv[3]);
        const std::string key_set{std::istreambuf_iterator<char>(file), {}};
        std::cout << TokenVerifier(argv[1], argv[2], key_set).verify(argv[4]) << '\n';
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "refused: " << error.what() << '\n';
        return 1;
    }
}
