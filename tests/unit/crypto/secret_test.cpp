#include "crypto/secret.h"

#include <gtest/gtest.h>

#include <new>
#include <set>

namespace facegate::crypto {
namespace {

/// Counts up from a seed, so that a test can say which nonce comes.
class CountingRandom final : public Random {
public:
    explicit CountingRandom(std::uint8_t next) : next_(next) {}
    void fill(std::span<std::uint8_t> out) override {
        for (auto& byte : out) byte = next_++;
    }

private:
    std::uint8_t next_;
};

Bytes hex(std::string_view text) {
    return from_hex(text).value();
}

SecretKey key_of(std::string_view text) {
    return SecretKey::from_bytes(hex(text)).value();
}

TEST(Sha256, Fips180Examples) {
    EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256(as_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(HmacSha256, Rfc4231Cases) {
    EXPECT_EQ(to_hex(hmac_sha256(Bytes(20, 0x0b), as_bytes("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(Bytes(131, 0xaa), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, EmptyKeyAndTextAreDefined) {
    EXPECT_EQ(to_hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(EqualInConstantTime, ComparesContentAndLength) {
    EXPECT_TRUE(equal_in_constant_time(as_bytes("same"), as_bytes("same")));
    EXPECT_TRUE(equal_in_constant_time({}, {}));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("same"), as_bytes("samf")));
    EXPECT_FALSE(equal_in_constant_time(as_bytes("same"), as_bytes("sam")));
}

TEST(SecretKeyTest, TakesExactly32Bytes) {
    EXPECT_FALSE(SecretKey::from_bytes(Bytes(31)));
    EXPECT_FALSE(SecretKey::from_bytes(Bytes(33)));
    const auto key = SecretKey::from_bytes(Bytes(32, 7));
    ASSERT_TRUE(key);
    EXPECT_TRUE(equal_in_constant_time(key->view(), Bytes(32, 7)));
}

TEST(SecretKeyTest, DestructionWipesTheBytes) {
    alignas(SecretKey) std::array<std::uint8_t, sizeof(SecretKey)> storage{};
    auto* key = new (storage.data()) SecretKey(SecretKey::from_bytes(Bytes(32, 0x5a)).value());
    ASSERT_EQ(Bytes(storage.begin(), storage.end()), Bytes(32, 0x5a));
    key->~SecretKey();
    // Read through a volatile pointer: after the destructor the compiler may otherwise assume anything.
    const volatile std::uint8_t* left = storage.data();
    for (std::size_t i = 0; i < storage.size(); ++i) EXPECT_EQ(left[i], 0) << i;
}

// HKDF-SHA256 without salt, L = 32, checked against an HMAC-only computation of RFC 5869 sections 2.2 and 2.3.
TEST(SecretKeyTest, DeriveIsHkdf) {
    const auto key = key_of("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const Digest extracted = hmac_sha256(Bytes(32, 0), key.view());
    Bytes block = hex(to_hex(as_bytes("templates")));
    block.push_back(1);
    const Digest expected = hmac_sha256(extracted, block);
    EXPECT_EQ(to_hex(key.derive("templates").view()), to_hex(expected));
}

TEST(SecretKeyTest, PurposesAndKeysGiveUnrelatedKeys) {
    SystemRandom random;
    const auto key = SecretKey::generate(random);
    std::set<std::string> seen;
    for (const auto* purpose : {"", "a", "b", "ab", "templates"}) seen.insert(to_hex(key.derive(purpose).view()));
    seen.insert(to_hex(key.view()));
    seen.insert(to_hex(SecretKey::generate(random).derive("a").view()));
    EXPECT_EQ(seen.size(), 7U);
    EXPECT_EQ(to_hex(key.derive("a").view()), to_hex(key.derive("a").view()));
}

// NIST GCM test vectors for 256-bit keys, 96-bit nonces (gcmEncryptExtIV256), in the room's own envelope.
TEST(Seal, OpensNistVectors) {
    const auto zero = key_of(std::string(64, '0'));
    const auto empty = open(zero, hex("01" + std::string(24, '0') + "530f8afbc74536b9a963b4f1c4cb738b"), "");
    ASSERT_TRUE(empty);
    EXPECT_TRUE(empty->empty());
    const auto block = open(zero,
                            hex("01" + std::string(24, '0') +
                                "cea7403d4d606b6e074ec5d3baf39d18"
                                "d0d1c8a799996bf0265b98b5d48ab919"),
                            "");
    ASSERT_TRUE(block);
    EXPECT_EQ(*block, Bytes(16, 0));
}

TEST(Seal, LayoutIsVersionNonceCiphertextTag) {
    CountingRandom random(0x10);
    const auto key = key_of(std::string(64, '1'));
    const Bytes sealed = seal(key, as_bytes("secret"), "row", random);
    ASSERT_EQ(sealed.size(), 1U + 12U + 6U + 16U);
    EXPECT_EQ(sealed[0], 1);
    EXPECT_EQ(to_hex(ByteView(sealed).subspan(1, 12)), "101112131415161718191a1b");
    EXPECT_EQ(as_text(sealed).find("secret"), std::string_view::npos);
}

TEST(Seal, RoundTripsEveryLengthAroundTheBlock) {
    SystemRandom random;
    const auto key = SecretKey::generate(random);
    for (std::size_t size = 0; size < 70; ++size) {
        const Bytes text = random.bytes(size);
        const auto opened = open(key, seal(key, text, "context", random), "context");
        ASSERT_TRUE(opened) << size;
        EXPECT_EQ(*opened, text);
    }
}

TEST(Seal, EveryFlippedBitIsNoticed) {
    SystemRandom random;
    const auto key = SecretKey::generate(random);
    const Bytes sealed = seal(key, as_bytes("a template"), "row", random);
    for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        Bytes damaged = sealed;
        damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_FALSE(open(key, damaged, "row")) << "bit " << bit;
    }
}

TEST(Seal, EveryCutLengthIsRefused) {
    SystemRandom random;
    const auto key = SecretKey::generate(random);
    const Bytes sealed = seal(key, as_bytes("a template"), "row", random);
    for (std::size_t size = 0; size < sealed.size(); ++size) {
        EXPECT_FALSE(open(key, ByteView(sealed).first(size), "row")) << size;
    }
    Bytes longer = sealed;
    longer.push_back(0);
    EXPECT_FALSE(open(key, longer, "row"));
}

TEST(Seal, MovedToAnotherContextOrKeyIsRefused) {
    SystemRandom random;
    const auto key = SecretKey::generate(random);
    const Bytes sealed = seal(key, as_bytes("a template"), "tenant-1/face-1", random);
    EXPECT_TRUE(open(key, sealed, "tenant-1/face-1"));
    EXPECT_FALSE(open(key, sealed, "tenant-1/face-2"));
    EXPECT_FALSE(open(key, sealed, ""));
    EXPECT_FALSE(open(key.derive("other"), sealed, "tenant-1/face-1"));
}

TEST(Seal, NoncesDoNotRepeat) {
    SystemRandom random;
    const auto key = SecretKey::generate(random);
    std::set<std::string> nonces;
    for (int i = 0; i < 2000; ++i) {
        const Bytes sealed = seal(key, as_bytes("same"), "same", random);
        nonces.insert(to_hex(ByteView(sealed).subspan(1, 12)));
    }
    EXPECT_EQ(nonces.size(), 2000U);
}

}  // namespace
}  // namespace facegate::crypto
