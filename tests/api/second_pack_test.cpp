// Another pack is a directory and one setting: the server with `--pack mobileface`.
#include <gtest/gtest.h>

#include "api/api_fixture.h"
#include "domain/consents/consent_texts.h"
#include "domain/tenants/tenant.h"
#include "unit/media/image_encoders.h"
#include "unit/temporary_directory.h"

namespace facegate::testing {
namespace {

class SecondPack : public ::testing::Test {
protected:
    SecondPack() {
        application_.start();
        key_ = application_.database().write_system([&](sql::SystemTx& tx) {
            const auto tenant = domain::create_tenant(tx, application_.vault(), random_, "Tests", {}, clock_.now());
            const Scope scope{tenant.value().id, Environment::kTest};
            return domain::create_key(tx, random_, scope, "tests", {}, clock_.now()).value().text;
        });
    }

    Answer post(const std::string& path, const json::object& body) {
        return call(application_.service(), {"POST", path, key_, json::serialize(body)});
    }

    std::string enroll(const Bytes& photo) {
        const domain::ConsentText& text = domain::consent_texts().front();
        const Answer consent =
            post("/v1/consent", {{"consent_version", text.version}, {"consent_text_hash", text.sha256}});
        const Answer answer = post("/v1/enroll", {{"name", "Ada Guard"},
                                                  {"role", "guard"},
                                                  {"consent_id", consent.text_at("/consent_id")},
                                                  {"face_image", base64(photo)}});
        EXPECT_EQ(answer.status, 201U) << answer;
        return answer.text_at("/user_id");
    }

    static app::Config config(const std::string& data_dir) {
        app::Config config = test_config(data_dir);
        config.pack = "mobileface";
        return config;
    }

    TemporaryDirectory directory_;
    ManualClock clock_;
    SystemRandom random_;
    app::Application application_{config(directory_.file("data")), clock_, random_};
    std::string key_;
};

TEST_F(SecondPack, EnrollsAndMatchesPeople) {
    EXPECT_EQ(application_.services().engines.current().pack_id(), "mobileface-1");
    const std::string ada = enroll(photo_of(Person::kAda));
    const std::string ben = enroll(photo_of(Person::kBen));
    // The same people in pictures that are not the enrolled ones to the byte.
    const auto match = [&](Person person) {
        return post("/v1/match", {{"image", base64(media::testing::encode_jpeg(blurred(picture_of(person), 1)))}});
    };
    EXPECT_EQ(match(Person::kAda).text_at("/user/id"), ada);
    EXPECT_EQ(match(Person::kBen).text_at("/user/id"), ben);
    const Answer stranger = match(Person::kEve);
    EXPECT_EQ(stranger.status, 200U);
    EXPECT_EQ(stranger.text_at("/user/id"), "") << stranger;
}

}  // namespace
}  // namespace facegate::testing
