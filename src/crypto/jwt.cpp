#include "crypto/jwt.h"

#include <fmt/format.h>
#include <openssl/core_names.h>

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

}  // namespace

struct EcKey::State {
    explicit State(PkeyPtr key)
        : pkey(std::move(key)),
          x(coordinate(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_X)),
          y(coordinate(pkey.get(), OSSL_PKEY_PARAM_EC_PUB_Y)),
          // RFC 7638 3.2: the required members alone, in this order, without white space.
          kid(to_base64url(sha256(as_bytes(fmt::format(R"({{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}})", x, y))))) {}

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
    if (signature.size() != kSignatureSize) return false;
    const Bytes der = der_signature(signature);
    const DigestContextPtr context = new_digest_context();
    require(EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, state_->pkey.get()));
    const int verdict = EVP_DigestVerify(context.get(), der.data(), der.size(), message.data(), message.size());
    if (verdict != 1) ERR_clear_error();
    return verdict == 1;
}

std::string sign_es256(const EcKey& key, std::string_view type, std::string_view claims) {
    const std::string header =
        fmt::format(R"({{"alg":"ES256","typ":{},"kid":"{}"}})", log::json_string(type), key.key_id());
    std::string token = to_base64url(as_bytes(header)) + '.' + to_base64url(as_bytes(claims));
    const Bytes signature = key.sign(as_bytes(token));
    token += '.';
    token += to_base64url(signature);
    return token;
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
