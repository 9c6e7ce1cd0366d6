#include "search/face_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <thread>
#include <utility>

namespace facegate::search {
namespace {

constexpr std::size_t kDimension = 1152;
using Vector = std::vector<float>;

Vector unit(Vector v) {
    double square = 0;
    for (const float x : v) square += static_cast<double>(x) * static_cast<double>(x);
    for (float& x : v) x = static_cast<float>(static_cast<double>(x) / std::sqrt(square));
    return v;
}

Vector gaussian(std::mt19937& random, std::size_t dimension = kDimension) {
    std::normal_distribution<float> normal;
    Vector v(dimension);
    for (float& x : v) x = normal(random);
    return v;
}

/// A unit vector around `centre` at a cosine of about 1 / sqrt(1 + noise^2).
Vector near(const Vector& centre, float noise, std::mt19937& random) {
    const Vector other = unit(gaussian(random, centre.size()));
    Vector v(centre.size());
    for (std::size_t i = 0; i < v.size(); ++i) v[i] = centre[i] + noise * other[i];
    return unit(v);
}

double product(const Vector& a, const Vector& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
}

IndexedFace face(int face_number, int user_number) {
    return {FaceId("face_" + std::to_string(face_number)), UserId("user_" + std::to_string(user_number)), 1};
}

/// An index and, beside it, all that is in there, searched by computing everything.
class Checked {
public:
    explicit Checked(std::size_t dimension = kDimension) : index(dimension) {}

    void add(const IndexedFace& entry, const Vector& vector) {
        index.add(entry, vector);
        all_[entry.face] = {entry, vector};
        longest_ = std::max(longest_, std::sqrt(product(vector, vector)));
    }
    void remove(const FaceId& id) { EXPECT_EQ(index.remove(id), all_.erase(id) == 1); }

    /// The best product of each person, highest first.
    [[nodiscard]] std::vector<std::pair<double, UserId>> ranked(const Vector& probe) const {
        std::map<UserId, double> best;
        for (const auto& [id, entry] : all_) {
            const double dot = product(entry.second, probe);
            const auto [at, fresh] = best.try_emplace(entry.first.user, dot);
            if (!fresh) at->second = std::max(at->second, dot);
        }
        std::vector<std::pair<double, UserId>> people;
        for (const auto& [user, dot] : best) people.emplace_back(dot, user);
        std::ranges::sort(people, std::greater());
        return people;
    }

    void expect_exact(const Vector& probe, std::size_t count) const {
        const SearchResult result = index.search(probe, count);
        const auto expected = ranked(probe);
        // The two sum up in different orders.
        const double rounding = 1e-12 * longest_ * std::max(1.0, std::sqrt(product(probe, probe)));
        EXPECT_EQ(result.people_total, expected.size());
        EXPECT_EQ(result.compared, all_.size());
        ASSERT_EQ(result.people.size(), std::min(count, expected.size()));
        std::map<UserId, int> seen;
        for (std::size_t i = 0; i < result.people.size(); ++i) {
            const Candidate& found = result.people[i];
            // People whose products differ by less than the rounding of a sum may stand in either order.
            EXPECT_NEAR(found.dot, expected[i].first, rounding) << "rank " << i;
            if (i == 0 || found.dot < result.people[i - 1].dot) {
                const bool alone = (i + 1 == expected.size() || expected[i + 1].first < expected[i].first - rounding) &&
                                   (i == 0 || expected[i - 1].first > expected[i].first + rounding);
                if (alone) {
                    EXPECT_EQ(found.face.user, expected[i].second) << "rank " << i;
                }
            }
            EXPECT_NEAR(product(all_.at(found.face.face).second, probe), found.dot, rounding);
            EXPECT_EQ(++seen[found.face.user], 1) << "a person twice";
        }
    }

    FaceIndex index;

private:
    std::map<FaceId, std::pair<IndexedFace, Vector>> all_;
    double longest_ = 1;
};

TEST(FaceIndexTest, EmptyIndexFindsNobody) {
    const FaceIndex index(kDimension);
    const SearchResult result = index.search(Vector(kDimension, 1.0F), 5);
    EXPECT_TRUE(result.people.empty());
    EXPECT_EQ(result.people_total, 0U);
    EXPECT_FALSE(index.best_of(UserId("user_1"), Vector(kDimension, 1.0F)));
}

TEST(FaceIndexTest, RandomVectorsAreRankedExactly) {
    std::mt19937 random(1);
    Checked checked;
    for (int i = 0; i < 1500; ++i) checked.add(face(i, i), unit(gaussian(random)));
    for (const std::size_t count : {1U, 2U, 5U, 20U, 100U}) {
        for (int i = 0; i < 5; ++i) checked.expect_exact(unit(gaussian(random)), count);
    }
}

TEST(FaceIndexTest, CrowdedClustersAreRankedExactly) {
    // Products so close together that the 8-bit codes alone would put them in the wrong order.
    std::mt19937 random(2);
    const Vector centre = unit(gaussian(random));
    Checked checked;
    for (int i = 0; i < 800; ++i) checked.add(face(i, i / 2), near(centre, 0.05F, random));
    for (int i = 0; i < 10; ++i) checked.expect_exact(near(centre, 0.05F, random), 10);
}

TEST(FaceIndexTest, OddDimensionsAndScalesAreRankedExactly) {
    std::mt19937 random(3);
    for (const std::size_t dimension : {1U, 3U, 63U, 64U, 65U, 512U}) {
        Checked checked(dimension);
        std::uniform_real_distribution<float> scale(1e-4F, 1e3F);
        for (int i = 0; i < 300; ++i) {
            Vector v = gaussian(random, dimension);
            const float by = scale(random);
            for (float& x : v) x *= by;
            checked.add(face(i, i), v);
        }
        for (int i = 0; i < 10; ++i) checked.expect_exact(gaussian(random, dimension), 7);
    }
}

TEST(FaceIndexTest, SpikesDoNotFoolTheCodes) {
    // One large value makes the codes of all the others coarse or zero.
    std::mt19937 random(4);
    Checked checked;
    for (int i = 0; i < 500; ++i) {
        Vector v = unit(gaussian(random));
        v[static_cast<std::size_t>(i)] += i % 2 == 0 ? 20.0F : -20.0F;
        checked.add(face(i, i), v);
    }
    for (int i = 0; i < 10; ++i) {
        Vector probe = unit(gaussian(random));
        checked.expect_exact(probe, 5);
        probe[7] = 50.0F;
        checked.expect_exact(probe, 5);
    }
}

TEST(FaceIndexTest, SeveralFacesOfAPersonCountOnce) {
    std::mt19937 random(5);
    Checked checked;
    std::vector<Vector> centres;
    for (int user = 0; user < 100; ++user) {
        centres.push_back(unit(gaussian(random)));
        for (int i = 0; i < 5; ++i) checked.add(face(user * 5 + i, user), near(centres.back(), 0.5F, random));
    }
    EXPECT_EQ(checked.index.faces(), 500U);
    EXPECT_EQ(checked.index.people(), 100U);
    for (int user = 0; user < 100; user += 7) {
        const Vector probe = near(centres[static_cast<std::size_t>(user)], 0.5F, random);
        checked.expect_exact(probe, 4);
        EXPECT_EQ(checked.index.search(probe, 1).people.at(0).face.user, face(0, user).user);
    }
}

TEST(FaceIndexTest, EqualVectorsComeByFaceIdWhateverTheOrderOfAdding) {
    std::mt19937 random(6);
    const Vector same = unit(gaussian(random));
    std::vector<int> order{1, 2, 3, 4, 5, 6, 7, 8, 9};
    for (int round = 0; round < 10; ++round) {
        std::ranges::shuffle(order, random);
        FaceIndex index(kDimension);
        for (const int i : order) index.add(face(i, 10 - i), same);
        const SearchResult result = index.search(same, 3);
        ASSERT_EQ(result.people.size(), 3U);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(result.people[i].face.face.value, "face_" + std::to_string(i + 1));
            EXPECT_EQ(result.people[i].dot, result.people[0].dot);
        }
    }
}

TEST(FaceIndexTest, ZeroVectorsAreRanked) {
    Checked checked;
    Vector one(kDimension, 0.0F);
    one[3] = -1.0F;
    checked.add(face(1, 1), Vector(kDimension, 0.0F));
    checked.add(face(2, 2), one);
    checked.expect_exact(Vector(kDimension, 0.0F), 2);
    checked.expect_exact(Vector(kDimension, 1.0F), 2);
    EXPECT_EQ(checked.index.search(Vector(kDimension, 1.0F), 1).people.at(0).face.user, UserId("user_1"));
}

TEST(FaceIndexTest, AddsRemovesAndReplacementsStayExact) {
    std::mt19937 random(7);
    Checked checked;
    const Vector centre = unit(gaussian(random));
    std::uniform_int_distribution<int> any(0, 799);
    for (int i = 0; i < 3000; ++i) {
        const int number = any(random);
        // The same face may come back under another person.
        if (i % 3 == 2) {
            checked.remove(face(number, 0).face);
        } else {
            checked.add(face(number, number % 50 + i % 2), near(centre, 1.0F, random));
        }
        if (i % 150 == 0) checked.expect_exact(near(centre, 1.0F, random), 5);
    }
}

TEST(FaceIndexTest, RemovedPeopleAreGone) {
    std::mt19937 random(8);
    FaceIndex index(kDimension);
    const Vector vector = unit(gaussian(random));
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
    FaceIndex index(kDimension);
    const Vector probe = unit(gaussian(random));
    std::vector<Vector> theirs;
    for (int i = 0; i < 4; ++i) {
        theirs.push_back(near(probe, 1.0F + static_cast<float>(i), random));
        index.add({FaceId("face_" + std::to_string(i)), UserId("user_1"), i + 1}, theirs.back());
    }
    index.add(face(9, 2), probe);
    const auto best = index.best_of(UserId("user_1"), probe);
    ASSERT_TRUE(best);
    EXPECT_EQ(best->face.face, FaceId("face_0"));
    EXPECT_EQ(best->face.photos, 1);
    EXPECT_NEAR(best->dot, product(theirs[0], probe), 1e-12);
    EXPECT_FALSE(index.best_of(UserId("user_3"), probe));
}

TEST(FaceIndexTest, MostFacesNeedNoExactProduct) {
    std::mt19937 random(10);
    FaceIndex index(kDimension);
    const Vector mine = unit(gaussian(random));
    for (int i = 0; i < 2000; ++i) index.add(face(i, i), unit(gaussian(random)));
    index.add(face(2000, 2000), mine);
    const SearchResult result = index.search(near(mine, 0.7F, random), 1);
    EXPECT_EQ(result.people.at(0).face.user, UserId("user_2000"));
    EXPECT_EQ(result.compared, 2001U);
    EXPECT_EQ(result.rescored, 1U);
}

TEST(FaceIndexTest, WrongVectorsAreRefused) {
    FaceIndex index(4);
    const auto add = [&](const Vector& v) { index.add(face(1, 1), v); };
    EXPECT_THROW(add({1, 2, 3}), std::invalid_argument);
    EXPECT_THROW(add({1, 2, 3, std::numeric_limits<float>::quiet_NaN()}), std::invalid_argument);
    EXPECT_THROW(add({1, 2, 3, std::numeric_limits<float>::infinity()}), std::invalid_argument);
    EXPECT_THROW((void)index.search(Vector{1, 2}, 1), std::invalid_argument);
    EXPECT_EQ(index.faces(), 0U);
    EXPECT_THROW(FaceIndex(0), std::invalid_argument);
}

TEST(FaceIndexTest, SearchesRunBesideChanges) {
    std::mt19937 random(11);
    FaceIndex index(kDimension);
    std::vector<Vector> vectors;
    for (int i = 0; i < 50; ++i) vectors.push_back(unit(gaussian(random)));
    index.add(face(1000, 1000), vectors[0]);
    std::atomic<bool> stop = false;
    std::vector<std::thread> readers;
    for (int t = 0; t < 3; ++t) {
        readers.emplace_back([&] {
            while (!stop) {
                const auto result = index.search(vectors[0], 1);
                ASSERT_EQ(result.people.size(), 1U);
                EXPECT_NEAR(result.people[0].dot, 1.0, 1e-6);
            }
        });
    }
    for (int i = 0; i < 2000; ++i) {
        const int number = i % 49 + 1;
        index.add(face(number, number), vectors[static_cast<std::size_t>(number)]);
        if (i % 2 == 1) index.remove_user(UserId("user_" + std::to_string(number)));
    }
    stop = true;
    for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace facegate::search
