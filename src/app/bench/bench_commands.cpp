#include "app/bench/bench_commands.h"

#include <CLI/CLI.hpp>
#include <initializer_list>
#include <string_view>

#include "app/bench/bench_accuracy.h"
#include "app/bench/bench_liveness.h"
#include "app/bench/bench_speed.h"
#include "app/config.h"

namespace facegate::app {
namespace {

/// Adds some of the server's settings, with its names, texts and environment variables.
void add_settings(CLI::App* command, Config& config, std::initializer_list<std::string_view> names) {
    for (const Setting& setting : settings()) {
        if (std::find(names.begin(), names.end(), setting.name) == names.end()) continue;
        CLI::Option* option = command->add_option("--" + std::string(setting.name), config.*setting.text, setting.doc);
        option->envname(environment_name(setting));
        if (!setting.choices.empty()) option->check(CLI::IsMember(setting.choices));
        if (!(config.*setting.text).empty()) option->capture_default_str();
    }
}

void add_accuracy(CLI::App* bench) {
    static Config config;
    static AccuracyOptions options;
    CLI::App* command = bench->add_subcommand(
        "accuracy",
        "Measure false matches and false non-matches on labelled photos: ROC, EER, FNMR at FMR, templates of 1, 3 and "
        "5 "
        "photos, identification. The largest face of each photo counts; photos without one are counted and left out.");
    command->add_option("DIR", options.folder, "Folder with a subfolder for each person: NAME/NAME_0001.jpg (or .png)")
        ->required();
    command->add_option("--pairs", options.pairs,
                        "Pairs as in LFW, tabs between: NAME i j, NAME1 i NAME2 j; gives the accuracy by folds");
    CLI::Option* cache = command->add_option(
        "--cache", options.cache,
        "Where embeddings are kept, so that a run can be broken off and repeated; it must be your own file, never one "
        "that came with the photos (default: $XDG_CACHE_HOME/facegate/bench/DIGEST-PACK.cache, DIGEST being that of "
        "DIR's path; without that variable under $HOME/.cache). The file holds biometric templates, unencrypted, "
        "readable by you alone: delete it (rm) when you are done. Each run prints where it is");
    command->add_flag("--no-cache", options.no_cache, "Keep no embeddings")->excludes(cache);
    command->add_option("--plot", options.plot, "Write the curves (DET, both axes logarithmic) to this SVG file");
    command->add_option("--calibrate", options.calibrate,
                        "Write a calibration to this file, for serve --calibration FILE");
    command->add_option("--threads", options.threads, "Photos looked at at the same time; 0: one for each core")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_option("--seed", options.seed, "Of the random draws")->capture_default_str();
    command->add_flag("--json", options.json, "Print JSON");
    add_settings(command, config, {"share-dir", "pack", "runtime"});
    command->callback([] { bench_accuracy(resolved(config), options); });
}

void add_speed(CLI::App* bench) {
    static Config config;
    static SpeedOptions options;
    CLI::App* command = bench->add_subcommand(
        "speed",
        "Measure one photo's way to a face vector: milliseconds by stage and network for each runtime, against the sum "
        "of "
        "the networks by themselves and against the core's peak; then one worker to one for each core.");
    command->add_option("--photo", options.photo,
                        "JPEG or PNG with a face; the 640 x 640 pixels round the largest one are used (default: a "
                        "sample photo)");
    command->add_option("--rounds", options.rounds, "Photos of each measurement")
        ->check(CLI::Range(3, 10'000))
        ->capture_default_str();
    command->add_option("--seconds", options.seconds, "How long each number of workers is measured, three times")
        ->check(CLI::Range(0.05, 600.0))
        ->capture_default_str();
    command->add_flag("--json", options.json, "Print JSON");
    add_settings(command, config, {"share-dir", "pack", "runtime"});
    command->callback([] { bench_speed(resolved(config), options); });
}

void add_liveness(CLI::App* bench) {
    static Config config;
    static LivenessOptions options;
    CLI::App* command = bench->add_subcommand(
        "liveness",
        "Render genuine takes and attacks from photos and judge them: APCER for each species, BPCER, every signal's "
        "distribution. Fails if on the test half an attack other than injected_render is judged live, or more than "
        "5 % of the genuine takes are refused. Or judge a folder of clips (--clips).");
    CLI::Option* clips = command->add_option(
        "--clips", options.clips, "Judge the clips of this folder (NAME.json beside NAME.webm, .mkv or .mp4) instead");
    const auto rendering = [&](CLI::Option* option) { option->excludes(clips); };
    rendering(command->add_option("--species", options.species, "Attacks to render, commas between (default: all)")
                  ->delimiter(','));
    rendering(command
                  ->add_option("--seeds", options.seeds,
                               "Takes of each attack, half and challenge; four times as many genuine ones")
                  ->check(CLI::Range(1, 10'000))
                  ->capture_default_str());
    rendering(command->add_option("--challenge", options.challenge, "light, movement or both")
                  ->check(CLI::IsMember({"light", "movement", "both"}))
                  ->capture_default_str());
    rendering(command->add_option("--half", options.half, "training, test or both")
                  ->check(CLI::IsMember({"training", "test", "both"}))
                  ->capture_default_str());
    rendering(command->add_option("--photos", options.photos,
                                  "Folder of JPEG or PNG photos with faces (default: the sample photos)"));
    rendering(command->add_option("--write", options.write, "Keep the takes in this folder, as --clips reads them"));
    command->add_flag("--margins", options.margins,
                      "Show for each signal where it passes, between the genuine takes and the attacks it is to stop");
    command->add_option("--svg", options.svg, "Write every signal's values to this SVG file");
    command->add_option("--out", options.out, "Write table, JSON, Markdown and SVG into this folder");
    command->add_option("--jobs", options.jobs, "Takes at the same time; 0: one for each core")
        ->check(CLI::Range(0, 1024))
        ->capture_default_str();
    command->add_flag("--json", options.json, "Print JSON");
    add_settings(command, config, {"share-dir", "pack", "runtime"});
    command->callback([] { bench_liveness(resolved(config), options); });
}

}  // namespace

void add_bench_commands(CLI::App& app) {
    CLI::App* bench = app.add_subcommand("bench", "Measure accuracy, speed and liveness on this machine");
    bench->require_subcommand(1);
    add_accuracy(bench);
    add_speed(bench);
    add_liveness(bench);
}

}  // namespace facegate::app
