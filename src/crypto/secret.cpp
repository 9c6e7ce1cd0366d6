#include "crypto/secret.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <limits>
#include <span>
#include <stdexcept>

#include "crypto/openssl_handles.h"

namespace facegate::crypto {
namespace {

constexpr std::uint8_t kSealVersion = 1;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kOverhead = 1 + kNonceSize + kTagSize;

int length_of(std::size_t size) {
    if (size > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
        throw std::length_error("too long for one cipher call");
    }
    return static_cast<int>(size);
}

void add_context(EVP_CIPHER_CTX* context, std::string_view text, bool sealing) {
    if (text.empty()) return;
    const ByteView bytes = as_bytes(text);
    int written = 0;
    const int size = length_of(bytes.size());
    require(sealing ? EVP_EncryptUpdate(context, nullptr, &written, bytes.data(), size)
                    : EVP_DecryptUpdate(context, nullptr, &written, bytes.data(), size));
}

}  // namespace

Digest sha256(ByteView data) {
    Digest digest;
    require(EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(), nullptr));
    return digest;
}

Digest hmac_sha256(ByteView key, ByteView data) {
    // A null key pointer would mean "keep the previous key".
    static constexpr std::uint8_t kEmpty = 0;
    Digest digest;
    std::size_t written = 0;
    const void* key_data = key.empty() ? &kEmpty : key.data();
    const std::uint8_t* text = data.empty() ? &kEmpty : data.data();
    if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key_data, key.size(), text, data.size(), digest.data(),
                  digest.size(), &written) == nullptr ||
        written != digest.size()) {
        throw OpensslFailure();
    }
    return digest;
}

bool equal_in_constant_time(ByteView a, ByteView b) {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

void wipe(std::span<std::uint8_t> bytes) {
    if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
}

SecretKey::~SecretKey() {
    wipe(bytes_);
}

SecretKey SecretKey::generate(Random& random) {
    SecretKey key;
    random.fill(key.bytes_);
    return key;
}

std::optional<SecretKey> SecretKey::from_bytes(ByteView bytes) {
    if (bytes.size() != kSize) return std::nullopt;
    SecretKey key;
    std::ranges::copy(bytes, key.bytes_.begin());
    return key;
}

SecretKey SecretKey::derive(std::string_view purpose) const {
    const KdfPtr kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    require(kdf != nullptr);
    const KdfContextPtr context(EVP_KDF_CTX_new(kdf.get()));
    require(context != nullptr);
    // OSSL_PARAM takes pointers to mutable memory but only reads through these.
    std::array<char, 7> digest{"SHA256"};
    std::string info(purpose);
    SecretKey input = *this;
    const std::array<OSSL_PARAM, 4> params{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input.bytes_.data(), input.bytes_.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
        OSSL_PARAM_construct_end(),
    };
    SecretKey derived;
    require(EVP_KDF_derive(context.get(), derived.bytes_.data(), derived.bytes_.size(), params.data()));
    return derived;
}

Bytes seal(const SecretKey& key, ByteView plaintext, std::string_view context, Random& random) {
    Bytes sealed(kOverhead + plaintext.size());
    sealed[0] = kSealVersion;
    const std::span<std::uint8_t> nonce(sealed.data() + 1, kNonceSize);
    random.fill(nonce);

    const CipherContextPtr cipher(EVP_CIPHER_CTX_new());
    require(cipher != nullptr);
    require(EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), key.view().data(), nonce.data(), nullptr));
    add_context(cipher.get(), context, true);
    std::uint8_t* out = sealed.data() + 1 + kNonceSize;
    int written = 0;
    if (!plaintext.empty()) {
        require(EVP_EncryptUpdate(cipher.get(), out, &written, plaintext.data(), length_of(plaintext.size())));
    }
    int last = 0;
    require(EVP_EncryptFinal_ex(cipher.get(), out + written, &last));
    require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, kTagSize, out + plaintext.size()));
    return sealed;
}

std::optional<Bytes> open(const SecretKey& key, ByteView sealed, std::string_view context) {
    if (sealed.size() < kOverhead || sealed[0] != kSealVersion) return std::nullopt;
    const ByteView nonce = sealed.subspan(1, kNonceSize);
    const ByteView ciphertext = sealed.subspan(1 + kNonceSize, sealed.size() - kOverhead);
    Bytes tag(sealed.end() - kTagSize, sealed.end());

    const CipherContextPtr cipher(EVP_CIPHER_CTX_new());
    require(cipher != nullptr);
    require(EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), key.view().data(), nonce.data(), nullptr));
    add_context(cipher.get(), context, false);
    // One spare byte, so that the pointer is valid when there is no text.
    Bytes plaintext(ciphertext.size() + 1);
    int written = 0;
    if (!ciphertext.empty()) {
        require(EVP_DecryptUpdate(cipher.get(), plaintext.data(), &written, ciphertext.data(),
                                  length_of(ciphertext.size())));
    }
    require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()));
    int last = 0;
    if (EVP_DecryptFinal_ex(cipher.get(), plaintext.data() + written, &last) != 1) {
        // What came out before the tag was checked is not to be left in memory.
        wipe(plaintext);
        return std::nullopt;
    }
    plaintext.resize(ciphertext.size());
    return plaintext;
}

}  // namespace facegate::crypto
