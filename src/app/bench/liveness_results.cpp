#include "app/bench/liveness_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "evaluation/confidence_interval.h"
#include "synthesis/species.h"

namespace facegate::app {
namespace {

using liveness::ChallengeType;
using liveness::SignalJudgement;
using synthesis::Species;

constexpr double kWorstShare = 0.01;  // of the genuine takes, for margins

constexpr std::string_view kFlat[] = {"print", "screen_still", "photo_zoom", "frame_zoom"};
constexpr std::string_view kWithoutRelief[] = {"print",          "bent_print", "screen_still", "mask",
                                               "mask_with_eyes", "photo_zoom", "frame_zoom"};
constexpr std::string_view kOtherColors[] = {"replay_other_order", "replay_unlit", "reencoded", "other_session"};
constexpr std::string_view kTwoFaces[] = {"two_faces"};
constexpr std::string_view kElsewhere[] = {"forged_claims"};
constexpr std::string_view kSwapped[] = {"swap"};
constexpr std::string_view kUnlit[] = {"replay_unlit"};
constexpr std::string_view kTinted[] = {"frame_zoom"};
constexpr std::string_view kStill[] = {"frozen"};
constexpr std::string_view kRepeated[] = {"looped"};
constexpr std::string_view kLate[] = {"late_render"};
constexpr std::string_view kStretched[] = {"stretched_time"};
constexpr std::string_view kShifted[] = {"shifted_time"};
constexpr std::string_view kBlinkless[] = {"print", "bent_print", "screen_still", "mask", "frozen"};
constexpr std::string_view kScreens[] = {"screen_still"};

struct Target {
    std::string_view signal;
    std::span<const std::string_view> species;
};
constexpr Target kTargets[] = {
    {"one_face", kTwoFaces},    {"in_oval", kElsewhere},    {"moved_closer", kElsewhere},  {"solid_head", kFlat},
    {"relief", kWithoutRelief}, {"same_person", kSwapped},  {"color_order", kOtherColors}, {"color_gain", kUnlit},
    {"surround", kTinted},      {"natural_motion", kStill}, {"no_loop", kRepeated},        {"continuity", kSwapped},
    {"blinks", kBlinkless},     {"claims", kLate},          {"clock_rate", kStretched},    {"event_times", kShifted},
    {"moire", kScreens},
};

std::vector<std::pair<std::string, std::size_t>> refusals(std::span<const JudgedTake* const> takes) {
    std::map<std::string, std::size_t> counts;
    for (const JudgedTake* take : takes) {
        if (take->verdict.live) continue;
        if (!take->problem.empty()) {
            ++counts["video"];
            continue;
        }
        bool failed = false;
        for (const SignalJudgement& signal : take->verdict.signals) {
            if (!signal.required || signal.passed) continue;
            ++counts[signal.name];
            failed = true;
        }
        if (!failed) ++counts["confidence"];
    }
    std::vector<std::pair<std::string, std::size_t>> sorted(counts.begin(), counts.end());
    std::ranges::stable_sort(sorted, [](const auto& a, const auto& b) { return a.second > b.second; });
    return sorted;
}

SpeciesResult result_of(const std::string& species, bool genuine, std::span<const JudgedTake* const> takes) {
    SpeciesResult result;
    result.species = species;
    result.genuine = genuine;
    result.apart = !genuine && species == synthesis::name_of(Species::kInjectedRender);
    result.errors.takes = takes.size();
    for (const JudgedTake* take : takes) {
        if (take->verdict.live != genuine) result.wrong.push_back(take);
    }
    result.errors.errors = result.wrong.size();
    result.refused_by = refusals(takes);
    return result;
}

int order_of(const std::string& species) {
    const auto known = synthesis::species_named(species);
    return known ? static_cast<int>(*known) : synthesis::kSpeciesCount;
}

PartResult part_of(std::span<const JudgedTake> takes, ChallengeType type, SuiteHalf half) {
    PartResult part;
    part.type = type;
    part.half = half;
    std::map<std::pair<int, std::string>, std::vector<const JudgedTake*>> attacks;
    std::vector<const JudgedTake*> genuine;
    for (const JudgedTake& take : takes) {
        if (take.type != type || take.half != half) continue;
        part.takes.push_back(&take);
        (take.genuine ? genuine : attacks[{order_of(take.species), take.species}]).push_back(&take);
    }
    for (const auto& [key, of_species] : attacks) part.attacks.push_back(result_of(key.second, false, of_species));
    part.genuine = result_of("genuine", true, genuine);
    return part;
}

const char* spoken(ChallengeType type) {
    return type == ChallengeType::kMovementAndLight ? "light" : "movement";
}

}  // namespace

double ErrorCount::rate() const {
    return takes == 0 ? 0 : static_cast<double>(errors) / static_cast<double>(takes);
}

double ErrorCount::bound() const {
    return evaluation::clopper_pearson_upper(errors, takes);
}

std::vector<PartResult> results_of(std::span<const JudgedTake> takes) {
    std::vector<PartResult> parts;
    for (const ChallengeType type : {ChallengeType::kMovementAndLight, ChallengeType::kMovement}) {
        for (const SuiteHalf half : {SuiteHalf::kTraining, SuiteHalf::kTest, SuiteHalf::kWhole}) {
            PartResult part = part_of(takes, type, half);
            if (!part.takes.empty()) parts.push_back(std::move(part));
        }
    }
    return parts;
}

std::vector<std::string> bar_misses(std::span<const PartResult> parts) {
    std::vector<std::string> misses;
    for (const PartResult& part : parts) {
        if (part.half != SuiteHalf::kTest) continue;
        for (const SpeciesResult& attack : part.attacks) {
            if (attack.apart || attack.errors.errors == 0) continue;
            misses.push_back(fmt::format("{} challenge: {} of {} {} attacks were judged live", spoken(part.type),
                                         attack.errors.errors, attack.errors.takes, attack.species));
        }
        const ErrorCount& genuine = part.genuine.errors;
        if (genuine.rate() > kMaxBpcer) {
            misses.push_back(fmt::format("{} challenge: {} of {} genuine takes were refused, more than {:g} %",
                                         spoken(part.type), genuine.errors, genuine.takes, 100 * kMaxBpcer));
        }
    }
    return misses;
}

double quantile(std::span<const double> sorted, double share) {
    const double place = std::clamp(share, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (place - static_cast<double>(below));
}

std::vector<double> values_of(std::span<const JudgedTake* const> takes, std::string_view signal) {
    std::vector<double> values;
    for (const JudgedTake* take : takes) {
        for (const SignalJudgement& judgement : take->verdict.signals) {
            if (judgement.name == signal && judgement.value) values.push_back(*judgement.value);
        }
    }
    std::ranges::sort(values);
    return values;
}

const liveness::Scale* scale_of(const liveness::SignalRule& rule, ChallengeType type) {
    if (type == ChallengeType::kMovementAndLight) return &rule.light;
    return rule.light_only ? nullptr : &rule.movement;
}

bool rises(const liveness::Scale& scale) {
    return scale.pass > scale.none;
}

std::span<const std::string_view> meant_to_stop(std::string_view signal) {
    for (const Target& target : kTargets) {
        if (target.signal == signal) return target.species;
    }
    return {};
}

std::vector<Margin> margins_of(const PartResult& part) {
    std::vector<const JudgedTake*> genuine;
    std::ranges::copy_if(part.takes, std::back_inserter(genuine), [](const JudgedTake* take) { return take->genuine; });
    std::vector<Margin> margins;
    for (const liveness::SignalRule& rule : liveness::signal_table()) {
        const liveness::Scale* scale = scale_of(rule, part.type);
        if (scale == nullptr) continue;
        Margin margin{rule.name, scale->pass, rises(*scale), {}, {}, {}};
        const std::vector<double> values = values_of(genuine, rule.name);
        if (!values.empty()) margin.genuine = quantile(values, margin.rises ? kWorstShare : 1 - kWorstShare);
        for (const std::string_view species : meant_to_stop(rule.name)) {
            std::vector<const JudgedTake*> attacks;
            std::ranges::copy_if(part.takes, std::back_inserter(attacks),
                                 [&](const JudgedTake* take) { return !take->genuine && take->species == species; });
            const std::vector<double> reached = values_of(attacks, rule.name);
            if (reached.empty()) continue;
            const double best = margin.rises ? reached.back() : reached.front();
            if (margin.attack && (margin.rises ? best <= *margin.attack : best >= *margin.attack)) continue;
            margin.attack = best;
            margin.best_species = species;
        }
        margins.push_back(std::move(margin));
    }
    return margins;
}

}  // namespace facegate::app
