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
        return load_collection(tx, vault, [&](FaceTemplate&& face) { faces.emplace(face.face.id, std::move(face)); });
    });
    if (seq != nullptr) *seq = at;
    return faces;
}

TEST_F(FaceTest, TemplateComesBackWithItsFields) {
    const auto user = add_user(ours_);
    const auto id = add_face_to(ours_, user, 7);
    EXPECT_TRUE(id.value.starts_with("face_"));
    const auto loaded = db_.read(ours_, [&](sql::TenantTx& tx) { return load_face(tx, vault_, id); }).value();
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
            if (event.change == FaceChange::kRemoved) {
                followed.erase(event.face);
            } else if (auto face = load_face(tx, vault_, event.face)) {
                followed.emplace(event.face, std::move(*face));
            }
        }
    });
    const auto loaded = collection(db_, vault_, ours_);
    ASSERT_EQ(followed.size(), loaded.size());
    for (const auto& [id, face] : loaded) EXPECT_EQ(followed.at(id).vector, face.vector);
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
        return load_collection(tx, vault_, [&](FaceTemplate&& face) {
            ++loaded;
            sum += static_cast<double>(face.vector.front());
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
