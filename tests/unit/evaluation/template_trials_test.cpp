#include "evaluation/template_trials.h"

#include <gtest/gtest.h>

#include "unit/evaluation/synthetic_people.h"

namespace facegate::evaluation::testing {
namespace {

constexpr ScoreGrid kGrid{-1, 1};

TrialResult trials(const std::vector<PersonVectors>& people, int photos, std::uint64_t seed = 1,
                   std::size_t threads = 2, std::vector<std::size_t> galleries = {}) {
    TrialOptions options;
    options.photos = photos;
    options.draws = 4;
    options.seed = seed;
    options.threads = threads;
    options.gallery_sizes = std::move(galleries);
    return run_template_trials(people, kGrid, mean_of, options);
}

std::vector<std::size_t> mixed_counts() {
    std::vector<std::size_t> counts;
    for (std::size_t i = 0; i < 120; ++i) counts.push_back(1 + i % 8);
    return counts;
}

TEST(TemplateTrials, CountEveryPersonAlike) {
    // Two people with one photo, two with two, one with a hundred, one whose photos had no face.
    const auto people = synthetic_people({1, 1, 2, 2, 100, 0}, 0.5, 1);
    const TrialResult one = trials(people, 1);
    EXPECT_EQ(one.people, 3U);
    EXPECT_EQ(one.verification.genuine(), 4U * 3U);
    EXPECT_EQ(one.verification.impostor(), 4U * 3U * 4U);
    EXPECT_EQ(one.verification.genuine_people(), 3U);
    EXPECT_EQ(trials(people, 3).people, 1U);
    EXPECT_EQ(trials(people, 3).verification.genuine(), 4U);
    EXPECT_EQ(trials(people, 100).people, 0U);
    EXPECT_FALSE(trials(people, 100).verification.measured());
}

TEST(TemplateTrials, NeverCompareAPhotoWithATemplateThatHoldsIt) {
    // Without any likeness between photos of one person a genuine score near 1 could only be a photo with itself.
    auto people = synthetic_people(std::vector<std::size_t>(40, 4), 0.0, 2);
    unsigned seed = 100;
    for (auto& person : people) {
        for (auto& photo : person) photo = synthetic_people({1}, 0, ++seed).front().front();
    }
    for (const int photos : {1, 3}) {
        const TrialResult result = trials(people, photos);
        EXPECT_NEAR(result.verification.equal_error_rate().rate, 0.5, 0.12);
    }
}

TEST(TemplateTrials, MorePhotosRefuseFewer) {
    const auto people = synthetic_people(std::vector<std::size_t>(150, 7), 1.6, 3);
    const double one = trials(people, 1).verification.at_fmr(1e-2).fnmr;
    const double three = trials(people, 3).verification.at_fmr(1e-2).fnmr;
    const double five = trials(people, 5).verification.at_fmr(1e-2).fnmr;
    EXPECT_GT(one, three + 0.05);
    EXPECT_GT(three, five);
}

TEST(TemplateTrials, DependOnTheSeedAlone) {
    const auto people = synthetic_people(mixed_counts(), 1.0, 4);
    const auto figures = [&](std::uint64_t seed, std::size_t threads) {
        const TrialResult result = trials(people, 2, seed, threads, {30});
        const auto& rate = result.identification.at(0).rates.at(0);
        return std::vector<double>{result.verification.equal_error_rate().rate, result.verification.at_fmr(0.01).s,
                                   result.identification[0].rank_one, rate.s, rate.tpir};
    };
    EXPECT_EQ(figures(1, 1), figures(1, 3));
    EXPECT_NE(figures(1, 1), figures(2, 1));
}

TEST(Identification, SplitsSearchesIntoEnrolledAndStrangers) {
    const auto people = synthetic_people(mixed_counts(), 0.8, 5);
    const TrialResult result = trials(people, 2, 1, 2, {10, 50, 1000});
    // 90 people have three photos or more; a gallery of a thousand cannot be filled.
    EXPECT_EQ(result.people, 90U);
    ASSERT_EQ(result.identification.size(), 2U);
    const Identification& small = result.identification[0];
    const Identification& large = result.identification[1];
    EXPECT_EQ(small.gallery, 10U);
    EXPECT_EQ(small.mated, 4U * 10U);
    EXPECT_EQ(small.non_mated, 4U * 110U);
    EXPECT_EQ(large.mated, 4U * 50U);
    EXPECT_GE(small.rank_one, large.rank_one - 0.05);
    for (const Identification& search : result.identification) {
        for (const auto& rate : search.rates) {
            EXPECT_LE(static_cast<double>(rate.false_finds), rate.fpir * static_cast<double>(search.non_mated));
            EXPECT_LE(rate.tpir, search.rank_one);
            EXPECT_GE(rate.tpir_interval.high, rate.tpir);
        }
        EXPECT_GE(search.rates[0].tpir, search.rates[1].tpir);
        EXPECT_LT(search.rates[0].s, search.rates[1].s);
    }
    EXPECT_EQ(small.rates[0].support, Support::kFirm);  // 44 false finds at 0.1
    EXPECT_EQ(small.rates[1].support, Support::kWeak);  // 4.4 at 0.01
    EXPECT_EQ(small.rates[2].support, Support::kNone);
}

TEST(Identification, OfPeopleWhoAreAlikeOnlyToThemselvesIsPerfect) {
    const auto people = synthetic_people(std::vector<std::size_t>(80, 3), 0.05, 6);
    const TrialResult result = trials(people, 2, 1, 2, {40});
    ASSERT_EQ(result.identification.size(), 1U);
    EXPECT_DOUBLE_EQ(result.identification[0].rank_one, 1);
    EXPECT_DOUBLE_EQ(result.identification[0].rates[1].tpir, 1);
    EXPECT_NEAR(result.verification.equal_error_rate().rate, 0, 1e-9);
}

}  // namespace
}  // namespace facegate::evaluation::testing
