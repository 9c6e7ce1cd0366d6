#include "search/face_index.h"

#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <random>
#include <thread>

#include "checked_index.h"

namespace facegate::search {
namespace {

constexpr std::size_t kDimension = 1152;
constexpr std::size_t kLead = 128;

TEST(FaceIndexTest, EmptyIndexFindsNobody) {
    const FaceIndex index(kDimension, kLead);
    const SearchResult result = index.search(Vector(kDimension, 1.0F), 5);
    EXPECT_TRUE(result.people.empty());
    EXPECT_EQ(result.people_total, 0U);
    EXPECT_FALSE(index.best_of(UserId("user_1"), Vector(kDimension, 1.0F)));
}

TEST(FaceIndexTest, RemovedPeopleAreGone) {
    std::mt19937 random(8);
    FaceIndex index(kDimension, kLead);
    const Vector vector = unit(gaussian(random, kDimension));
    for (int i = 0; i < 600; ++i) index.add(face(i, i % 3), vector);
    EXPECT_EQ(index.remove_user(UserId("user_1")), 200U);
    EXPECT_EQ(index.remove_user(UserId("user_1")), 0U);
    EXPECT_FALSE(index.remove(FaceId("face_1")));
    EXPECT_EQ(index.faces(), 400U);
    EXPECT_EQ(index.people(), 2U);
    for (const auto& candidate : index.search(vector, 10).people) EXPECT_NE(candidate.face.user, UserId("user_1"));
    EXPECT_FALSE(index.best_of(UserId("user_1"), vector));
    index.add(face(1, 1), vector);
    EXPECT_EQ(index.search(vector, 10).people.size(), 3U);
}

TEST(FaceIndexTest, BestOfLooksAtOnePersonOnly) {
    std::mt19937 random(9);
    FaceIndex index(kDimension, kLead);
    const Vector probe = unit(gaussian(random, kDimension));
    std::vector<Vector> theirs;
    for (int i = 0; i < 4; ++i) {
        theirs.push_back(near(probe, 1.0F + static_cast<float>(i), random));
        index.add({FaceId("face_" + std::to_string(i)), UserId("user_1"), i + 1}, theirs.back());
    }
    index.add(face(9, 2), probe);
    const auto best = index.best_of(UserId("user_1"), probe);
    ASSERT_TRUE(best);
    EXPECT_EQ(best->face.face, FaceId("face_0"));
    EXPECT_EQ(best->face.user, UserId("user_1"));
    EXPECT_EQ(best->face.photos, 1);
    EXPECT_EQ(best->dot, product(theirs[0], probe));
    EXPECT_FALSE(index.best_of(UserId("user_3"), probe));
}

TEST(FaceIndexTest, MostFacesNeedNoExactProduct) {
    std::mt19937 random(10);
    FaceIndex index(kDimension, kLead);
    Vector mine = unit(gaussian(random, kDimension));
    for (std::size_t d = 0; d < kLead; ++d) mine[d] *= 4;
    for (int i = 0; i < 5000; ++i) {
        Vector other = unit(gaussian(random, kDimension));
        for (std::size_t d = 0; d < kLead; ++d) other[d] *= 4;
        index.add(face(i, i), other);
    }
    index.add(face(5000, 5000), mine);
    const SearchResult result = index.search(mine, 1);
    EXPECT_EQ(result.people.at(0).face.user, UserId("user_5000"));
    EXPECT_EQ(result.compared, 5001U);
    EXPECT_LT(result.codes_read, 5001 * kDimension / 2);
    EXPECT_LT(result.rescored, 20U);
}

TEST(FaceIndexTest, WithoutARestTheLeadIsAllThereIs) {
    std::mt19937 random(11);
    FaceIndex index(512, 512);
    for (int i = 0; i < 2000; ++i) index.add(face(i, i), unit(gaussian(random, 512)));
    const SearchResult result = index.search(unit(gaussian(random, 512)), 2);
    EXPECT_EQ(result.codes_read, 2000U * 512);
    EXPECT_LT(result.rescored, 100U);
}

TEST(FaceIndexTest, WrongVectorsAreRefused) {
    FaceIndex index(4, 2);
    const auto add = [&](const Vector& v) { index.add(face(1, 1), v); };
    EXPECT_THROW(add({1, 2, 3}), std::invalid_argument);
    EXPECT_THROW(add({1, 2, 3, std::numeric_limits<float>::quiet_NaN()}), std::invalid_argument);
    EXPECT_THROW(add({1, 2, 3, std::numeric_limits<float>::infinity()}), std::invalid_argument);
    EXPECT_THROW(add({1, 2, 3, 1.1e6F}), std::invalid_argument);
    EXPECT_THROW((void)index.search(Vector{1, 2}, 1), std::invalid_argument);
    EXPECT_EQ(index.faces(), 0U);
    EXPECT_THROW(FaceIndex(0, 0), std::invalid_argument);
    EXPECT_THROW(FaceIndex(4, 0), std::invalid_argument);
    EXPECT_THROW(FaceIndex(4, 5), std::invalid_argument);
}

TEST(FaceIndexTest, SearchesRunBesideChanges) {
    // Who stays is found by everybody at any time, whatever comes and goes; more searches at once than scratch is kept.
    constexpr std::size_t kSmall = 160;
    std::mt19937 random(12);
    FaceIndex index(kSmall, 32);
    std::vector<Vector> staying;
    for (int i = 0; i < 40; ++i) {
        staying.push_back(unit(gaussian(random, kSmall)));
        index.add(face(100'000 + i, 100'000 + i), staying.back());
    }
    std::vector<Vector> passing;
    for (int i = 0; i < 500; ++i) passing.push_back(scaled(unit(gaussian(random, kSmall)), 0.9));
    std::atomic<bool> stop = false;
    std::atomic<int> searches = 0;
    std::vector<std::thread> readers;
    for (std::size_t t = 0; t < 6; ++t) {
        readers.emplace_back([&, t] {
            for (std::size_t i = t; !stop; i = (i + 1) % staying.size()) {
                const auto result = index.search(staying[i], 2);
                ASSERT_EQ(result.people.size(), 2U);
                EXPECT_EQ(result.people[0].face.user, UserId("user_" + std::to_string(100'000 + i)));
                EXPECT_EQ(result.people[0].dot, product(staying[i], staying[i]));
                EXPECT_GE(result.people[0].dot, result.people[1].dot);
                ++searches;
            }
        });
    }
    for (int i = 0; i < 6000 || searches < 200; ++i) {
        const int number = i % 500;
        index.add(face(number, number), passing[static_cast<std::size_t>(number)]);
        if (i % 3 == 1) index.remove_user(UserId("user_" + std::to_string(number)));
    }
    stop = true;
    for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace facegate::search
