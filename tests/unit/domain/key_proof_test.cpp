#include "domain/issuers/key_proof.h"

#include <barrier>
#include <thread>

#include "unit/domain/domain_fixture.h"
#include "unit/key_proof_maker.h"

namespace facegate::domain {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr std::string_view kUrl = "https://id.example/v1/verify";

class KeyProofTest : public DomainTest {
protected:
    bool accepted(const std::string& proof, const ProofPurpose& purpose = {"POST", kUrl, std::nullopt}) {
        const auto checked = check_key_proof(proof, purpose, now_);
        if (!checked) {
            EXPECT_EQ(checked.error().code, ErrorCode::kInvalidKeyProof);
        }
        return checked.has_value();
    }
    testing::KeyProofMaker maker_;
};

TEST_F(KeyProofTest, TheExampleOfRfc9449IsOne) {
    constexpr std::string_view kProof =
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscE"
        "JoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
        "."
        "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaW"
        "F0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    const auto checked = check_key_proof(kProof, {"POST", "https://server.example.com/token", std::nullopt},
                                         from_unix_ms(1'562'262'616'000));
    ASSERT_TRUE(checked.has_value()) << checked.error().message;
    EXPECT_EQ(checked->thumbprint, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

TEST_F(KeyProofTest, AGoodProofTellsItsKey) {
    const auto checked = check_key_proof(maker_.proof("POST", kUrl, now_), {"POST", kUrl, std::nullopt}, now_);
    ASSERT_TRUE(checked.has_value()) << checked.error().message;
    EXPECT_EQ(checked->thumbprint, maker_.thumbprint());
    EXPECT_GT(checked->expires_at, now_);
}

TEST_F(KeyProofTest, EveryPartOfTheHeaderCounts) {
    const json::object claims = maker_.claims("POST", kUrl, now_);
    EXPECT_TRUE(accepted(maker_.sign(maker_.header(), claims)));
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, json::value>>{
             {"typ", "JWT"}, {"alg", "HS256"}, {"alg", "none"}, {"crit", json::array{"b64"}}, {"jwk", nullptr}}) {
        json::object header = maker_.header();
        header[name] = value;
        EXPECT_FALSE(accepted(maker_.sign(header, claims))) << name;
    }
    for (const auto& [name, value] : std::initializer_list<std::pair<const char*, json::value>>{
             {"kty", "RSA"}, {"crv", "P-384"}, {"x", ""}, {"x", "AAAA"}, {"y", 7}, {"d", "AAAA"}}) {
        json::object header = maker_.header();
        header["jwk"].as_object()[name] = value;
        EXPECT_FALSE(accepted(maker_.sign(header, claims))) << name;
    }
    json::object off_the_curve = maker_.header();
    off_the_curve["jwk"].as_object()["y"] = to_base64url(Bytes(32, 1));
    EXPECT_FALSE(accepted(maker_.sign(off_the_curve, claims)));
    const testing::KeyProofMaker other;
    EXPECT_FALSE(accepted(other.sign(maker_.header(), claims))) << "signed by another key than it carries";
    for (const char* garbage : {"", "a.b.c", "..", "x"}) EXPECT_FALSE(accepted(garbage));
}

TEST_F(KeyProofTest, ItIsForOneRequest) {
    EXPECT_FALSE(accepted(maker_.proof("GET", kUrl, now_)));
    EXPECT_FALSE(accepted(maker_.proof("POST", "https://id.example/v1/session", now_)));
    EXPECT_FALSE(accepted(maker_.proof("POST", "https://other.example/v1/verify", now_)));
    EXPECT_FALSE(accepted(maker_.proof("POST", "http://id.example/v1/verify", now_)));
    EXPECT_FALSE(accepted(maker_.proof("POST", "https://id.example/v1/Verify", now_)));
    EXPECT_TRUE(accepted(maker_.proof("POST", "HTTPS://ID.example:443/v1/verify?x=1#y", now_)));
    json::object anonymous = maker_.claims("POST", kUrl, now_);
    anonymous["jti"] = "";
    EXPECT_FALSE(accepted(maker_.sign(maker_.header(), anonymous)));
    anonymous["jti"] = std::string(257, 'x');
    EXPECT_FALSE(accepted(maker_.sign(maker_.header(), anonymous)));
}

TEST_F(KeyProofTest, ItIsForThisMoment) {
    const TimeMs now = std::chrono::floor<seconds>(now_);
    now_ = now;
    for (const int late : {-60, 0, 60}) EXPECT_TRUE(accepted(maker_.proof("POST", kUrl, now + seconds(late)))) << late;
    for (const int late : {-61, 61}) EXPECT_FALSE(accepted(maker_.proof("POST", kUrl, now + seconds(late)))) << late;
    for (const json::value& time : {json::value("now"), json::value(1e300), json::value(-1), json::value(nullptr),
                                    json::value(std::int64_t{9'000'000'000'000'000'000})}) {
        json::object claims = maker_.claims("POST", kUrl, now);
        claims["iat"] = time;
        EXPECT_FALSE(accepted(maker_.sign(maker_.header(), claims))) << json::serialize(time);
    }
}

TEST_F(KeyProofTest, ItIsForTheTokenItComesWith) {
    const ProofPurpose purpose{"POST", kUrl, "a.b.c"};
    EXPECT_TRUE(accepted(maker_.proof("POST", kUrl, now_, "a.b.c"), purpose));
    EXPECT_FALSE(accepted(maker_.proof("POST", kUrl, now_, "a.b.d"), purpose));
    EXPECT_FALSE(accepted(maker_.proof("POST", kUrl, now_), purpose));
}

TEST_F(KeyProofTest, OnceUntilItIsTooOld) {
    const auto proof = check_key_proof(maker_.proof("POST", kUrl, now_), {"POST", kUrl, std::nullopt}, now_).value();
    const auto record = [&](const Scope& scope, const KeyProof& one) {
        return db_.write(scope, [&](sql::TenantTx& tx) { return record_key_proof(tx, one); }).has_value();
    };
    const auto purge = [&](TimeMs at) {
        return db_.write_system([&](sql::SystemTx& tx) { return purge_key_proofs(tx, at); });
    };
    EXPECT_TRUE(record(ours_, proof));
    EXPECT_FALSE(record(ours_, proof));
    EXPECT_TRUE(record(theirs_, proof)) << "another tenant's requests are not ours to know";
    const auto next = check_key_proof(maker_.proof("POST", kUrl, now_), {"POST", kUrl, std::nullopt}, now_).value();
    EXPECT_TRUE(record(ours_, next));
    // As long as the proof would be accepted it is remembered.
    EXPECT_EQ(purge(std::chrono::floor<seconds>(now_) + kProofWindow), 0);
    EXPECT_EQ(purge(now_ + kProofWindow + seconds(1)), 3);
}

TEST_F(KeyProofTest, OfConcurrentUsesOneWins) {
    const auto proof = check_key_proof(maker_.proof("POST", kUrl, now_), {"POST", kUrl, std::nullopt}, now_).value();
    constexpr int kThreads = 16;
    std::barrier start(kThreads);
    std::atomic<int> won = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            if (db_.write(ours_, [&](sql::TenantTx& tx) { return record_key_proof(tx, proof); })) ++won;
        });
    }
    threads.clear();
    EXPECT_EQ(won, 1);
}

}  // namespace
}  // namespace facegate::domain
