#include "crypto/jwt.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "crypto/openssl_handles.h"

namespace facegate::crypto {
namespace {

constexpr std::size_t kCoordinateSize = 32;
constexpr std::size_t kSignatureSize = 2 * kCoordinateSize;
constexpr std::size_t kMaxToken = 16 * 1024;

PkeyPtr decode_p256(ByteView der) {
    const std::uint8_t* next = der.data();
    const Pkcs8Ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &next, static_cast<long>(der.size())));
    if (!info || next != der.data() + der.size()) return nullptr;
    PkeyPtr pkey(EVP_PKCS82PKEY(info.get()));
    if (!pkey) return nullptr;
    std::array<char, 32> group{};
    if (EVP_PKEY_is_a(pkey.get(), "EC") != 1 ||
        EVP_PKEY_get_group_name(pkey.get(), group.data(), group.size(), nullptr) != 1 ||
        std::string_view(group.data()) != "prime256v1") {
        return nullptr;
    }
    // Also that the public point stored beside the private number belongs to it.
    const PkeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, pkey.get(), nullptr));
    require(context != nullptr);
    return EVP_PKEY_check(context.get()) == 1 ? std::move(pkey) : nullptr;
}

std::string coordinate(const EVP_PKEY* pkey, const char* name) {
    BIGNUM* number = nullptr;
    require(EVP_PKEY_get_bn_param(pkey, name, &number));
    const BignumPtr owned(number);
    std::array<std::uint8_t, kCoordinateSize> bytes{};
    require(BN_bn2binpad(number, bytes.data(), kCoordinateSize) == kCoordinateSize);
    return to_base64url(bytes);
}

/// ECDSA-Sig-Value (RFC 3279) to the fixed-width r || s of JOSE.
Bytes raw_signature(ByteView der) {
    const std::uint8_t* next = der.data();
    const EcSignaturePtr parts(d2i_ECDSA_SIG(nullptr, &next, static_cast<long>(der.size())));
    require(parts != nullptr);
    Bytes raw(kSignatureSize);
    require(BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), raw.data(), kCoordinateSize) == kCoordinateSize);
    require(BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), raw.data() + kCoordinateSize, kCoordinateSize) ==
            kCoordinateSize);
    return raw;
}

Bytes der_signature(ByteView raw) {
    const EcSignaturePtr parts(ECDSA_SIG_new());
    BignumPtr r(BN_bin2bn(raw.data(), kCoordinateSize, nullptr));
    BignumPtr s(BN_bin2bn(raw.data() + kCoordinateSize, kCoordinateSize, nullptr));
    require(parts && r && s);
    require(ECDSA_SIG_set0(parts.get(), r.get(), s.get()));
    // The signature owns them now.
    static_cast<void>(r.release());
    static_cast<void>(s.release());
    const int size = i2d_ECDSA_SIG(parts.get(), nullptr);
    require(size > 0);
    Bytes der(static_cast<std::size_t>(size));
    std::uint8_t* out = der.data();
    require(i2d_ECDSA_SIG(parts.get(), &out) == size);
    return der;
}

DigestContextPtr new_digest_context() {
    DigestContextPtr context(EVP_MD_CTX_new());
    require(context != nullptr);
    return context;
}

bool verify_es256(EVP_PKEY* pkey, ByteView message, ByteView signature) {
    if (signature.size() != kSignatureSize) return false;
    const Bytes der = der_signature(signature);
    const DigestContextPtr context = new_digest_context();
    require(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, pkey));
    const int verdict = EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size());
    if (verdict != 1) ERR_clear_error();
    return verdict == 1;
}

/// RFC 7638 3.2: the required members alone, in this order, without white space.
std::string thumbprint_of(std::string_view x, std::string_view y) {
    return to_base64url(sha256(as_bytes(fmt::format(R"({{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}})", x, y))));
}

/// The point of P-256 with these coordinates; null if it is not on the curve.
PkeyPtr point_of(ByteView x, ByteView y) {
    Bytes point{POINT_CONVERSION_UNCOMPRESSED};
    point.insert(point.end(), x.begin(), x.end());
    point.insert(point.end(), y.begin(), y.end());
    const ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
    require(builder != nullptr);
    require(OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0));
    require(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()));
    const ParamsPtr params(OSSL_PARAM_BLD_to_param(builder.get()));
    const PkeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    require(params && context && EVP_PKEY_fromdata_init(context.get()) == 1);
    EVP_PKEY* made = nullptr;
    // Decoding the point checks that it lies on the curve; with P-256's cofactor of 1 that is all there is to check.
    if (EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) ERR_clear_error();
    return PkeyPtr(made);
}

std::string signing_input_of(std::string_view algorithm, std::string_view type, std::string_view key_id,
                             std::string_view claims) {
    const std::string header =
        fmt::format(R"({{"alg":"{}","typ":{},"kid":{}}})", algorithm, log::json_string(type), log::json_string(key_id));
    return to_base64url(as_bytes(header)) + '.' + to_base64url(as_bytes(claims));
}

}  // namespace

struct EcKey::State {
    explicit State(PkeyPtr key)
        : pkey(std::move(key)),
          x(coordinate(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_X)),
          y(coordinate(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_Y)),
          kid(thumbprint_of(x, y)) {}

    PkeyPtr pkey;
    std::string x;
    std::string y;
    std::string kid;
};

EcKey::EcKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

EcKey EcKey::generate() {
    PkeyPtr pkey(EVP_EC_gen("P-256"));
    require(pkey != nullptr);
    return EcKey(std::make_shared<const State>(std::move(pkey)));
}

std::optional<EcKey> EcKey::from_private_der(ByteView der) {
    PkeyPtr pkey = decode_p256(der);
    if (!pkey) {
        ERR_clear_error();
        return std::nullopt;
    }
    return EcKey(std::make_shared<const State>(std::move(pkey)));
}

Bytes EcKey::private_der() const {
    const Pkcs8Ptr info(EVP_PKEY2PKCS8(state_->pkey.get()));
    require(info != nullptr);
    const int size = i2d_PKCS8_PRIV_KEY_INFO(info.get(), nullptr);
    require(size > 0);
    Bytes der(static_cast<std::size_t>(size));
    std::uint8_t* out = der.data();
    require(i2d_PKCS8_PRIV_KEY_INFO(info.get(), &out) == size);
    return der;
}

const std::string& EcKey::key_id() const {
    return state_->kid;
}

std::string EcKey::public_jwk() const {
    return fmt::format(R"({{"kty":"EC","crv":"P-256","x":"{}","y":"{}","kid":"{}","use":"sig","alg":"ES256"}})",
                       state_->x, state_->y, state_->kid);
}

Bytes EcKey::sign(ByteView message) const {
    const DigestContextPtr context = new_digest_context();
    require(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, state_->pkey.get()));
    std::size_t size = 0;
    require(EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()));
    Bytes der(size);
    require(EVP_DigestSign(context.get(), der.data(), &size, message.data(), message.size()));
    return raw_signature(ByteView(der).first(size));
}

bool EcKey::verify(ByteView message, ByteView signature) const {
    return verify_es256(state_->pkey.get(), message, signature);
}

struct EcPublicKey::State {
    PkeyPtr pkey;
    std::string thumbprint;
};

EcPublicKey::EcPublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}

std::optional<EcPublicKey> EcPublicKey::from_coordinates(std::string_view x, std::string_view y) {
    const auto x_bytes = from_base64url(x);
    const auto y_bytes = from_base64url(y);
    if (!x_bytes || !y_bytes || x_bytes->size() != kCoordinateSize || y_bytes->size() != kCoordinateSize) {
        return std::nullopt;
    }
    PkeyPtr pkey = point_of(*x_bytes, *y_bytes);
    if (!pkey) return std::nullopt;
    // Of the bytes, not of the text that was sent: one key has one thumbprint.
    std::string thumbprint = thumbprint_of(to_base64url(*x_bytes), to_base64url(*y_bytes));
    return EcPublicKey(std::make_shared<const State>(State{std::move(pkey), std::move(thumbprint)}));
}

const std::string& EcPublicKey::thumbprint() const {
    return state_->thumbprint;
}

bool EcPublicKey::verify(ByteView message, ByteView signature) const {
    return verify_es256(state_->pkey.get(), message, signature);
}

std::string sign_es256(const EcKey& key, std::string_view type, std::string_view claims) {
    std::string token = signing_input_of("ES256", type, key.key_id(), claims);
    const Bytes signature = key.sign(as_bytes(token));
    token += '.';
    token += to_base64url(signature);
    return token;
}

std::string sign_hs256(ByteView secret, std::string_view key_id, std::string_view type, std::string_view claims) {
    std::string token = signing_input_of("HS256", type, key_id, claims);
    const Digest tag = hmac_sha256(secret, as_bytes(token));
    token += '.';
    token += to_base64url(tag);
    return token;
}

bool verify_hs256(ByteView secret, std::string_view signing_input, ByteView signature) {
    const Digest tag = hmac_sha256(secret, as_bytes(signing_input));
    return equal_in_constant_time(tag, signature);
}

std::optional<CompactJws> split_jws(std::string_view token) {
    if (token.size() > kMaxToken || std::ranges::count(token, '.') != 2) return std::nullopt;
    const std::size_t first = token.find('.');
    const std::size_t second = token.find('.', first + 1);
    const auto header = from_base64url(token.substr(0, first));
    const auto claims = from_base64url(token.substr(first + 1, second - first - 1));
    auto signature = from_base64url(token.substr(second + 1));
    if (!header || !claims || !signature || header->empty() || signature->empty()) return std::nullopt;
    return CompactJws{std::string(as_text(*header)), std::string(as_text(*claims)),
                      std::string(token.substr(0, second)), std::move(*signature)};
}

}  // namespace facegate::crypto
