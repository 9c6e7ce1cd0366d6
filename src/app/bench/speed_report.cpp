#include "app/bench/speed_report.h"

#include <fmt/format.h>

namespace facegate::app {
namespace {

namespace json = boost::json;

constexpr double kBusyLoad = 0.5;

std::string row(const std::string& label, double median, double p95, const std::string& note = "") {
    return fmt::format("  {:<34}{:>9.2f}{:>9.2f}   {}\n", label, median, p95, note);
}

std::string network_note(const RuntimeSpeed::Network& network, double peak) {
    std::string note = fmt::format("in the pipeline {:.2f}", network.inside_ms);
    if (network.gflop <= 0 || network.alone_ms <= 0) return note;
    const double speed = network.gflop * static_cast<double>(network.runs) / (network.alone_ms / 1000);
    note += fmt::format("; {:.2f} GFLOP a run, {:.0f} GFLOP/s", network.gflop, speed);
    if (peak > 0) note += fmt::format(", {:.0f} % of peak", 100 * speed / peak);
    return note;
}

std::string runtime_table(const RuntimeSpeed& speed, double peak) {
    std::string text = fmt::format("\n{}: loaded in {:.0f} ms, {:.0f} MB\n  {:<34}{:>9}{:>9}\n", speed.name,
                                   speed.load_ms, speed.loaded_mb, "ms for one photo, one thread", "median", "p95");
    for (const RuntimeSpeed::Stage& stage : speed.stages)
        text += row(stage.name, stage.ms.median(), stage.ms.quantile(0.95));
    text += row("total", speed.total.median(), speed.total.quantile(0.95));
    for (const RuntimeSpeed::Network& network : speed.networks) {
        if (network.runs == 0) {
            text += fmt::format("  {:<34}        not needed for this photo\n", network.name);
            continue;
        }
        text += row(fmt::format("{} alone, {} x", network.name, network.runs), network.alone_ms, network.alone_p95,
                    network_note(network, peak));
    }
    text += row("networks alone, sum", speed.alone.median(), speed.alone.quantile(0.95));
    text += fmt::format("  total / sum {:.3f}; bound {:g} x sum + {:g} ms = {:.2f} ms: {}\n",
                        speed.total.median() / speed.alone.median(), kSpeedFactor, kSpeedExtraMs, speed.bound_ms(),
                        speed.within_bound() ? "ok" : "MISSED");
    for (std::size_t i = 0; i < speed.workers.size(); ++i) {
        const RuntimeSpeed::Workers& workers = speed.workers[i];
        text += fmt::format("  {} worker{}: {:.1f} photos a second", workers.count, workers.count == 1 ? "" : "s",
                            workers.photos_per_second);
        if (i > 0) {
            text += fmt::format(", {:.3f} of {} x one: {}", speed.scaling(i), workers.count,
                                speed.scaling(i) >= kScaling ? "ok" : "MISSED");
        }
        text += fmt::format("; {:.1f} ms of processor time a photo; {:.0f} MB resident\n", workers.cpu_ms,
                            workers.resident_mb);
    }
    if (speed.workers.size() > 1)
        text += fmt::format("  memory per further worker: {:.1f} MB\n", speed.mb_per_worker());
    return text;
}

json::object quantiles_json(const std::string& name, const Samples& ms) {
    return {{"name", name}, {"median_ms", ms.median()}, {"p10_ms", ms.quantile(0.1)}, {"p95_ms", ms.quantile(0.95)}};
}

json::object runtime_json(const RuntimeSpeed& speed, double peak) {
    json::array stages;
    for (const RuntimeSpeed::Stage& stage : speed.stages) stages.push_back(quantiles_json(stage.name, stage.ms));
    json::array networks;
    for (const RuntimeSpeed::Network& network : speed.networks) {
        json::object item{{"name", network.name},
                          {"runs", network.runs},
                          {"in_pipeline_ms", network.inside_ms},
                          {"alone_median_ms", network.alone_ms},
                          {"alone_p95_ms", network.alone_p95},
                          {"gflop", nullptr},
                          {"gflops", nullptr},
                          {"share_of_peak", nullptr}};
        if (network.gflop > 0 && network.runs > 0) {
            const double gflops = network.gflop * static_cast<double>(network.runs) / (network.alone_ms / 1000);
            item["gflop"] = network.gflop;
            item["gflops"] = gflops;
            if (peak > 0) item["share_of_peak"] = gflops / peak;
        }
        networks.push_back(std::move(item));
    }
    json::array workers;
    for (std::size_t i = 0; i < speed.workers.size(); ++i) {
        workers.push_back(json::object{{"workers", speed.workers[i].count},
                                       {"photos_per_second", speed.workers[i].photos_per_second},
                                       {"scaling", speed.scaling(i)},
                                       {"cpu_ms_per_photo", speed.workers[i].cpu_ms},
                                       {"resident_mb", speed.workers[i].resident_mb}});
    }
    return {{"name", speed.name},
            {"load_ms", speed.load_ms},
            {"loaded_mb", speed.loaded_mb},
            {"stages", std::move(stages)},
            {"total", quantiles_json("total", speed.total)},
            {"networks", std::move(networks)},
            {"networks_alone", quantiles_json("networks alone, sum", speed.alone)},
            {"total_over_sum", speed.total.median() / speed.alone.median()},
            {"bound_ms", speed.bound_ms()},
            {"within_bound", speed.within_bound()},
            {"workers", std::move(workers)},
            {"mb_per_worker", speed.mb_per_worker()}};
}

}  // namespace

double RuntimeSpeed::scaling(std::size_t i) const {
    return workers.at(i).photos_per_second /
           (static_cast<double>(workers[i].count) * workers.front().photos_per_second);
}

double RuntimeSpeed::mb_per_worker() const {
    if (workers.size() < 2) return 0;
    return (workers.back().resident_mb - workers.front().resident_mb) /
           static_cast<double>(workers.back().count - workers.front().count);
}

std::string speed_table(const SpeedReport& report) {
    std::string text =
        fmt::format("{}, {} cores, load {:.2f} before the start\n", report.cpu, report.cores, report.load);
    if (report.load > kBusyLoad) text += "The machine was busy: times are too long; trust the ratios more.\n";
    text += fmt::format("{}, photo {} ({} x {}, {} KB), {} rounds\n", report.pack, report.photo, report.width,
                        report.height, report.bytes / 1024, report.rounds);
    if (report.peak_gflops > 0) {
        text += fmt::format("peak of one core: {:.0f} GFLOP/s, multiply-adds in registers: the ceiling of any sgemm\n",
                            report.peak_gflops);
    }
    for (const RuntimeSpeed& speed : report.runtimes) text += runtime_table(speed, report.peak_gflops);
    return text;
}

json::object speed_json(const SpeedReport& report) {
    json::array runtimes;
    for (const RuntimeSpeed& speed : report.runtimes) runtimes.push_back(runtime_json(speed, report.peak_gflops));
    return {{"machine", json::object{{"cpu", report.cpu}, {"cores", report.cores}, {"load_at_start", report.load}}},
            {"pack", report.pack},
            {"photo",
             json::object{
                 {"file", report.photo}, {"width", report.width}, {"height", report.height}, {"bytes", report.bytes}}},
            {"rounds", report.rounds},
            {"peak_gflops", report.peak_gflops > 0 ? json::value(report.peak_gflops) : json::value(nullptr)},
            {"runtimes", std::move(runtimes)}};
}

}  // namespace facegate::app
