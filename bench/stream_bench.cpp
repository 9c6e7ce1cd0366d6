// What liveness streams cost: one clip as fast as it can be judged on one core, and many at once in real time, decoded
// in processes of their own. Prints one JSON object of sections for scripts/bench; `stream_bench [STREAMS...]`.
#include <dirent.h>
#include <sched.h>
#include <unistd.h>

#include <barrier>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

#include "app/packs.h"
#include "liveness/clip_analyser.h"
#include "liveness/verdict.h"
#include "media/decoder_host.h"
#include "media/decoder_process.h"
#include "media/image_decoder.h"
#include "runtime/limiter.h"
#include "support/section.h"
#include "synthesis/take.h"

namespace facegate::bench {
namespace {

using app::milliseconds_since;
using app::SteadyClock;

constexpr double kVerdictBoundMs = 400;
constexpr double kMemoryBoundMb = 24;
constexpr int kRounds = 7;

Bytes read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

vision::EngineSet load_engines() {
    app::Config config;
    config.share_dir = FACEGATE_SHARE;
    config.data_dir = "/tmp";
    const app::Config settings = app::resolved(config);
    return vision::EngineSet(vision::FaceEngine::load(app::engine_options(settings)).value());
}

/// A rendered person of eight seconds or so, 640 x 480, 30 frames a second.
synthesis::Take render(const vision::EngineSet& engines) {
    std::vector<synthesis::NamedPhoto> photos;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(FACEGATE_SHARE) / "samples")) {
        if (entry.path().extension() != ".jpg") continue;
        photos.push_back({entry.path().filename(), media::decode_image(read_file(entry.path())).value()});
    }
    const auto subjects = synthesis::find_subjects(engines.current(), photos);
    return synthesis::record(subjects, 0, {.seed = 3, .frames_per_second = 30});
}

/// Proportional share of memory of a process and all below it, in MB.
double megabytes_of_tree(pid_t root) {
    std::map<pid_t, pid_t> parents;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream stat(entry.path() / "stat");
        std::string text;
        if (!std::getline(stat, text)) continue;
        std::istringstream rest(text.substr(text.rfind(')') + 2));
        char state = 0;
        pid_t parent = 0;
        rest >> state >> parent;
        parents[std::stoi(name)] = parent;
    }
    double sum = 0;
    for (const auto& [pid, parent] : parents) {
        pid_t above = pid;
        while (above != root && parents.contains(above)) above = parents[above];
        if (above != root) continue;
        std::ifstream rollup("/proc/" + std::to_string(pid) + "/smaps_rollup");
        for (std::string line; std::getline(rollup, line);) {
            if (line.starts_with("Pss:")) sum += std::stod(line.substr(4)) * 1024 / 1e6;
        }
    }
    return sum;
}

/// How one stream went.
struct Played {
    double verdict_ms = 0;    ///< from the last chunk to the verdict
    double worst_lag_ms = 0;  ///< longest time that a chunk waited for the ones before it and for its own measuring
    bool live = false;
};

/// Plays a clip at its pace (or without any) into a decoder process and an analyser, as a stream's socket does.
Played play(const synthesis::Take& take, const vision::EngineSet& engines, media::DecoderHost& host,
            runtime::Limiter& inference, bool real_time) {
    liveness::ClipAnalyser analyser(take.challenge, engines, 1);
    const auto video = host.open(liveness::ClipAnalyser::video_limits(), analyser);
    const auto started = SteadyClock::now();
    const Milliseconds first = take.clip.chunks.front().arrived;
    Played played;
    std::size_t at = 0;
    auto last_chunk = started;
    for (const liveness::ChunkArrival& chunk : take.clip.chunks) {
        const auto due = started + (chunk.arrived - first);
        if (real_time) std::this_thread::sleep_until(due);
        last_chunk = real_time ? due : SteadyClock::now();
        {
            const auto lease = inference.wait();
            if (!video->feed(ByteView(take.clip.video).subspan(at, chunk.bytes))) return played;
        }
        at += chunk.bytes;
        analyser.chunk_decoded(chunk.arrived);
        if (&chunk != &take.clip.chunks.back()) {
            played.worst_lag_ms = std::max(played.worst_lag_ms, milliseconds_since(last_chunk));
        }
    }
    const auto lease = inference.wait();
    auto summary = video->finish();
    if (!summary) return played;
    const auto analysis = analyser.finish(take.clip.claims, take.clip.chunks, std::move(*summary));
    played.live = liveness::judge(analysis.signals, take.challenge.type).live;
    played.verdict_ms = milliseconds_since(last_chunk);
    return played;
}

json::object one_stream(const synthesis::Take& take, const vision::EngineSet& engines, media::DecoderHost& host) {
    runtime::Limiter inference(1, 0);
    cpu_set_t all;
    sched_getaffinity(0, sizeof all, &all);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(0, &one);
    host.start();
    sched_setaffinity(0, sizeof one, &one);
    Samples whole;
    Samples verdict;
    for (int round = 0; round < kRounds; ++round) {
        Played played;
        whole.add(app::timed([&] { played = play(take, engines, host, inference, false); }));
        verdict.add(played.verdict_ms);
    }
    sched_setaffinity(0, sizeof all, &all);
    Section section("stream",
                    "One liveness stream of " +
                        std::to_string((*take.clip.claims.video_end - *take.clip.claims.video_start).count()) +
                        " ms, 640 x 480, 30 frames a second, measured on one core");
    section.add("all of the clip, decoding included", whole, "the decoder may run on the other core");
    section.add("from the last chunk to the verdict", verdict, "the last chunk's own frames included", kVerdictBoundMs);
    return section.take();
}

json::object many_streams(const synthesis::Take& take, const vision::EngineSet& engines, media::DecoderHost& host,
                          const std::vector<int>& counts) {
    const auto cores = static_cast<std::size_t>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    Section section("streams", "Streams at once in real time, each decoded in a process of its own, " +
                                   std::to_string(cores) + " cores");
    for (const int count : counts) {
        runtime::Limiter inference(cores, 0);
        Samples verdicts;
        Samples lags;
        int live = 0;
        std::mutex mutex;
        const double before = megabytes_of_tree(getpid());
        const auto started = SteadyClock::now();
        double most = before;
        {
            std::vector<std::jthread> threads;
            for (int i = 0; i < count; ++i) {
                threads.emplace_back([&, i] {
                    // Spread over a second, as people come.
                    std::this_thread::sleep_until(started + std::chrono::milliseconds(1000 * i / count));
                    const Played played = play(take, engines, host, inference, true);
                    const std::lock_guard lock(mutex);
                    verdicts.add(played.verdict_ms);
                    lags.add(played.worst_lag_ms);
                    live += played.live ? 1 : 0;
                });
            }
            for (int second = 3; second < 7; ++second) {
                std::this_thread::sleep_until(started + std::chrono::seconds(second));
                most = std::max(most, megabytes_of_tree(getpid()));
            }
        }
        const std::string name = std::to_string(count) + " streams: ";
        section.add(name + "last chunk to verdict", verdicts, std::to_string(live) + " judged live", kVerdictBoundMs);
        section.add(name + "longest delay of a chunk", lags, "over 1000 a stream falls behind", 1000.0);
        section.add({.label = name + "memory a stream",
                     .median = (most - before) / count,
                     .unit = "MB",
                     .bound = kMemoryBoundMb,
                     .note = "server and decoders, proportional share"});
    }
    return section.take();
}

}  // namespace
}  // namespace facegate::bench

int main(int argc, char** argv) {
    using namespace facegate;
    if (argc == 2 && std::string_view(argv[1]) == "decoder-host") return media::run_decoder_host();
    std::vector<int> counts;
    for (int i = 1; i < argc; ++i) counts.push_back(std::atoi(argv[i]));
    if (counts.empty()) counts = {1, 12, 16};
    const vision::EngineSet engines = bench::load_engines();
    const synthesis::Take take = bench::render(engines);
    media::DecoderHost host({"/proc/self/exe", "decoder-host"});
    boost::json::array sections;
    sections.push_back(bench::one_stream(take, engines, host));
    sections.push_back(bench::many_streams(take, engines, host, counts));
    std::cout << boost::json::object{{"sections", std::move(sections)}} << '\n';
    return 0;
}
