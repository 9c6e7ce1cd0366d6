#include "liveness/signal_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

#include "liveness/verdict.h"

namespace facegate::liveness {
namespace {

bool rises(const Scale& scale) {
    return scale.pass > scale.none;
}

TEST(SignalTable, EveryRuleSaysWhatItIs) {
    std::set<std::string_view> names;
    double required = 0;
    double supporting = 0;
    for (const SignalRule& rule : signal_table()) {
        SCOPED_TRACE(rule.name);
        EXPECT_FALSE(rule.name.empty());
        EXPECT_TRUE(names.insert(rule.name).second);
        EXPECT_FALSE(rule.unit.empty());
        EXPECT_FALSE(rule.good.empty());
        EXPECT_FALSE(rule.bad.empty());
        EXPECT_NE(rule.good, rule.bad);
        EXPECT_GT(rule.weight, 0);
        ASSERT_NE(rule.value, nullptr);
        (rule.role == SignalRole::kRequired ? required : supporting) += rule.weight;
    }
    // What only supports must not outweigh the pass mark: a clip whose required signals are perfect stays live.
    EXPECT_LT(supporting * 0.5, (required + supporting) * (1 - kLiveConfidence / 100));
}

std::vector<std::pair<std::string_view, Scale>> scales() {
    std::vector<std::pair<std::string_view, Scale>> all;
    for (const SignalRule& rule : signal_table()) {
        all.emplace_back(rule.name, rule.light);
        if (!rule.light_only) all.emplace_back(rule.name, rule.movement);
    }
    return all;
}

TEST(SignalTable, ScalesGoOneWay) {
    for (const auto& [name, scale] : scales()) {
        SCOPED_TRACE(name);
        EXPECT_NE(scale.none, scale.pass);
        // `full` lies beyond `pass` as seen from `none`, or on it.
        EXPECT_GE((scale.full - scale.pass) * (scale.pass - scale.none), 0);
        EXPECT_EQ(scale.score(scale.full), 1);
        EXPECT_GE(scale.score(scale.pass), 0.9);
        EXPECT_EQ(scale.score(scale.none), 0);
        const double step = (scale.full - scale.none) / 400;
        double before = 0;
        for (int i = -100; i <= 500; ++i) {
            const double score = scale.score(scale.none + i * step);
            EXPECT_GE(score, before) << i;
            before = score;
        }
    }
}

TEST(SignalTable, AScoreOfNineTenthsIsAPass) {
    std::mt19937 random(1);
    for (const auto& [name, scale] : scales()) {
        SCOPED_TRACE(name);
        const double reach = 3 * std::max(std::abs(scale.full - scale.none), 0.1);
        std::uniform_real_distribution<double> anywhere(scale.none - reach, scale.none + reach);
        std::normal_distribution<double> near_pass(scale.pass, reach * 1e-6);
        for (int i = 0; i < 2000; ++i) {
            const double value = i % 2 == 0 ? anywhere(random) : near_pass(random);
            const double score = scale.score(value);
            EXPECT_GE(score, 0);
            EXPECT_LE(score, 1);
            EXPECT_EQ(score >= 0.9, scale.passes(value)) << value;
            EXPECT_EQ(scale.passes(value), rises(scale) ? value >= scale.pass : value <= scale.pass) << value;
            // Nor does rounding to the confidence's one decimal lift a failure.
            EXPECT_EQ(std::round(score * 1000) / 10 >= kLiveConfidence, scale.passes(value)) << value;
        }
        for (const double wild : {1e300, -1e300}) EXPECT_EQ(scale.score(wild) >= 0.9, scale.passes(wild));
    }
}

TEST(SignalTable, NothingMeasuredNothingPasses) {
    const ClipSignals nothing;
    for (const SignalRule& rule : signal_table()) {
        const auto value = rule.value(nothing);
        if (rule.name == "claims") {
            EXPECT_EQ(value, 0);
        } else {
            EXPECT_FALSE(value) << rule.name;
        }
    }
}

TEST(SignalTable, TheMarkdownHasALineForEach) {
    const std::string text = signal_table_markdown();
    EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(text, '\n')), signal_table().size() + 2);
    for (const SignalRule& rule : signal_table()) {
        EXPECT_NE(text.find("`" + std::string(rule.name) + "`"), std::string::npos) << rule.name;
    }
}

}  // namespace
}  // namespace facegate::liveness
