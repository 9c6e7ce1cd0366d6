#include "app/bench/liveness_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/bench/progress.h"
#include "synthesis/species.h"

namespace facegate::app {
namespace {

namespace json = boost::json;
using liveness::ChallengeType;
using liveness::SignalJudgement;

constexpr std::size_t kMaxListed = 20;
constexpr double kQuantiles[] = {0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1};
constexpr const char* kHonest =
    "These takes are computer graphics: heads made from single photos, under simple light. They show what the signals "
    "do against these attacks, and say nothing about attacks that are not among them, nor about real cameras.";
constexpr const char* kApart =
    "injected_render is under no bar: a head rendered live for this very challenge, fed in instead of a camera's "
    "picture. No check of the video alone can tell it; what helps is control over the device.";

std::string percent(double share) {
    return fmt::format("{:.1f} %", 100 * share);
}

std::string word_of(ChallengeType type) {
    return type == ChallengeType::kMovementAndLight ? "light" : "movement";
}

std::string word_of(SuiteHalf half) {
    switch (half) {
        case SuiteHalf::kTraining: return "training";
        case SuiteHalf::kTest: return "test";
        case SuiteHalf::kWhole: return "whole";
    }
    return "";
}

std::string refused_by(const SpeciesResult& species, std::size_t most) {
    std::string list;
    for (std::size_t i = 0; i < std::min(most, species.refused_by.size()); ++i) {
        const auto& [signal, count] = species.refused_by[i];
        list += fmt::format("{}{} {}", i == 0 ? "" : ", ", signal, count);
    }
    if (species.refused_by.size() > most) list += fmt::format(", {} more", species.refused_by.size() - most);
    return list;
}

std::string row(const SpeciesResult& species) {
    return fmt::format("  {:<20}{:>6}{:>8}{:>9}{:>9}   {}\n", species.species, species.errors.takes,
                       species.errors.errors, percent(species.errors.rate()), percent(species.errors.bound()),
                       refused_by(species, 5));
}

/// Who it is, and the values that decided.
std::string spoken(const JudgedTake& take) {
    std::string text = take.species;
    if (!take.file.empty()) text += ", " + take.file;
    if (!take.face.empty()) text += ", face " + take.face;
    if (take.seed) text += fmt::format(", seed {}", *take.seed);
    text += fmt::format(": confidence {:.1f}", take.verdict.confidence);
    if (!take.problem.empty()) return text + ", " + take.problem;
    for (const SignalJudgement& signal : take.verdict.signals) {
        const bool telling = signal.required ? !signal.passed : signal.score < 0.9;
        if (!telling && !take.verdict.live) continue;
        text += fmt::format("; {} {}", signal.name, signal.value ? fmt::format("{:.4g}", *signal.value) : "unmeasured");
    }
    return text;
}

std::string wrong_list(const PartResult& part) {
    std::vector<const JudgedTake*> wrong;
    const auto collect = [&](const SpeciesResult& species) {
        if (!species.apart) wrong.insert(wrong.end(), species.wrong.begin(), species.wrong.end());
    };
    std::ranges::for_each(part.attacks, collect);
    collect(part.genuine);
    if (wrong.empty()) return {};
    std::string text = "  judged wrongly:\n";
    for (std::size_t i = 0; i < std::min(kMaxListed, wrong.size()); ++i) {
        text += fmt::format("    {}\n", spoken(*wrong[i]));
    }
    if (wrong.size() > kMaxListed)
        text += fmt::format("    and {} more; --json lists them all\n", wrong.size() - kMaxListed);
    return text;
}

std::string margins_table(const PartResult& part) {
    const auto shown = [](const std::optional<double>& value) { return value ? fmt::format("{:.4g}", *value) : "-"; };
    std::string text = fmt::format("\nMargins, {}\n  {:<16}{:>13}{:>12}{:>14}   {}\n", title_of(part), "signal",
                                   "99 % genuine", "pass", "best attack", "of those it is meant to stop");
    for (const Margin& margin : margins_of(part)) {
        text += fmt::format("  {:<16}{:>13}{:>12}{:>14}   {}\n", margin.signal, shown(margin.genuine),
                            fmt::format("{} {:.4g}", margin.rises ? ">=" : "<=", margin.pass), shown(margin.attack),
                            margin.best_species);
    }
    return text;
}

json::object count_json(const ErrorCount& count) {
    return {{"takes", count.takes}, {"errors", count.errors}, {"rate", count.rate()}, {"upper_95", count.bound()}};
}

json::object take_json(const JudgedTake& take) {
    json::object signals;
    for (const SignalJudgement& signal : take.verdict.signals)
        signals[signal.name] = signal.value ? json::value(*signal.value) : json::value(nullptr);
    json::object object{{"face", take.face}, {"confidence", take.verdict.confidence}, {"signals", std::move(signals)}};
    if (take.seed) object["seed"] = *take.seed;
    if (!take.file.empty()) object["file"] = take.file;
    if (!take.problem.empty()) object["problem"] = take.problem;
    return object;
}

/// Quantiles of each signal's values; null where nothing was measured.
json::object distributions(std::span<const JudgedTake* const> takes, ChallengeType type) {
    json::object signals;
    for (const liveness::SignalRule& rule : liveness::signal_table()) {
        if (scale_of(rule, type) == nullptr) continue;
        const std::vector<double> values = values_of(takes, rule.name);
        json::array quantiles;
        for (const double share : kQuantiles) {
            if (!values.empty()) quantiles.push_back(quantile(values, share));
        }
        signals[rule.name] = json::object{{"measured", values.size()},
                                          {"unmeasured", takes.size() - values.size()},
                                          {"quantiles", std::move(quantiles)}};
    }
    return signals;
}

json::object species_json(const SpeciesResult& species, const PartResult& part) {
    json::object refused;
    for (const auto& [signal, count] : species.refused_by) refused[signal] = count;
    json::array wrong;
    for (const JudgedTake* take : species.wrong) wrong.push_back(take_json(*take));
    std::vector<const JudgedTake*> takes;
    std::ranges::copy_if(part.takes, std::back_inserter(takes), [&](const JudgedTake* take) {
        return take->genuine == species.genuine && (species.genuine || take->species == species.species);
    });
    return {{"species", species.species},      {species.genuine ? "bpcer" : "apcer", count_json(species.errors)},
            {"reported_apart", species.apart}, {"refused_by", std::move(refused)},
            {"wrong", std::move(wrong)},       {"signals", distributions(takes, part.type)}};
}

json::object part_json(const PartResult& part) {
    json::array attacks;
    for (const SpeciesResult& attack : part.attacks) attacks.push_back(species_json(attack, part));
    json::object points;
    for (const liveness::SignalRule& rule : liveness::signal_table()) {
        const liveness::Scale* scale = scale_of(rule, part.type);
        if (scale == nullptr) continue;
        points[rule.name] = json::object{{"unit", rule.unit},
                                         {"required", rule.role == liveness::SignalRole::kRequired},
                                         {"none", scale->none},
                                         {"pass", scale->pass},
                                         {"full", scale->full}};
    }
    json::array margins;
    for (const Margin& margin : margins_of(part)) {
        margins.push_back(
            json::object{{"signal", margin.signal},
                         {"pass", margin.pass},
                         {"rises", margin.rises},
                         {"genuine_99", margin.genuine ? json::value(*margin.genuine) : json::value(nullptr)},
                         {"best_attack", margin.attack ? json::value(*margin.attack) : json::value(nullptr)},
                         {"best_species", margin.best_species}});
    }
    return {
        {"challenge", word_of(part.type)}, {"half", word_of(part.half)}, {"genuine", species_json(part.genuine, part)},
        {"attacks", std::move(attacks)},   {"table", std::move(points)}, {"margins", std::move(margins)}};
}

/// Where the takes come from and how the halves differ.
std::string split_sentence(const LivenessReport& report) {
    if (report.training_faces.empty()) return {};
    return fmt::format(
        "Thresholds were fixed on the training half ({} people, odd seeds) and are reported on the test half ({} other "
        "people, even seeds).",
        report.training_faces.size(), report.test_faces.size());
}

const PartResult* part_with(const LivenessReport& report, ChallengeType type, SuiteHalf half) {
    for (const PartResult& part : report.parts) {
        if (part.type == type && part.half == half) return &part;
    }
    return nullptr;
}

std::string markdown_rate(const ErrorCount& count) {
    return fmt::format("{} of {}", count.errors, count.takes);
}

std::string markdown_rows(const PartResult& test, const PartResult* training) {
    const auto counterpart = [&](const SpeciesResult& species) -> std::string {
        if (training == nullptr) return "–";
        if (species.genuine) return markdown_rate(training->genuine.errors);
        for (const SpeciesResult& other : training->attacks) {
            if (other.species == species.species) return markdown_rate(other.errors);
        }
        return "–";
    };
    std::string text;
    const auto add = [&](const SpeciesResult& species) {
        const auto known = synthesis::species_named(species.species);
        text += fmt::format("| `{}`{} | {} | {} | {} | ≤ {} | {} | {} |\n", species.species,
                            species.apart ? " (apart)" : "",
                            known ? synthesis::description_of(*known) : std::string_view("–"),
                            markdown_rate(species.errors), percent(species.errors.rate()),
                            percent(species.errors.bound()), counterpart(species), refused_by(species, 3));
    };
    std::ranges::for_each(test.attacks, add);
    add(test.genuine);
    return text;
}

}  // namespace

std::string title_of(const PartResult& part) {
    const std::string challenge = word_of(part.type) + " challenge";
    return part.half == SuiteHalf::kWhole ? challenge : fmt::format("{}, {} half", challenge, word_of(part.half));
}

std::string liveness_table(const LivenessReport& report, bool margins) {
    std::string text =
        fmt::format("{}, {}\n{}: {} {} in {}\n", report.pack, report.runtime, report.source, report.takes.size(),
                    report.rendered ? "takes" : "clips", spoken_seconds(report.seconds));
    if (const std::string split = split_sentence(report); !split.empty()) text += split + "\n";
    if (report.rendered) text += fmt::format("{}\n", kHonest);
    bool apart = false;
    for (const PartResult& part : report.parts) {
        std::string title = title_of(part);
        title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
        text += fmt::format("\n{}\n  {:<20}{:>6}{:>8}{:>9}{:>9}   {}\n", title, "attack", "takes", "live", "APCER",
                            "95 % <=", "refused by (takes)");
        for (const SpeciesResult& attack : part.attacks) {
            text += row(attack);
            apart = apart || attack.apart;
        }
        text += fmt::format("  {:<20}{:>6}{:>8}{:>9}{:>9}   {}\n", "", "", "refused", "BPCER", "95 % <=", "");
        text += row(part.genuine) + wrong_list(part);
    }
    if (margins) {
        for (const PartResult& part : report.parts) {
            if (part.half != SuiteHalf::kTest) text += margins_table(part);
        }
    }
    text += "\n95 % <=: upper end of the one-sided 95 % interval (Clopper-Pearson): none of 20 is not none at all.\n";
    if (apart) text += fmt::format("{}\n", kApart);
    for (const std::string& miss : report.misses) text += "The bar is missed: " + miss + "\n";
    return text;
}

json::object liveness_json(const LivenessReport& report) {
    json::array parts;
    for (const PartResult& part : report.parts) parts.push_back(part_json(part));
    return {{"pack", report.pack},
            {"runtime", report.runtime},
            {"source", report.source},
            {"rendered", report.rendered},
            {"note", report.rendered ? json::value(kHonest) : json::value(nullptr)},
            {"training_faces", json::value_from(report.training_faces)},
            {"test_faces", json::value_from(report.test_faces)},
            {"seeds", report.seeds},
            {"takes", report.takes.size()},
            {"seconds", report.seconds},
            {"interval", "one-sided 95 %, Clopper-Pearson"},
            {"quantile_shares", json::value_from(std::vector<double>(std::begin(kQuantiles), std::end(kQuantiles)))},
            {"misses", json::value_from(report.misses)},
            {"parts", std::move(parts)}};
}

std::string liveness_markdown(const LivenessReport& report) {
    std::string text = "<!-- made by facegate bench liveness -->\n";
    if (const std::string split = split_sentence(report); !split.empty()) text += split + "\n";
    for (const ChallengeType type : {ChallengeType::kMovementAndLight, ChallengeType::kMovement}) {
        const SuiteHalf reported = report.rendered ? SuiteHalf::kTest : SuiteHalf::kWhole;
        const PartResult* test = part_with(report, type, reported);
        if (test == nullptr) continue;
        std::string title = title_of(*test);
        title[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(title[0])));
        text += fmt::format(
            "\n**{}**\n\n| species | what it is | judged wrongly | rate | 95 % bound | training half | refused by "
            "(takes) "
            "|\n|---|---|--:|--:|--:|--:|---|\n",
            title);
        text += markdown_rows(*test, part_with(report, type, SuiteHalf::kTraining));
    }
    text +=
        "\nJudged wrongly: an attack judged live (the rate is its APCER), or a genuine take refused (BPCER). The bound "
        "is the upper end of the one-sided 95 % interval by Clopper and Pearson.\n";
    return text + "<!-- end -->\n";
}

}  // namespace facegate::app
