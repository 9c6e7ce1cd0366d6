#include "domain/faces/face.h"

#include <cmath>
#include <map>
#include <thread>

#include "domain/faces/face_events.h"
#include "domain/users/user_removal.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

using FaceTest = DomainTest;

std::map<FaceId, FaceTemplate> collection(sql::Database& db, const Vault& vault, const Scope& scope,
                                          std::int64_t* seq = nullptr) {
    std::map<FaceId, FaceTemplate> faces;
    const auto at = db.read(scope, [&](sql::TenantTx& tx) {
        return load_collection(tx, vault, [&](std::vector<FaceTemplate>&& person) {
            for (auto& face : person) faces.emplace(face.face.id, std::move(face));
        });
    });
    if (seq != nullptr) *seq = at;
    return faces;
}

TEST_F(FaceTest, TemplateComesBackWithItsFields) {
    const auto user = add_user(ours_);
    const auto id = add_face_to(ours_, user, 7);
    EXPECT_TRUE(id.value.starts_with("face_"));
    const auto all = db_.read(ours_, [&](sql::TenantTx& tx) { return load_faces_of_user(tx, vault_, user); });
    ASSERT_EQ(all.size(), 1U);
    const FaceTemplate& loaded = all.front();
    EXPECT_EQ(loaded.face.id, id);
    EXPECT_EQ(loaded.face.source, FaceSource::kEnrolled);
    EXPECT_FALSE(loaded.face.based_on.has_value());
    EXPECT_EQ(loaded.vector, vector_of(7));
    EXPECT_EQ(loaded.face.user, user);
    EXPECT_EQ(loaded.face.pack_id, "default-1");
    EXPECT_EQ(loaded.face.photos, 1);
    EXPECT_EQ(loaded.face.angle, "front");
    EXPECT_EQ(loaded.face.confidence, 99.8);
    EXPECT_EQ(loaded.face.created_at, now_);
    db_.read(ours_, [&](sql::TenantTx& tx) {
        EXPECT_EQ(faces_of_user(tx, user).size(), 1U);
        EXPECT_EQ(count_faces(tx), 1);
    });
}

TEST_F(FaceTest, TemplateIsNotInTheRowInTheClear) {
    const auto id = add_face_to(ours_, add_user(ours_));
    const auto sealed = db_.read(ours_, [&](sql::TenantTx& tx) {
        return tx.query("SELECT sealed_template FROM faces WHERE tenant_id = $1 AND environment = $2 AND id = $3", {id})
            .front()
            .blob(0);
    });
    const Bytes quarter{0x00, 0x00, 0x80, 0x3E};  // 0.25F, seven times in the template
    EXPECT_EQ(std::ranges::search(sealed, quarter).size(), 0U);
}

TEST_F(FaceTest, AUserWithoutAKeyGetsNoFace) {
    EXPECT_THROW(add_face_to(ours_, UserId("user_nobody")), VaultFailure);
    EXPECT_EQ(rows_in("faces"), 0);
    EXPECT_EQ(rows_in("face_events"), 0);
}

TEST_F(FaceTest, EventsFollowEveryChangeInOrder) {
    const auto ada = add_user(ours_, "Ada");
    const auto bob = add_user(ours_, "Bob");
    const auto first = add_face_to(ours_, ada, 1);
    const auto second = add_face_to(ours_, bob, 2);
    db_.write(ours_, [&](sql::TenantTx& tx) { (void)remove_faces_of_user(tx, ada, now_); });
    db_.read(ours_, [&](sql::TenantTx& tx) {
        const auto events = face_events_after(tx, 0);
        ASSERT_EQ(events.size(), 3U);
        for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].seq, static_cast<std::int64_t>(i) + 1);
        EXPECT_EQ(events[0].face, first);
        EXPECT_EQ(events[0].change, FaceChange::kAdded);
        EXPECT_EQ(events[1].face, second);
        EXPECT_EQ(events[1].user, bob);
        EXPECT_EQ(events[2].face, first);
        EXPECT_EQ(events[2].change, FaceChange::kRemoved);
        EXPECT_EQ(face_events_after(tx, 1, 1).front().seq, 2);
        EXPECT_TRUE(face_events_after(tx, 3).empty());
        EXPECT_EQ(last_face_event(tx), 3);
    });
}

TEST_F(FaceTest, HeadsNameEveryCollection) {
    add_face_to(ours_, add_user(ours_));
    add_face_to(ours_live_, add_user(ours_live_));
    add_face_to(ours_live_, add_user(ours_live_));
    const auto heads = db_.read_system([](sql::SystemTx& tx) { return collection_heads(tx); });
    std::map<Scope, std::int64_t> by_scope;
    for (const auto& head : heads) by_scope[head.scope] = head.seq;
    EXPECT_EQ(by_scope, (std::map<Scope, std::int64_t>{{ours_, 1}, {ours_live_, 2}}));
}

TEST_F(FaceTest, FollowingTheEventsGivesWhatLoadingGives) {
    std::vector<UserId> users;
    for (int i = 0; i < 6; ++i) {
        users.push_back(add_user(ours_));
        add_face_to(ours_, users.back(), static_cast<float>(i));
    }
    std::int64_t seq = 0;
    auto followed = collection(db_, vault_, ours_, &seq);
    EXPECT_EQ(seq, 6);
    db_.write(ours_, [&](sql::TenantTx& tx) { return remove_user(tx, users[0], now_); }).value();
    add_face_to(ours_, users[1], 50);
    const auto brief = add_user(ours_);
    add_face_to(ours_, brief, 60);
    db_.write(ours_, [&](sql::TenantTx& tx) { return remove_user(tx, brief, now_); }).value();
    db_.read(ours_, [&](sql::TenantTx& tx) {
        for (const auto& event : face_events_after(tx, seq)) {
            if (event.change == FaceChange::kRemoved) followed.erase(event.face);
            for (auto& face : load_faces_of_user(tx, vault_, event.user)) followed.emplace(face.face.id, face);
        }
    });
    const auto loaded = collection(db_, vault_, ours_);
    ASSERT_EQ(followed.size(), loaded.size());
    for (const auto& [id, face] : loaded) EXPECT_EQ(followed.at(id).vector, face.vector);
}

TEST_F(FaceTest, APersonsFacesComeTogetherAcrossBatches) {
    // 3 faces each, so that a batch of 500 ends in the middle of a person.
    std::vector<UserId> users;
    for (int i = 0; i < 340; ++i) users.push_back(add_user(ours_));
    for (int round = 0; round < 3; ++round) {
        for (const UserId& user : users) add_face_to(ours_, user, static_cast<float>(round));
    }
    std::size_t people = 0;
    db_.read(ours_, [&](sql::TenantTx& tx) {
        (void)load_collection(tx, vault_, [&](std::vector<FaceTemplate>&& person) {
            ++people;
            EXPECT_EQ(person.size(), 3U);
            for (const auto& face : person) EXPECT_EQ(face.face.user, person.front().face.user);
        });
    });
    EXPECT_EQ(people, users.size());
}

Face stored(const char* id, const char* pack, FaceSource source = FaceSource::kEnrolled,
            const char* based_on = nullptr) {
    Face face;
    face.id = FaceId(id);
    face.pack_id = pack;
    face.source = source;
    if (based_on != nullptr) face.based_on = FaceId(based_on);
    return face;
}

TEST(FacesInUse, AreThoseOfTheFirstPackThatHasAny) {
    const std::vector<std::string> packs{"new-1", "old-2", "old-1"};
    const std::vector<Face> faces{stored("a", "old-1"), stored("b", "old-2"), stored("c", "old-1"),
                                  stored("d", "gone-1")};
    EXPECT_EQ(faces_in_use(faces, packs), std::vector<std::size_t>{1});
    EXPECT_EQ(faces_in_use(faces, std::vector<std::string>{"new-1", "old-1"}), (std::vector<std::size_t>{0, 2}));
    EXPECT_TRUE(faces_in_use(faces, std::vector<std::string>{"new-1"}).empty());
    std::vector<Face> carried = faces;
    carried.push_back(stored("e", "new-1", FaceSource::kCarriedOver, "b"));
    EXPECT_EQ(faces_in_use(carried, packs), std::vector<std::size_t>{4});
}

TEST(FacesInUse, ALearnedFaceStandsInForItsOwnBaseOnly) {
    const std::vector<std::string> packs{"new-1"};
    std::vector<Face> faces{stored("front", "new-1"), stored("left", "new-1"),
                            stored("learned", "new-1", FaceSource::kLearned, "front")};
    EXPECT_EQ(faces_in_use(faces, packs), (std::vector<std::size_t>{1, 2}));
    faces.pop_back();
    EXPECT_EQ(faces_in_use(faces, packs), (std::vector<std::size_t>{0, 1})) << "revoked: the enrolled one is back";
}

TEST_F(FaceTest, OneFaceCanBeRemoved) {
    const auto user = add_user(ours_);
    const auto keep = add_face_to(ours_, user, 1);
    const auto gone = add_face_to(ours_, user, 2);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        EXPECT_TRUE(remove_face(tx, gone, now_));
        EXPECT_FALSE(remove_face(tx, gone, now_));
    });
    db_.read(ours_, [&](sql::TenantTx& tx) {
        ASSERT_EQ(faces_of_user(tx, user).size(), 1U);
        EXPECT_EQ(faces_of_user(tx, user).front().id, keep);
        const FaceEvent last = face_events_after(tx, 2).at(0);
        EXPECT_EQ(last.change, FaceChange::kRemoved);
        EXPECT_EQ(last.face, gone);
        EXPECT_EQ(last.user, user);
    });
}

TEST_F(FaceTest, NumbersHaveNoGapsUnderConcurrency) {
    std::vector<UserId> users;
    for (int i = 0; i < 8; ++i) users.push_back(add_user(ours_));
    std::vector<std::thread> threads;
    for (const auto& user : users) {
        threads.emplace_back([this, user] {
            for (int i = 0; i < 5; ++i) add_face_to(ours_, user);
        });
    }
    for (auto& thread : threads) thread.join();
    const auto events = db_.read(ours_, [](sql::TenantTx& tx) { return face_events_after(tx, 0); });
    ASSERT_EQ(events.size(), 40U);
    for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].seq, static_cast<std::int64_t>(i) + 1);
}

TEST_F(FaceTest, LoadsTenThousandFacesInBatches) {
    constexpr int kFaces = 10'000;
    std::vector<float> vector(1152, 0.01F);
    db_.write(ours_, [&](sql::TenantTx& tx) {
        for (int i = 0; i < kFaces; ++i) {
            Face face;
            face.user = create_user(tx, random_, {}, std::nullopt, now_).value();
            face.pack_id = "default-1";
            (void)vault_.create_user_key(tx, face.user);
            vector.front() = static_cast<float>(i);
            (void)add_face(tx, vault_, random_, face, vector, now_);
        }
    });
    int loaded = 0;
    double sum = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto seq = db_.read(ours_, [&](sql::TenantTx& tx) {
        return load_collection(tx, vault_, [&](std::vector<FaceTemplate>&& person) {
            EXPECT_EQ(person.size(), 1U);
            ++loaded;
            sum += static_cast<double>(person.front().vector.front());
        });
    });
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
    RecordProperty("load_ms", std::to_string(took.count()));
    std::cout << "loaded " << loaded << " faces of 1152 values in " << took.count() << " ms\n";
    EXPECT_EQ(loaded, kFaces);
    EXPECT_EQ(seq, kFaces);
    EXPECT_EQ(sum, kFaces * (kFaces - 1) / 2.0) << "a face was skipped or came twice";
}

}  // namespace
}  // namespace facegate::domain
