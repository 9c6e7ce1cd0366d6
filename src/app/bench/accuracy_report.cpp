#include "app/bench/accuracy_report.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "evaluation/calibration_fit.h"
#include "evaluation/det_plot.h"

namespace facegate::app {
namespace {

namespace json = boost::json;
using evaluation::ErrorRates;
using evaluation::Identification;
using evaluation::OperatingPoint;
using evaluation::Support;

constexpr int kCurvePointsPerDecade = 20;

const char* name_of(Support support) {
    switch (support) {
        case Support::kNone: return "none";
        case Support::kWeak: return "weak";
        case Support::kFirm: return "firm";
    }
    return "";
}

/// 1234567 -> 1,234,567
std::string grouped(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
        text += digits[i];
    }
    return text;
}

std::string percent(double share) {
    return fmt::format("{:.2f} %", 100 * share);
}

std::string rates_table(const ErrorRates& rates, const std::string& indent) {
    std::string text =
        fmt::format("{}{:<8}{:>9}{:>14}{:>11}   {}\n", indent, "FMR", "S", "false matches", "FNMR", "95 % interval");
    for (const double wanted : evaluation::kReportedRates) {
        const OperatingPoint point = rates.at_fmr(wanted);
        if (point.support == Support::kNone) {
            text += fmt::format("{}{:<8}not measurable: {} impostor comparisons are too few\n", indent,
                                fmt::format("{:.0e}", wanted), grouped(rates.impostor()));
            break;
        }
        text += fmt::format("{}{:<8}{:>9.3f}{:>14}{:>11}   {} to {}{}\n", indent, fmt::format("{:.0e}", wanted),
                            point.s, grouped(point.false_matches), percent(point.fnmr),
                            percent(point.fnmr_interval.low), percent(point.fnmr_interval.high),
                            point.support == Support::kWeak ? "   uncertain: under 30 false matches" : "");
    }
    return text;
}

std::string identification_table(const Identification& search) {
    std::string text = fmt::format("  {} enrolled: right person first {}; {} searches of them, {} of strangers\n",
                                   grouped(search.gallery), percent(search.rank_one), grouped(search.mated),
                                   grouped(search.non_mated));
    for (const Identification::Rate& rate : search.rates) {
        if (rate.support == Support::kNone) {
            text += fmt::format("    FPIR {:<6g} not measurable: too few strangers\n", rate.fpir);
            continue;
        }
        text += fmt::format("    FPIR {:<6g} found {}   ({} to {}) at S {:.3f}{}\n", rate.fpir, percent(rate.tpir),
                            percent(rate.tpir_interval.low), percent(rate.tpir_interval.high), rate.s,
                            rate.support == Support::kWeak ? "   uncertain: under 30 false finds" : "");
    }
    return text;
}

std::string pairs_table(const PairsResult& pairs) {
    std::string text = fmt::format("\nPairs of {}: {}, {} left out because a photo has no face\n", pairs.file,
                                   grouped(pairs.pairs), grouped(pairs.left_out));
    if (pairs.folds) {
        text += fmt::format("  accuracy {} (standard deviation {} over {} folds, standard error {})\n",
                            percent(pairs.folds->mean), percent(pairs.folds->deviation), pairs.folds->by_fold.size(),
                            percent(pairs.folds->standard_error));
    } else {
        text += "  accuracy by folds: not measurable, it needs two folds with both kinds of pairs\n";
    }
    if (pairs.rates.measured()) {
        text += fmt::format("  equal error rate {}\n", percent(pairs.rates.equal_error_rate().rate));
    }
    return text;
}

json::value number_or_null(bool known, double number) {
    return known ? json::value(number) : json::value(nullptr);
}

json::array interval_json(const evaluation::Interval& interval) {
    return {interval.low, interval.high};
}

json::object rates_json(const ErrorRates& rates) {
    json::object object{{"genuine_comparisons", rates.genuine()},
                        {"impostor_comparisons", rates.impostor()},
                        {"genuine_people", rates.genuine_people()}};
    const auto eer = rates.equal_error_rate();
    object["equal_error_rate"] = number_or_null(rates.measured(), eer.rate);
    object["equal_error_s"] = number_or_null(rates.measured(), eer.s);
    json::array points;
    for (const double wanted : evaluation::kReportedRates) {
        const OperatingPoint point = rates.at_fmr(wanted);
        const bool known = rates.measured() && point.support != Support::kNone;
        json::object row{{"fmr", wanted}, {"support", name_of(point.support)}};
        row["s"] = number_or_null(known, point.s);
        row["false_matches"] = known ? json::value(point.false_matches) : json::value(nullptr);
        row["fmr_counted"] = number_or_null(known, point.fmr);
        row["fnmr"] = number_or_null(known, point.fnmr);
        row["fnmr_interval"] = known ? json::value(interval_json(point.fnmr_interval)) : json::value(nullptr);
        points.push_back(std::move(row));
    }
    object["points"] = std::move(points);
    json::array curve;
    for (const evaluation::CurvePoint& point : rates.curve(kCurvePointsPerDecade))
        curve.push_back(json::object{{"s", point.s}, {"fmr", point.fmr}, {"fnmr", point.fnmr}});
    object["curve"] = std::move(curve);
    return object;
}

json::object identification_json(const Identification& search) {
    json::array rates;
    for (const Identification::Rate& rate : search.rates) {
        const bool known = rate.support != Support::kNone && search.mated > 0;
        json::object row{{"fpir", rate.fpir}, {"support", name_of(rate.support)}};
        row["s"] = number_or_null(known, rate.s);
        row["false_finds"] = known ? json::value(rate.false_finds) : json::value(nullptr);
        row["tpir"] = number_or_null(known, rate.tpir);
        row["tpir_interval"] = known ? json::value(interval_json(rate.tpir_interval)) : json::value(nullptr);
        rates.push_back(std::move(row));
    }
    return {{"gallery", search.gallery},
            {"mated_searches", search.mated},
            {"non_mated_searches", search.non_mated},
            {"rank_one", number_or_null(search.mated > 0, search.rank_one)},
            {"rates", std::move(rates)}};
}

json::object pairs_json(const PairsResult& pairs) {
    json::object object{{"file", pairs.file}, {"pairs", pairs.pairs}, {"left_out", pairs.left_out}};
    object["accuracy"] = nullptr;
    if (pairs.folds) {
        object["accuracy"] = json::object{{"mean", pairs.folds->mean},
                                          {"standard_deviation", pairs.folds->deviation},
                                          {"standard_error", pairs.folds->standard_error},
                                          {"by_fold", json::value_from(pairs.folds->by_fold)}};
    }
    object["equal_error_rate"] = number_or_null(pairs.rates.measured(), pairs.rates.equal_error_rate().rate);
    return object;
}

std::vector<vision::Calibration::Point> calibration_points(const evaluation::TrialResult& trial) {
    auto points = evaluation::fit_calibration(trial.verification);
    for (vision::Calibration::Point& point : points) point.s = std::ceil(point.s * 1000) / 1000;  // towards refusing
    return points;
}

}  // namespace

std::string accuracy_table(const AccuracyReport& report) {
    const double no_face = static_cast<double>(report.without_face) / static_cast<double>(report.photos);
    std::string text = fmt::format("{}, {}\n{}: {} photos of {} people\n", report.pack, report.runtime, report.folder,
                                   grouped(report.photos), grouped(report.people));
    text += fmt::format("  {} without a face (failure to enroll {}), {} unreadable; both left out\n",
                        grouped(report.without_face), percent(no_face), grouped(report.unreadable));
    text += fmt::format("  {} embedded in {:.0f} s, {} known from the cache; scores in {:.1f} s\n",
                        grouped(report.photos - report.from_cache), report.embed_seconds, grouped(report.from_cache),
                        report.score_seconds);
    if (!report.cache.empty()) {
        text += fmt::format(
            "  the cache holds biometric templates, unencrypted; delete it when you are done:\n    rm '{}'\n",
            report.cache);
    }
    text += fmt::format("\nEvery photo with every other: {} genuine comparisons of {} people, {} impostors\n",
                        grouped(report.all_pairs.genuine()), grouped(report.all_pairs.genuine_people()),
                        grouped(report.all_pairs.impostor()));
    if (report.all_pairs.measured()) {
        text += fmt::format("  equal error rate {}\n", percent(report.all_pairs.equal_error_rate().rate));
        text += rates_table(report.all_pairs, "  ");
    }
    if (report.pairs) text += pairs_table(*report.pairs);
    for (const evaluation::TrialResult& trial : report.templates) {
        text += fmt::format("\nTemplates of {} photo{}: {} people, {} draws, {} genuine and {} impostor comparisons\n",
                            trial.photos, trial.photos == 1 ? "" : "s", grouped(trial.people), report.draws,
                            grouped(trial.verification.genuine()), grouped(trial.verification.impostor()));
        if (!trial.verification.measured()) {
            text +=
                fmt::format("  not measurable: it takes two people, one of them with {} photos\n", trial.photos + 1);
            continue;
        }
        text += rates_table(trial.verification, "  ");
        for (const Identification& search : trial.identification) text += identification_table(search);
    }
    return text;
}

json::object accuracy_json(const AccuracyReport& report) {
    json::object object{{"pack", report.pack},
                        {"runtime", report.runtime},
                        {"folder", report.folder},
                        {"cache", report.cache.empty() ? json::value(nullptr) : json::value(report.cache)},
                        {"photos", report.photos},
                        {"people", report.people},
                        {"without_face", report.without_face},
                        {"unreadable", report.unreadable},
                        {"ignored", report.ignored},
                        {"from_cache", report.from_cache},
                        {"embed_seconds", report.embed_seconds},
                        {"score_seconds", report.score_seconds},
                        {"seed", report.seed},
                        {"draws", report.draws},
                        {"score_step", report.score_step},
                        {"warnings", json::value_from(report.warnings)}};
    object["all_pairs"] = rates_json(report.all_pairs);
    object["pairs"] = report.pairs ? json::value(pairs_json(*report.pairs)) : json::value(nullptr);
    json::array templates;
    for (const evaluation::TrialResult& trial : report.templates) {
        json::object row{{"photos", trial.photos}, {"people", trial.people}};
        row["verification"] = rates_json(trial.verification);
        json::array searches;
        for (const Identification& search : trial.identification) searches.push_back(identification_json(search));
        row["identification"] = std::move(searches);
        templates.push_back(std::move(row));
    }
    object["templates"] = std::move(templates);
    return object;
}

std::string accuracy_plot(const AccuracyReport& report) {
    std::vector<evaluation::PlotCurve> curves;
    curves.push_back({"every photo with every other", report.all_pairs.curve(kCurvePointsPerDecade)});
    for (const evaluation::TrialResult& trial : report.templates) {
        if (!trial.verification.measured()) continue;
        curves.push_back({fmt::format("templates of {} photo{}", trial.photos, trial.photos == 1 ? "" : "s"),
                          trial.verification.curve(kCurvePointsPerDecade)});
    }
    return evaluation::det_plot(
        fmt::format("False matches and false non-matches, pack {}", report.pack),
        fmt::format("{} photos of {} people, {}", grouped(report.photos), grouped(report.people), report.runtime),
        curves);
}

std::vector<std::string> calibration_warnings(const AccuracyReport& report, const vision::Calibration& pack) {
    std::map<int, std::vector<vision::Calibration::Point>> tables;
    for (const evaluation::TrialResult& trial : report.templates) {
        auto points = calibration_points(trial);
        if (points.size() >= 2) tables[trial.photos] = std::move(points);
    }
    if (tables.empty()) return {};
    const auto lax = vision::Calibration(std::move(tables)).laxer_than(pack);
    if (!lax) return {};
    return {
        fmt::format("--calibrate: at FMR {:.0e} for templates of {} photo{} the threshold is S {:.3f}, but {:.3f} by "
                    "the pack's own calibration. Someone may have tampered with the photos, or the people differ "
                    "from those the pack was measured on: ask why before you trust it",
                    lax->fmr, lax->photos, lax->photos == 1 ? "" : "s", lax->s, lax->other_s)};
}

json::object calibration_json(const AccuracyReport& report) {
    json::array tables;
    for (const evaluation::TrialResult& trial : report.templates) {
        json::array points;
        for (const vision::Calibration::Point& point : calibration_points(trial))
            points.push_back(json::object{{"fmr", point.fmr}, {"s", point.s}});
        if (points.size() < 2) {
            throw std::runtime_error(fmt::format(
                "--calibrate: templates of {0} photos cannot be calibrated: {1} people have {2} photos with a face or "
                "more, which gives {3} impostor comparisons; 3,000 and more are needed (some dozens of people with {2} "
                "photos each)",
                trial.photos, trial.people, trial.photos + 1, grouped(trial.verification.impostor())));
        }
        tables.push_back(json::object{{"photos", trial.photos}, {"points", std::move(points)}});
    }
    const std::string source = fmt::format("facegate bench accuracy, {} photos of {} people, {} draws, seed {}",
                                           grouped(report.photos - report.without_face - report.unreadable),
                                           grouped(report.people), report.draws, report.seed);
    return {{"format", 1},
            {"pack", report.pack},
            {"calibration", json::object{{"source", source}, {"tables", std::move(tables)}}}};
}

}  // namespace facegate::app
