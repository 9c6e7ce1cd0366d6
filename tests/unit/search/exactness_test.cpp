// Against computing everything, for data of many kinds, leads of many lengths and every set of kernels.
#include <gtest/gtest.h>

#include "checked_index.h"

namespace facegate::search {
namespace {

constexpr std::size_t kDimension = 1152;
constexpr std::size_t kLead = 128;

/// Vectors like those of two embedders: parts of fixed length, each a common mean and a spectrum that falls by `decay`
/// from value to value.
class FaceLike {
public:
    struct Part {
        std::size_t dimension;
        double weight;
        double mean;  ///< cosine of two strangers
        double decay;
    };

    explicit FaceLike(std::mt19937& random) : random_(random) {
        for (const Part& part : kParts) means_.push_back(scaled(unit(gaussian(random, part.dimension)), 1));
    }

    Vector stranger() { return like({}, 0); }
    /// Somebody like `other`: their own parts have a cosine of about `own`.
    Vector like(const Vector& other, double own) {
        Vector result;
        for (std::size_t p = 0; p < kParts.size(); ++p) {
            const Part& part = kParts[p];
            Vector v = gaussian(random_, part.dimension);
            double size = 1;
            for (float& x : v) x *= static_cast<float>(size *= part.decay);
            v = scaled(unit(v), std::sqrt(1 - part.mean));
            for (std::size_t i = 0; i < v.size(); ++i) {
                double value = static_cast<double>(v[i]);
                const double common = std::sqrt(part.mean) * static_cast<double>(means_[p][i]);
                if (!other.empty()) {
                    const double theirs = static_cast<double>(other[result.size() + i]) / std::sqrt(part.weight);
                    value = own * (theirs - common) + std::sqrt(1 - own * own) * value;
                }
                v[i] = static_cast<float>(common + value);
            }
            v = scaled(unit(v), std::sqrt(part.weight));
            result.insert(result.end(), v.begin(), v.end());
        }
        return result;
    }

private:
    static constexpr std::array<Part, 2> kParts{Part{kLead, 58.8, 0.839, 0.956},
                                                Part{kDimension - kLead, 13.7, 0.377, 0.986}};
    std::mt19937& random_;
    std::vector<Vector> means_;
};

TEST(ExactnessTest, FacesOfTwoEmbedders) {
    std::mt19937 random(1);
    FaceLike faces(random);
    CheckedIndex checked(kDimension, kLead);
    Vector someone;
    for (int i = 0; i < 3000; ++i) {
        const Vector v = faces.stranger();
        if (i == 1234) someone = v;
        checked.add(face(i, i), v);
    }
    std::size_t codes_read = 0;
    for (const std::size_t count : {1U, 2U, 5U, 50U}) {
        checked.expect_exact(faces.stranger(), count);
        const SearchResult mated = checked.expect_exact(faces.like(someone, 0.75), count);
        EXPECT_EQ(mated.people.at(0).face.user, UserId("user_1234"));
        if (count <= 2) codes_read = std::max(codes_read, mated.codes_read);
    }
    // What the lead is for: faces are passed over by it alone, more of them the larger the gallery.
    EXPECT_LT(codes_read, 3000 * kDimension * 2 / 3);
}

TEST(ExactnessTest, IsotropicVectorsAndAnyLead) {
    std::mt19937 random(2);
    for (const std::size_t lead : {1U, 3U, 64U, 128U, 1151U, 1152U}) {
        CheckedIndex checked(kDimension, lead);
        for (int i = 0; i < 700; ++i) checked.add(face(i, i), unit(gaussian(random, kDimension)));
        for (const std::size_t count : {1U, 2U, 20U, 100U, 1000U}) {
            checked.expect_exact(unit(gaussian(random, kDimension)), count);
        }
    }
}

TEST(ExactnessTest, OddDimensionsLeadsAndScales) {
    std::mt19937 random(3);
    const std::vector<std::pair<std::size_t, std::size_t>> shapes{{1, 1},  {2, 1},   {3, 3},    {63, 5},    {64, 64},
                                                                  {65, 1}, {65, 64}, {512, 17}, {512, 512}, {700, 7}};
    std::uniform_real_distribution<double> scale(1e-4, 1e3);
    for (const auto& [dimension, lead] : shapes) {
        CheckedIndex checked(dimension, lead);
        for (int i = 0; i < 600; ++i) checked.add(face(i, i), scaled(gaussian(random, dimension), scale(random)));
        for (int i = 0; i < 5; ++i) checked.expect_exact(gaussian(random, dimension), 7);
    }
}

TEST(ExactnessTest, ManyBlocks) {
    std::mt19937 random(4);
    CheckedIndex checked(20, 8);
    for (int i = 0; i < 9000; ++i) checked.add(face(i, i / 2), unit(gaussian(random, 20)));
    for (int i = 0; i < 10; ++i) checked.expect_exact(unit(gaussian(random, 20)), 5);
}

TEST(ExactnessTest, CrowdedClusters) {
    // Products so close together that codes alone would put them in the wrong order.
    std::mt19937 random(5);
    CheckedIndex checked(kDimension, kLead);
    std::vector<Vector> centres;
    for (int c = 0; c < 4; ++c) centres.push_back(unit(gaussian(random, kDimension)));
    for (int i = 0; i < 1200; ++i) {
        checked.add(face(i, i / 2), near(centres[static_cast<std::size_t>(i % 4)], 0.05F, random));
    }
    for (const Vector& centre : centres) {
        checked.expect_exact(near(centre, 0.05F, random), 2);
        checked.expect_exact(near(centre, 0.001F, random), 10);
    }
}

TEST(ExactnessTest, TheRestDecidesAlone) {
    // Leads all alike, or opposed to the rest: the bound by the lead has to leave room for whatever may follow.
    std::mt19937 random(6);
    for (const double lead_size : {0.0, 1e-3, 1.0, 5.0}) {
        CheckedIndex checked(200, 8);
        const Vector lead = scaled(unit(gaussian(random, 8)), lead_size);
        for (int i = 0; i < 600; ++i) {
            Vector v = unit(gaussian(random, 200));
            for (std::size_t d = 0; d < lead.size(); ++d) v[d] = (i % 3 == 0 ? -0.2F : 1.0F) * lead[d];
            checked.add(face(i, i), v);
            if (i % 100 == 0) checked.expect_exact(v, 3);  // Cauchy and Schwarz with equality
        }
        for (int i = 0; i < 5; ++i) {
            Vector probe = unit(gaussian(random, 200));
            std::ranges::copy(lead, probe.begin());
            checked.expect_exact(probe, 3);
        }
    }
}

TEST(ExactnessTest, BoundsWithoutSlack) {
    // Codes that leave nothing out and single values: only the margins for rounding keep the bounds on the safe side.
    std::mt19937 random(7);
    std::uniform_real_distribution<float> near_one(0.99F, 1.01F);
    for (const std::size_t lead : {1U, 2U}) {
        CheckedIndex checked(2, lead);
        for (int i = 0; i < 4000; ++i) checked.add(face(i, i), {near_one(random), 0});
        for (int i = 0; i < 20; ++i) checked.expect_exact({near_one(random), 0}, 40);
    }
}

TEST(ExactnessTest, Spikes) {
    // One large value makes the codes of all the others coarse or zero.
    std::mt19937 random(8);
    CheckedIndex checked(kDimension, kLead);
    for (int i = 0; i < 500; ++i) {
        Vector v = unit(gaussian(random, kDimension));
        v[static_cast<std::size_t>(i)] += i % 2 == 0 ? 20.0F : -20.0F;
        checked.add(face(i, i), v);
    }
    for (int i = 0; i < 5; ++i) {
        Vector probe = unit(gaussian(random, kDimension));
        checked.expect_exact(probe, 5);
        probe[7] = 50.0F;
        checked.expect_exact(probe, 5);
        probe[900] = -50.0F;
        checked.expect_exact(probe, 5);
    }
}

TEST(ExactnessTest, HugeAndTinyNormsSideBySide) {
    std::mt19937 random(9);
    std::uniform_int_distribution<int> exponent(-40, 4);
    CheckedIndex checked(kDimension, kLead);
    const auto any_size = [&] { return scaled(gaussian(random, kDimension), std::pow(10.0, exponent(random))); };
    for (int i = 0; i < 600; ++i) checked.add(face(i, i), any_size());
    checked.add(face(600, 600), Vector(kDimension, 1e6F));
    checked.add(face(601, 601), Vector(kDimension, -1e6F));
    checked.add(face(602, 602), Vector(kDimension, 1e-42F));
    for (int i = 0; i < 10; ++i) checked.expect_exact(any_size(), 5);
    checked.expect_exact(Vector(kDimension, 1e6F), 5);
    checked.expect_exact(Vector(kDimension, 1e-42F), 5);
}

TEST(ExactnessTest, ZeroVectors) {
    std::mt19937 random(10);
    CheckedIndex checked(100, 10);
    for (int i = 0; i < 20; ++i) checked.add(face(i, i), Vector(100, 0.0F));
    checked.add(face(20, 20), scaled(Vector(100, 1.0F), -1));
    checked.expect_exact(Vector(100, 0.0F), 2);
    checked.expect_exact(Vector(100, 1.0F), 20);
    checked.expect_exact(Vector(100, -1.0F), 2);
    Vector lead_only(100, 0.0F);
    lead_only[3] = 1;
    Vector rest_only(100, 0.0F);
    rest_only[50] = 1;
    checked.add(face(30, 30), lead_only);
    checked.add(face(31, 31), rest_only);
    for (const Vector& probe : {lead_only, rest_only}) checked.expect_exact(probe, 3);
}

TEST(ExactnessTest, EqualProductsComeByFaceId) {
    std::mt19937 random(11);
    const Vector same = unit(gaussian(random, kDimension));
    std::vector<int> order(2000);
    for (int i = 0; i < 2000; ++i) order[static_cast<std::size_t>(i)] = i;
    for (int round = 0; round < 3; ++round) {
        std::ranges::shuffle(order, random);
        CheckedIndex checked(kDimension, kLead);
        for (const int i : order) checked.add(face(i, i / 3), i % 2 == 0 ? same : near(same, 0.5F, random));
        const SearchResult result = checked.expect_exact(same, 10);
        EXPECT_EQ(result.people.at(0).dot, result.people.at(9).dot);
        checked.expect_exact(near(same, 0.3F, random), 10);
    }
}

TEST(ExactnessTest, SeveralFacesOfAPersonCountOnce) {
    std::mt19937 random(12);
    FaceLike faces(random);
    CheckedIndex checked(kDimension, kLead);
    std::vector<Vector> people;
    for (int user = 0; user < 100; ++user) {
        people.push_back(faces.stranger());
        for (int i = 0; i < 20; ++i) checked.add(face(user * 20 + i, user), faces.like(people.back(), 0.8));
    }
    for (std::size_t user = 0; user < 100; user += 7) {
        const Vector probe = faces.like(people[user], 0.8);
        checked.expect_exact(probe, 1);
        checked.expect_exact(probe, 2);
        checked.expect_exact(probe, 30);
    }
}

TEST(ExactnessTest, AddsRemovesAndReplacements) {
    std::mt19937 random(13);
    CheckedIndex checked(96, 32);
    const Vector centre = unit(gaussian(random, 96));
    std::uniform_int_distribution<int> any(0, 799);
    for (int i = 0; i < 6000; ++i) {
        const int number = any(random);
        // The same face may come back under another person.
        if (i % 3 == 2) {
            checked.remove(face(number, 0).face);
        } else {
            checked.add(face(number, number % 50 + i % 2), near(centre, 1.0F, random));
        }
        if (i % 100 == 0) checked.expect_exact(near(centre, 1.0F, random), 5);
    }
}

}  // namespace
}  // namespace facegate::search
