#include "app/bench/bench_liveness.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <thread>

#include "api/json_writer.h"
#include "app/bench/interrupt.h"
#include "app/bench/liveness_plot.h"
#include "app/bench/liveness_report.h"
#include "app/bench/liveness_run.h"
#include "app/packs.h"

namespace facegate::app {
namespace {

namespace fs = std::filesystem;

vision::EngineSet load_engine(const Config& config) {
    auto engine = vision::FaceEngine::load(engine_options(config));
    if (!engine) throw std::runtime_error(engine.error().message);
    return vision::EngineSet(std::move(*engine));
}

SuitePlan plan_of(const LivenessOptions& options) {
    using liveness::ChallengeType;
    SuitePlan plan;
    plan.seeds = options.seeds;
    for (const std::string& name : options.species) {
        const auto species = synthesis::species_named(name);
        if (!species) throw std::invalid_argument("--species: there is no " + name);
        plan.species.push_back(*species);
    }
    if (options.species.empty()) {
        for (int i = 0; i < synthesis::kSpeciesCount; ++i) plan.species.push_back(static_cast<synthesis::Species>(i));
    }
    if (options.challenge != "movement") plan.types.push_back(ChallengeType::kMovementAndLight);
    if (options.challenge != "light") plan.types.push_back(ChallengeType::kMovement);
    if (options.half != "test") plan.halves.push_back(SuiteHalf::kTraining);
    if (options.half != "training") plan.halves.push_back(SuiteHalf::kTest);
    return plan;
}

/// A run of hours must not fail at its last step.
void make_folder(const char* option, const std::string& folder) {
    std::error_code failed;
    if (!folder.empty()) fs::create_directories(folder, failed);
    if (failed) throw std::runtime_error(fmt::format("{} {}: {}", option, folder, failed.message()));
}

void write_file(const fs::path& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary | std::ios::trunc);
    stream << text;
    stream.close();
    if (!stream) throw std::runtime_error(file.string() + ": cannot be written");
}

std::vector<std::string> names_of(const std::vector<synthesis::Subject>& people) {
    std::vector<std::string> names;
    for (const synthesis::Subject& person : people) names.push_back(person.name);
    return names;
}

void measure(const Config& config, const LivenessOptions& options, LivenessReport& report) {
    const vision::EngineSet engines = load_engine(config);
    report.pack = engines.current().pack_id();
    report.runtime = engines.current().runtime_name();
    const std::size_t jobs =
        options.jobs > 0 ? static_cast<std::size_t>(options.jobs) : std::max(1U, std::thread::hardware_concurrency());
    const Interrupt interrupt;
    const auto start = std::chrono::steady_clock::now();
    if (!options.clips.empty()) {
        report.rendered = false;
        report.source = options.clips;
        report.takes = judge_folder(options.clips, engines, jobs, interrupt.flag());
    } else {
        const SuitePlan plan = plan_of(options);
        report.source = options.photos.empty() ? config.share_dir + "/samples" : options.photos;
        const SuiteFaces faces = load_suite_faces(report.source, engines.current());
        report.training_faces = names_of(faces.training);
        report.test_faces = names_of(faces.test);
        report.seeds = options.seeds;
        report.takes = judge_takes(plan_takes(plan, faces), faces, engines, options.write, jobs, interrupt.flag());
    }
    report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    report.parts = results_of(report.takes);
    report.misses = bar_misses(report.parts);
}

}  // namespace

void bench_liveness(const Config& config, const LivenessOptions& options) {
    make_folder("--out", options.out);
    make_folder("--write", options.write);
    LivenessReport report;
    measure(config, options, report);
    const std::string as_json = api::write_json_indented(liveness_json(report));
    std::cout << (options.json ? as_json : liveness_table(report, options.margins)) << std::flush;
    if (!options.svg.empty()) write_file(options.svg, liveness_plot(report));
    if (!options.out.empty()) {
        const fs::path out = options.out;
        write_file(out / "liveness.json", as_json);
        write_file(out / "liveness.txt", liveness_table(report, true));
        write_file(out / "liveness.md", liveness_markdown(report));
        write_file(out / "liveness.svg", liveness_plot(report));
    }
    if (!report.misses.empty()) throw std::runtime_error(fmt::format("the bar is missed: {}", report.misses.front()));
}

}  // namespace facegate::app
