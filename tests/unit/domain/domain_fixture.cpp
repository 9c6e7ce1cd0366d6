#include "unit/domain/domain_fixture.h"

#include "domain/consents/consent.h"
#include "domain/consents/consent_texts.h"
#include "domain/faces/face.h"
#include "domain/liveness_sessions/liveness_session.h"

namespace facegate::domain {

DomainTest::DomainTest() {
    db_.write_system([&](sql::SystemTx& tx) {
        const auto first = create_tenant(tx, vault_, random_, "First", {"https://first.example"}, now_).value();
        const auto second = create_tenant(tx, vault_, random_, "Second", {"https://second.example"}, now_).value();
        ours_ = {first.id, Environment::kTest};
        ours_live_ = {first.id, Environment::kLive};
        theirs_ = {second.id, Environment::kTest};
        ensure_demo_tenant(tx, vault_, now_);
    });
    others_ = {ours_live_, theirs_, demo_scope()};
}

UserId DomainTest::add_user(const Scope& scope, const std::string& name) {
    UserProfile profile;
    profile.name = name;
    profile.role = "guard";
    return add_user(scope, profile);
}

UserId DomainTest::add_user(const Scope& scope, const UserProfile& profile) {
    return db_.write(scope, [&](sql::TenantTx& tx) {
        const auto user = create_user(tx, random_, profile, std::nullopt, now_).value();
        (void)vault_.create_user_key(tx, user);
        return user;
    });
}

FaceId DomainTest::add_face_to(const Scope& scope, const UserId& user, float first) {
    return db_.write(scope, [&](sql::TenantTx& tx) {
        Face face;
        face.user = user;
        face.pack_id = "default-1";
        face.confidence = 99.8;
        return add_face(tx, vault_, random_, face, vector_of(first), now_).id;
    });
}

ConsentId DomainTest::add_consent(const Scope& scope) {
    return db_.write(scope, [&](sql::TenantTx& tx) {
        const NewConsent consent{std::nullopt, {"192.0.2.7", "Test/1.0"}};
        return record_consent(tx, vault_, random_, consent_texts().front(), consent, now_).value().id;
    });
}

LivenessSessionId DomainTest::add_finished_session(const Scope& scope, float first) {
    return db_.write(scope, [&](sql::TenantTx& tx) {
        const auto id = create_liveness_session(tx, random_, LivenessChallenge::kMovementAndLight, now_).id;
        EXPECT_TRUE(mark_started(tx, id, now_).has_value());
        const LivenessOutcome outcome{true, 97.5, R"({"colour":0.93})", {{"default-1", vector_of(first)}}};
        EXPECT_TRUE(finish_liveness_session(tx, vault_, id, outcome, now_).has_value());
        return id;
    });
}

std::int64_t DomainTest::rows_in(const std::string& table) {
    return db_.read_system(
        [&](sql::SystemTx& tx) { return tx.query("SELECT COUNT(*) FROM " + table).front().integer(0); });
}

std::vector<float> vector_of(float first, std::size_t dimension) {
    std::vector<float> vector(dimension, 0.25F);
    vector.front() = first;
    return vector;
}

}  // namespace facegate::domain
