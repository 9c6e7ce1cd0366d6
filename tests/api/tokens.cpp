#include "api/tokens.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

#include "base/bytes.h"

namespace facegate::testing {

namespace json = boost::json;

namespace {

template <class T, void (*Free)(T*)>
struct Freer {
    void operator()(T* pointer) const { Free(pointer); }
};
template <class T, void (*Free)(T*)>
using Handle = std::unique_ptr<T, Freer<T, Free>>;

Handle<EVP_PKEY, EVP_PKEY_free> public_key(const json::value& jwk) {
    const auto x = from_base64url(jwk.at("x").as_string()).value();
    const auto y = from_base64url(jwk.at("y").as_string()).value();
    Bytes point{4};  // uncompressed, SEC 1
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());
    const Handle<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    const Handle<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    const Handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    EVP_PKEY_fromdata_init(context.get());
    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get());
    return Handle<EVP_PKEY, EVP_PKEY_free>(key);
}

/// JOSE's r || s as the DER that OpenSSL takes.
Bytes der_signature(const Bytes& raw) {
    const Handle<ECDSA_SIG, ECDSA_SIG_free> signature(ECDSA_SIG_new());
    ECDSA_SIG_set0(signature.get(), BN_bin2bn(raw.data(), 32, nullptr), BN_bin2bn(raw.data() + 32, 32, nullptr));
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    Bytes bytes(der, der + size);
    OPENSSL_free(der);
    return bytes;
}

json::object decoded_object(std::string_view part) {
    const auto bytes = from_base64url(part);
    if (!bytes) return {};
    boost::system::error_code error;
    const json::value value = json::parse(as_text(*bytes), error);
    return !error && value.is_object() ? value.as_object() : json::object();
}

}  // namespace

Token decode_token(const std::string& token) {
    const std::size_t first = token.find('.');
    const std::size_t second = token.find('.', first + 1);
    if (first == std::string::npos || second == std::string::npos) return {};
    const std::string_view text(token);
    return {decoded_object(text.substr(0, first)), decoded_object(text.substr(first + 1, second - first - 1))};
}

json::value find_key(const json::value& key_set, const std::string& key_id) {
    for (const json::value& key : key_set.at("keys").as_array()) {
        if (key.at("kid") == json::string(key_id)) return key;
    }
    return nullptr;
}

bool signed_by(const json::value& jwk, const std::string& token) {
    const std::size_t last = token.rfind('.');
    const auto raw = from_base64url(std::string_view(token).substr(last + 1));
    if (!raw || raw->size() != 64) return false;
    const Bytes der = der_signature(*raw);
    const auto key = public_key(jwk);
    const Handle<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    if (!key || EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) != 1) return false;
    const auto* input = reinterpret_cast<const unsigned char*>(token.data());
    return EVP_DigestVerify(context.get(), der.data(), der.size(), input, last) == 1;
}

}  // namespace facegate::testing
