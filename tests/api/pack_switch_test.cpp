#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "api/api_fixture.h"
#include "domain/consents/consent.h"
#include "domain/consents/consent_texts.h"
#include "domain/faces/face.h"
#include "domain/faces/pack_progress.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/tenants/tenant.h"
#include "unit/temporary_directory.h"

namespace facegate::testing {
namespace {

namespace fs = std::filesystem;

/// A share directory with the default pack and a second one, made of the default pack's networks but with one embedder
/// alone: other vectors, another dimension.
void make_share(const fs::path& share) {
    const fs::path installed = FACEGATE_SHARE;
    fs::create_directories(share / "packs" / "second");
    fs::create_directory_symlink(installed / "packs" / "default", share / "packs" / "default");
    for (const char* part : {"onnxruntime", "web"}) {
        if (fs::exists(installed / part)) fs::create_directory_symlink(installed / part, share / part);
    }
    for (const fs::directory_entry& file : fs::directory_iterator(installed / "packs" / "default")) {
        if (file.path().extension() == ".onnx") {
            fs::create_symlink(file.path(), share / "packs" / "second" / file.path().filename());
        }
    }
    std::ifstream in(installed / "packs" / "default" / "manifest.json");
    std::stringstream text;
    text << in.rdbuf();
    json::value manifest = json::parse(text.str());
    manifest.at("name") = "second";
    manifest.at("roles").at("embedders").as_array().pop_back();
    std::ofstream(share / "packs" / "second" / "manifest.json") << json::serialize(manifest);
}

/// One data directory, served by one application after another.
class PackSwitch : public ::testing::Test {
protected:
    PackSwitch() { make_share(share_); }

    void serve(const std::string& pack) {
        application_.reset();
        app::Config config = test_config(directory_.file("data"));
        config.share_dir = share_.string();
        config.pack = pack;
        application_ = std::make_unique<app::Application>(config, clock_, random_);
        application_->start();
        clock_.advance(std::chrono::hours(25));  // templates do not grow on the day they were made
        if (scope_.tenant.empty()) add_tenant();
    }
    void edit_second(const std::function<void(json::value&)>& edit) {
        const fs::path file = share_ / "packs" / "second" / "manifest.json";
        std::stringstream text;
        text << std::ifstream(file).rdbuf();
        json::value manifest = json::parse(text.str());
        edit(manifest);
        std::ofstream(file) << json::serialize(manifest);
    }
    void add_tenant() {
        application_->database().write_system([&](sql::SystemTx& tx) {
            const TimeMs now = clock_.now();
            scope_ = {domain::create_tenant(tx, application_->vault(), random_, "Tests", {}, now).value().id,
                      Environment::kTest};
            key_ = domain::create_key(tx, random_, scope_, "tests", {}, now).value().text;
        });
    }
    Answer ask(const char* method, const std::string& path, const json::value& body = {}) {
        return call(application_->service(), {method, path, key_, body.is_null() ? "" : json::serialize(body)});
    }
    json::object enrollment(Person person) {
        const auto consent = application_->database().write(scope_, [&](sql::TenantTx& tx) {
            return domain::record_consent(tx, application_->vault(), random_, domain::consent_texts().front(), {},
                                          clock_.now())
                .value()
                .id;
        });
        return {{"name", "Somebody"},
                {"role", "guard"},
                {"consent_id", consent.value},
                {"face_image", base64(photo_of(person))}};
    }
    std::string enroll(Person person) {
        const Answer answer = ask("POST", "/v1/enroll", enrollment(person));
        EXPECT_EQ(answer.status, 201U) << answer;
        return answer.text_at("/user_id");
    }
    /// A sign-in by liveness whose frames look like the person's photo, weakened by `strength`.
    Answer sign_in(Person person, float strength = 1, double confidence = 98,
                   domain::LivenessChallenge challenge = domain::LivenessChallenge::kMovementAndLight) {
        const vision::EngineSet& engines = application_->services().engines;
        const media::Image& image = picture_of(person);
        const auto mesh = engines.current().landmarks(image, engines.current().detect(image).at(0));
        domain::LivenessOutcome outcome{true, confidence, "{}", engines.embed(image, mesh)};
        for (auto& [pack, probe] : outcome.probes) {
            for (float& value : probe) value *= strength;
        }
        const auto session = application_->database().write(scope_, [&](sql::TenantTx& tx) {
            const TimeMs now = clock_.now();
            const auto id = domain::create_liveness_session(tx, random_, challenge, now).id;
            domain::mark_started(tx, id, now).value();
            domain::finish_liveness_session(tx, application_->vault(), id, outcome, now).value();
            return id;
        });
        return ask("POST", "/v1/verify", json::object{{"liveness_session_id", session.value}});
    }
    std::vector<domain::Face> faces_of(const std::string& user) {
        return application_->database().read(
            scope_, [&](sql::TenantTx& tx) { return domain::faces_of_user(tx, UserId(user)); });
    }
    std::int64_t waiting() {
        const auto counts = application_->database().read_system([&](sql::SystemTx& tx) {
            return domain::other_packs(tx, application_->services().engines.current().pack_id());
        });
        std::int64_t people = 0;
        for (const domain::PackCount& count : counts) people += count.waiting;
        return people;
    }
    std::size_t in_gallery() { return application_->services().gallery.people(scope_); }

    ManualClock clock_;
    SystemRandom random_;
    const TemporaryDirectory directory_;
    const fs::path share_ = directory_.file("share");
    std::unique_ptr<app::Application> application_;
    Scope scope_;
    std::string key_;
};

TEST_F(PackSwitch, PeopleSignInByTheirOldTemplateAndGetANewOne) {
    serve("default");
    const std::string ada = enroll(Person::kAda);
    const std::string ben = enroll(Person::kBen);
    EXPECT_EQ(waiting(), 0);

    serve("second");
    EXPECT_EQ(application_->services().engines.packs(), (std::vector<std::string>{"second-1", "default-1"}));
    EXPECT_EQ(waiting(), 2);
    EXPECT_EQ(in_gallery(), 2U);
    const Answer weak = sign_in(Person::kAda, 0.89F);
    EXPECT_EQ(weak.text_at("/user/id"), ada) << weak;
    EXPECT_EQ(sign_in(Person::kAda, 1, 94.9).text_at("/user/id"), ada);
    EXPECT_EQ(sign_in(Person::kAda, 1, 98, domain::LivenessChallenge::kMovement).text_at("/user/id"), ada);
    EXPECT_EQ(waiting(), 1 + 1) << "none was sure enough";

    EXPECT_EQ(sign_in(Person::kAda).text_at("/user/id"), ada);
    auto faces = faces_of(ada);
    ASSERT_EQ(faces.size(), 2U);
    EXPECT_EQ(faces[1].source, domain::FaceSource::kCarriedOver);
    EXPECT_EQ(faces[1].pack_id, "second-1");
    EXPECT_EQ(faces[1].based_on, faces[0].id);
    EXPECT_EQ(waiting(), 1);
    EXPECT_EQ(in_gallery(), 2U) << "in the index of one pack each";
    EXPECT_EQ(sign_in(Person::kAda).text_at("/user/id"), ada) << "now by the new one";
    EXPECT_EQ(faces_of(ada).size(), 2U) << "at most one";
    EXPECT_EQ(sign_in(Person::kBen).text_at("/user/id"), ben);
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(sign_in(Person::kEve).at("/matched"), false);

    const auto records = application_->database().read(scope_, [](sql::TenantTx& tx) {
        return tx.query(
            "SELECT details FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND action = "
            "'template.carried_over'");
    });
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(json::parse(records[0].text(0)).at("based_on").as_string(), faces[0].id.value);

    serve("second");
    EXPECT_EQ(application_->services().engines.packs().size(), 2U) << "the new templates can still be revoked";
    EXPECT_EQ(sign_in(Person::kAda).text_at("/user/id"), ada);
}

TEST_F(PackSwitch, ACarriedOverTemplateCanBeRevoked) {
    serve("default");
    const std::string ada = enroll(Person::kAda);
    serve("second");
    sign_in(Person::kAda);
    const auto faces = faces_of(ada);
    ASSERT_EQ(faces.size(), 2U);
    const std::string path = "/v1/users/" + ada + "/faces/";
    EXPECT_TRUE(is_error(ask("DELETE", path + faces[0].id.value), 409, "FACE_NOT_REVOCABLE"));
    EXPECT_EQ(ask("DELETE", path + faces[1].id.value).status, 200U);
    EXPECT_EQ(waiting(), 1);
    EXPECT_EQ(in_gallery(), 1U);
    EXPECT_EQ(sign_in(Person::kAda, 0.89F).text_at("/user/id"), ada) << "by the old template again";
}

TEST_F(PackSwitch, AFaceOfAnOldTemplateIsNotEnrolledTwice) {
    serve("default");
    const std::string ada = enroll(Person::kAda);
    serve("second");
    EXPECT_TRUE(is_error(ask("POST", "/v1/enroll", enrollment(Person::kAda)), 409, "USER_ALREADY_ENROLLED"));
    EXPECT_EQ(ask("POST", "/v1/match", json::object{{"image", base64(photo_of(Person::kAda))}}).text_at("/user/id"),
              ada);
    const std::string ben = enroll(Person::kBen);
    EXPECT_EQ(faces_of(ben).at(0).pack_id, "second-1");
    EXPECT_EQ(ask("DELETE", "/v1/users/" + ada).number_at("/faces_deleted"), 1);
    EXPECT_EQ(in_gallery(), 1U);
}

TEST_F(PackSwitch, AMissingPackCostsItsPeopleOnly) {
    serve("second");
    const std::string ada = enroll(Person::kAda);
    serve("default");
    const std::string ben = enroll(Person::kBen);
    fs::remove_all(share_ / "packs" / "second");
    serve("default");
    EXPECT_EQ(sign_in(Person::kBen).text_at("/user/id"), ben);
    EXPECT_EQ(sign_in(Person::kAda).at("/matched"), false);
    EXPECT_EQ(waiting(), 1);
    EXPECT_EQ(ask("GET", "/v1/users/" + ada).status, 200U);
}

TEST_F(PackSwitch, TemplatesWithoutUseAreFoundForRetirement) {
    serve("default");
    const std::string ada = enroll(Person::kAda);
    enroll(Person::kBen);
    serve("second");
    sign_in(Person::kAda);
    const auto retired = application_->database().read_system(
        [](sql::SystemTx& tx) { return domain::faces_to_retire(tx, "default-1", "second-1", 100); });
    ASSERT_EQ(retired.size(), 1U) << "not of those who have no other";
    EXPECT_EQ(retired[0].user, UserId(ada));
    EXPECT_EQ(retired[0].scope, scope_);
    const auto faces = faces_of(ada);
    EXPECT_EQ(retired[0].faces, std::vector<FaceId>{faces[0].id});
    application_->database().write(
        scope_, [&](sql::TenantTx& tx) { EXPECT_TRUE(domain::remove_face(tx, faces[0].id, clock_.now())); });
    application_->services().gallery.catch_up(scope_);
    EXPECT_TRUE(is_error(ask("DELETE", "/v1/users/" + ada + "/faces/" + faces[1].id.value), 409, "FACE_NOT_REVOCABLE"))
        << "there is nothing left to go back to";
    EXPECT_EQ(sign_in(Person::kAda).text_at("/user/id"), ada);
    EXPECT_EQ(ask("GET", "/v1/users/" + ada).number_at("/face_count"), 1) << "a template is a template";
}

TEST_F(PackSwitch, RevokingReachesWhateverGrewFromATemplate) {
    // The second pack is made as sure of its scores as the first, so that templates grow under it too.
    edit_second([](json::value& manifest) {
        manifest.at("roles").at("embedders").as_array()[0].at("fusion").at("bias") = -44.0;
    });
    serve("default");
    const std::string ada = enroll(Person::kAda);
    clock_.advance(std::chrono::hours(25));
    sign_in(Person::kAda);
    serve("second");
    sign_in(Person::kAda);
    clock_.advance(std::chrono::hours(25));
    sign_in(Person::kAda);
    const auto faces = faces_of(ada);
    ASSERT_EQ(faces.size(), 4U) << "enrolled, learned, carried over, learned";
    EXPECT_EQ(faces[2].based_on, faces[1].id);
    EXPECT_EQ(faces[3].based_on, faces[2].id);
    EXPECT_EQ(ask("DELETE", "/v1/users/" + ada + "/faces/" + faces[1].id.value).status, 200U);
    ASSERT_EQ(faces_of(ada).size(), 1U);
    EXPECT_EQ(faces_of(ada)[0].id, faces[0].id);
    EXPECT_EQ(sign_in(Person::kAda).text_at("/user/id"), ada);
    EXPECT_EQ(faces_of(ada).size(), 1U) << "what was revoked does not come back the same day";
}

TEST_F(PackSwitch, TwoDirectoriesWithOneIdStopTheServer) {
    serve("default");
    enroll(Person::kAda);
    fs::create_directories(share_ / "packs" / "aaa");
    for (const fs::directory_entry& file : fs::directory_iterator(fs::path(FACEGATE_SHARE) / "packs" / "default")) {
        fs::copy_file(file.path(), share_ / "packs" / "aaa" / file.path().filename());
    }
    EXPECT_THROW(serve("second"), std::runtime_error);
    EXPECT_THROW(serve("default"), std::runtime_error);
    fs::remove_all(share_ / "packs" / "aaa");
    EXPECT_NO_THROW(serve("second"));
}

TEST_F(PackSwitch, AChangedPackNeedsANewVersion) {
    serve("second");
    enroll(Person::kAda);
    edit_second([](json::value& manifest) { manifest.at("description") = "Only other words."; });
    EXPECT_NO_THROW(serve("second"));
    edit_second([](json::value& manifest) {
        manifest.at("roles").at("embedders").as_array()[0].at("fusion").at("weight") = 1.0;
    });
    EXPECT_THROW(serve("second"), std::runtime_error);
    edit_second([](json::value& manifest) { manifest.at("version") = "2"; });
    EXPECT_NO_THROW(serve("second"));
}

}  // namespace
}  // namespace facegate::testing
