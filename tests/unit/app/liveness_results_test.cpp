#include "app/bench/liveness_results.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>
#include <set>

#include "app/bench/liveness_plot.h"
#include "app/bench/liveness_report.h"
#include "app/bench/liveness_run.h"

namespace facegate::app::testing {
namespace {

using liveness::ChallengeType;
using liveness::SignalJudgement;
using synthesis::Species;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

/// A take whose only measured signal is `relief`.
JudgedTake take(const std::string& species, double relief, SuiteHalf half = SuiteHalf::kTest,
                ChallengeType type = ChallengeType::kMovementAndLight) {
    JudgedTake take;
    take.genuine = species == "genuine";
    take.species = species;
    take.type = type;
    take.half = half;
    take.face = "someone";
    take.seed = 2;
    SignalJudgement signal;
    signal.name = "relief";
    signal.value = relief;
    signal.passed = relief >= 1;
    signal.score = signal.passed ? 1 : relief / 2;
    take.verdict.signals.push_back(signal);
    take.verdict.live = signal.passed;
    take.verdict.confidence = 100 * signal.score;
    return take;
}

std::vector<JudgedTake> some_takes() {
    std::vector<JudgedTake> takes;
    for (int i = 0; i < 20; ++i) takes.push_back(take("genuine", i == 0 ? 0.5 : 2 + 0.1 * i));
    for (int i = 0; i < 4; ++i) takes.push_back(take("print", 0.1 * i));
    takes.push_back(take("mask", 1.1));
    takes.push_back(take("mask", 0.9));
    takes.push_back(take("injected_render", 2));
    takes.push_back(take("a_new_one", 0.2));
    takes.push_back(take("print", 3, SuiteHalf::kTraining));
    takes.push_back(take("genuine", 3, SuiteHalf::kTest, ChallengeType::kMovement));
    return takes;
}

TEST(LivenessResults, CountsBySpeciesHalfAndChallenge) {
    const std::vector<JudgedTake> takes = some_takes();
    const std::vector<PartResult> parts = results_of(takes);
    ASSERT_EQ(parts.size(), 3U);
    EXPECT_EQ(title_of(parts[0]), "light challenge, training half");
    EXPECT_EQ(title_of(parts[1]), "light challenge, test half");
    EXPECT_EQ(title_of(parts[2]), "movement challenge, test half");
    const PartResult& part = parts[1];
    ASSERT_EQ(part.attacks.size(), 4U);
    EXPECT_EQ(part.attacks[0].species, "print");
    EXPECT_EQ(part.attacks[0].errors.errors, 0U);
    EXPECT_EQ(part.attacks[0].errors.takes, 4U);
    EXPECT_THAT(part.attacks[0].refused_by, ElementsAre(Pair("relief", 4U)));
    EXPECT_EQ(part.attacks[1].species, "mask");
    EXPECT_DOUBLE_EQ(part.attacks[1].errors.rate(), 0.5);
    EXPECT_THAT(part.attacks[1].wrong, ElementsAre(&takes[24]));
    EXPECT_EQ(part.attacks[2].species, "injected_render");
    EXPECT_TRUE(part.attacks[2].apart);
    EXPECT_EQ(part.attacks[3].species, "a_new_one");
    EXPECT_DOUBLE_EQ(part.genuine.errors.rate(), 0.05);
    EXPECT_THAT(part.genuine.refused_by, ElementsAre(Pair("relief", 1U)));
    EXPECT_EQ(parts[0].attacks[0].errors.errors, 1U);
}

TEST(LivenessResults, WhatRefusedATakeWithoutAFailedSignal) {
    std::vector<JudgedTake> takes = {take("print", 2), take("print", 0)};
    takes[0].verdict.live = false;
    takes[1].problem = "cannot be decoded";
    EXPECT_THAT(results_of(takes)[0].attacks[0].refused_by, ElementsAre(Pair("confidence", 1U), Pair("video", 1U)));
}

TEST(LivenessResults, TheBarIsTheTestHalfsAlone) {
    std::vector<JudgedTake> takes = some_takes();
    EXPECT_THAT(bar_misses(results_of(takes)),
                ElementsAre("light challenge: 1 of 2 mask attacks were judged live"));  // 5 % refused is allowed
    takes.push_back(take("genuine", 0));
    EXPECT_THAT(bar_misses(results_of(takes)), ElementsAre(HasSubstr("mask"), HasSubstr("2 of 21 genuine takes")));
    std::erase_if(takes, [](const JudgedTake& one) { return one.species == "mask" || one.genuine; });
    EXPECT_TRUE(bar_misses(results_of(takes)).empty());
}

TEST(LivenessResults, Bounds) {
    EXPECT_EQ((ErrorCount{0, 0}).rate(), 0);
    EXPECT_EQ((ErrorCount{0, 0}).bound(), 1);
    EXPECT_NEAR((ErrorCount{0, 20}).bound(), 1 - std::pow(0.05, 1.0 / 20), 1e-9);
}

TEST(LivenessResults, Quantiles) {
    const std::vector<double> values = {1, 2, 4};
    EXPECT_DOUBLE_EQ(quantile(values, 0), 1);
    EXPECT_DOUBLE_EQ(quantile(values, 0.5), 2);
    EXPECT_DOUBLE_EQ(quantile(values, 0.75), 3);
    EXPECT_DOUBLE_EQ(quantile(values, 1), 4);
    EXPECT_DOUBLE_EQ(quantile(std::vector<double>{7}, 0.3), 7);
}

TEST(LivenessResults, MarginsLookAtTheSpeciesASignalIsMeantToStop) {
    std::vector<JudgedTake> takes = some_takes();
    takes.push_back(take("replay_unlit", 9));  // a head: relief is not there to stop it
    for (JudgedTake& one : takes) {
        SignalJudgement lag;
        lag.name = "clock_rate";  // where less is better
        lag.value = one.genuine ? 0.01 : one.species == "stretched_time" ? 0.3 : 0;
        one.verdict.signals.push_back(lag);
    }
    takes.push_back(takes.front());
    takes.back().genuine = false;
    takes.back().species = "stretched_time";
    takes.back().verdict.signals.back().value = 0.3;
    std::map<std::string_view, Margin> margins;
    const std::vector<PartResult> parts = results_of(takes);
    for (const Margin& margin : margins_of(parts[1])) margins[margin.signal] = margin;
    const Margin& relief = margins.at("relief");
    EXPECT_TRUE(relief.rises);
    EXPECT_EQ(relief.attack, 1.1);
    EXPECT_EQ(relief.best_species, "mask");
    EXPECT_GT(relief.genuine.value(), 0.5);
    EXPECT_LT(relief.genuine.value(), 1.0);
    const Margin& rate = margins.at("clock_rate");
    EXPECT_FALSE(rate.rises);
    EXPECT_EQ(rate.attack, 0.3);
    EXPECT_EQ(rate.genuine, 0.01);
    EXPECT_FALSE(margins.at("surround").attack);
}

TEST(LivenessResults, EverySpeciesAndEverySignalIsKnown) {
    std::set<std::string_view> signals;
    for (const liveness::SignalRule& rule : liveness::signal_table()) {
        signals.insert(rule.name);
        for (const std::string_view species : meant_to_stop(rule.name)) {
            EXPECT_TRUE(synthesis::species_named(species)) << species;
        }
    }
    // A renamed signal would silently lose its attacks.
    for (const char* name : {"one_face", "in_oval", "moved_closer", "solid_head", "relief", "same_person",
                             "color_order", "color_gain", "surround", "natural_motion", "no_loop", "continuity",
                             "blinks", "claims", "clock_rate", "event_times", "moire"}) {
        EXPECT_TRUE(signals.contains(name)) << name;
        EXPECT_FALSE(meant_to_stop(name).empty()) << name;
    }
}

TEST(LivenessPlan, TheHalvesShareNeitherFacesNorSeeds) {
    SuiteFaces faces;
    for (const char* name : {"a", "b", "c"}) faces.training.push_back({name, {}, {}});
    for (const char* name : {"d", "e"}) faces.test.push_back({name, {}, {}});
    SuitePlan plan{.species = {Species::kGenuine, Species::kPrint, Species::kFrozen},
                   .types = {ChallengeType::kMovementAndLight, ChallengeType::kMovement},
                   .halves = {SuiteHalf::kTraining, SuiteHalf::kTest},
                   .seeds = 6};
    std::map<SuiteHalf, std::set<std::uint64_t>> seeds;
    std::map<SuiteHalf, std::set<std::size_t>> people;
    std::map<std::tuple<Species, ChallengeType, SuiteHalf>, int> counts;
    for (const PlannedTake& planned : plan_takes(plan, faces)) {
        seeds[planned.half].insert(planned.seed);
        people[planned.half].insert(planned.who);
        ++counts[{planned.species, planned.type, planned.half}];
        EXPECT_EQ(planned.seed % 2, planned.half == SuiteHalf::kTraining ? 1U : 0U);
        ASSERT_LT(planned.who, planned.half == SuiteHalf::kTraining ? 3U : 2U);
    }
    EXPECT_EQ(seeds[SuiteHalf::kTraining].size(), 24U);
    EXPECT_EQ(seeds[SuiteHalf::kTest].size(), 24U);
    EXPECT_EQ(people[SuiteHalf::kTraining].size(), 3U);
    EXPECT_EQ(people[SuiteHalf::kTest].size(), 2U);
    EXPECT_EQ((counts[{Species::kGenuine, ChallengeType::kMovement, SuiteHalf::kTest}]), 24);
    EXPECT_EQ((counts[{Species::kPrint, ChallengeType::kMovement, SuiteHalf::kTest}]), 6);
    EXPECT_EQ((counts[{Species::kFrozen, ChallengeType::kMovementAndLight, SuiteHalf::kTraining}]), 6);
    EXPECT_FALSE((counts.contains({Species::kFrozen, ChallengeType::kMovement, SuiteHalf::kTraining})));
}

TEST(LivenessReport, SaysWhatWasMeasuredAndWhatNot) {
    LivenessReport report;
    report.pack = "default-1";
    report.training_faces = {"a", "b"};
    report.test_faces = {"c", "d"};
    report.takes = some_takes();
    report.parts = results_of(report.takes);
    report.misses = bar_misses(report.parts);
    const std::string table = liveness_table(report, true);
    EXPECT_THAT(table, HasSubstr("computer graphics"));
    EXPECT_THAT(table, HasSubstr("injected_render is under no bar"));
    EXPECT_THAT(table, HasSubstr("The bar is missed: light challenge: 1 of 2 mask attacks"));
    EXPECT_THAT(table, HasSubstr("mask, face someone, seed 2: confidence 100.0; relief 1.1"));
    EXPECT_THAT(table, Not(HasSubstr("injected_render, face")));
    EXPECT_THAT(table, HasSubstr("Margins, light challenge, training half"));
    EXPECT_THAT(liveness_markdown(report), HasSubstr("| `mask` | a face cut out of a print, worn bent around a head | "
                                                     "1 of 2 | 50.0 % | ≤ 97.5 % | – | relief 1 |"));
    EXPECT_THAT(liveness_markdown(report), HasSubstr("| `print` | a flat print, moved by hand | 0 of 4 | 0.0 % | ≤ "
                                                     "52.7 % | 1 of 1 | relief 4 |"));

    const boost::json::object root = liveness_json(report);
    const boost::json::object& part = root.at("parts").as_array().at(1).as_object();
    EXPECT_EQ(part.at("genuine").at("bpcer").at("rate").to_number<double>(), 0.05);
    const boost::json::object& mask = part.at("attacks").as_array().at(1).as_object();
    EXPECT_EQ(mask.at("apcer").at("errors").to_number<int>(), 1);
    EXPECT_EQ(mask.at("signals").at("relief").at("quantiles").as_array().size(),
              root.at("quantile_shares").as_array().size());
    EXPECT_EQ(mask.at("signals").at("solid_head").at("unmeasured").to_number<int>(), 2);
    EXPECT_EQ(mask.at("wrong").as_array().size(), 1U);

    const std::string svg = liveness_plot(report);
    EXPECT_EQ(svg.rfind("<?xml", 0), 0U);
    EXPECT_THAT(svg, HasSubstr("movement challenge"));
    EXPECT_THAT(svg, HasSubstr(">relief<"));
}

}  // namespace
}  // namespace facegate::app::testing
