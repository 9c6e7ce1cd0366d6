// What it costs to decode in a process of its own: the same clips here and there, all frames wanted and 20 a second.
#include <benchmark/benchmark.h>
#include <dirent.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <sstream>
#include <string>

#include "media/decoder_host.h"
#include "media/decoder_process.h"
#include "media/frame_converter.h"
#include "unit/media/clip_writer.h"

namespace {

using namespace facegate;
using namespace facegate::media;
using testing::ClipOptions;

constexpr int kSeconds = 8;
constexpr int kFps = 30;
constexpr int kRounds = 2;
constexpr double kPromised = 1.1;  // of the time in-process

/// Encoded once: a pattern with a camera's noise.
const Bytes& clip_of(const std::string& container, const std::string& codec) {
    static std::map<std::string, Bytes> clips;
    Bytes& clip = clips[container + codec];
    if (clip.empty()) {
        clip = testing::write_clip({.container = container,
                                    .codec = codec,
                                    .width = 640,
                                    .height = 480,
                                    .fps = kFps,
                                    .frames = kSeconds * kFps,
                                    .key_interval = 100,
                                    .noise = 4,
                                    .bit_rate = 2'500'000});
    }
    return clip;
}

/// Every frame, or two of three.
class Wanting final : public FrameSink {
public:
    explicit Wanting(bool all) : all_(all) {}
    bool wants(const FrameInfo&) override { return all_ || ++count_ % 3 != 0; }
    void take(VideoFrame&& frame) override {
        benchmark::DoNotOptimize(frame.image.pixels.data());
        ++taken;
    }
    int taken = 0;

private:
    bool all_;
    int count_ = 0;
};

int decode_here(ByteView clip, bool all) {
    Wanting sink(all);
    WholeClip source(clip);
    std::vector<std::uint8_t> rows;
    const Decoded decoded = decode_stream(source, {}, [&](const DecodedFrame& frame) {
        if (sink.wants(frame.info())) sink.take(frame_of(frame, rows));
        return true;
    });
    return decoded ? sink.taken : 0;
}

DecoderHost& host() {
    static DecoderHost one({"/proc/self/exe", "decoder-host"});
    return one;
}

/// In pieces of a second, as they arrive. `before_end` is called when all but the end was fed.
int decode_there(ByteView clip, bool all, const std::function<void()>& before_end = {}) {
    Wanting sink(all);
    const auto stream = host().open({}, sink);
    const std::size_t piece = clip.size() / kSeconds + 1;
    while (!clip.empty()) {
        const ByteView next = clip.first(std::min(piece, clip.size()));
        clip = clip.subspan(next.size());
        if (!stream->feed(next)) return 0;
    }
    if (before_end) before_end();
    return stream->finish() ? sink.taken : 0;
}

std::optional<pid_t> child_of(pid_t parent) {
    std::optional<pid_t> child;
    DIR* directory = ::opendir("/proc");
    while (const dirent* entry = ::readdir(directory)) {
        std::ifstream file(std::string("/proc/") + entry->d_name + "/stat");
        std::string stat;
        std::getline(file, stat);
        const auto name_end = stat.rfind(')');
        if (name_end == std::string::npos || name_end + 4 >= stat.size()) continue;
        if (std::atoi(stat.c_str() + name_end + 4) == parent) child = std::atoi(entry->d_name);
    }
    ::closedir(directory);
    return child;
}

/// What the running decoder has for itself, and what it shares with the server; only root may ask.
void report_memory(benchmark::State& state) {
    const auto host_process = child_of(::getpid());
    const auto decoder = host_process ? child_of(*host_process) : std::nullopt;
    if (!decoder) return;
    std::ifstream file("/proc/" + std::to_string(*decoder) + "/smaps_rollup");
    double kilobytes = 0;
    for (std::string line; std::getline(file, line);) {
        if (std::istringstream(line.substr(line.find(':') + 1)) >> kilobytes) {
            if (line.starts_with("Private_Dirty:")) state.counters["private_mb"] = kilobytes / 1024;
            if (line.starts_with("Pss_Shmem:")) state.counters["shared_mb"] = kilobytes * 2 / 1024;  // of two halves
        }
    }
}

double& time_here(const std::string& name, bool all) {
    static std::map<std::pair<std::string, bool>, double> times;
    return times[{name, all}];
}

void in_process(benchmark::State& state, const std::string& container, const std::string& codec, bool all) {
    const Bytes& clip = clip_of(container, codec);
    const auto began = std::chrono::steady_clock::now();
    int rounds = 0;
    for (auto _ : state) {
        if (decode_here(clip, all) == 0) state.SkipWithError("not decoded");
        ++rounds;
    }
    const std::chrono::duration<double, std::milli> spent = std::chrono::steady_clock::now() - began;
    double& best = time_here(codec, all);
    const double time = spent.count() / std::max(rounds, 1);
    best = best == 0 ? time : std::min(best, time);
}

void isolated(benchmark::State& state, const std::string& container, const std::string& codec, bool all) {
    const Bytes& clip = clip_of(container, codec);
    for (auto _ : state) {
        if (decode_there(clip, all) == 0) state.SkipWithError("not decoded");
    }
    if (time_here(codec, all) > 0) state.counters["bound"] = kPromised * time_here(codec, all);
    decode_there(clip, all, [&] { report_memory(state); });
}

void start_of_a_stream(benchmark::State& state) {
    Wanting sink(true);
    host().start();
    for (auto _ : state) benchmark::DoNotOptimize(host().open({}, sink));
}

void add(const std::string& container, const std::string& codec) {
    for (const bool all : {true, false}) {
        const std::string which = codec + (all ? "/all_frames" : "/20_a_second");
        benchmark::RegisterBenchmark(("in_process/" + which).c_str(), in_process, container, codec, all)
            ->Iterations(kRounds)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
        benchmark::RegisterBenchmark(("isolated/" + which).c_str(), isolated, container, codec, all)
            ->Iterations(kRounds)
            ->UseRealTime()
            ->Unit(benchmark::kMillisecond);
    }
}

BENCHMARK(start_of_a_stream)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2 && std::string_view(argv[1]) == "decoder-host") return run_decoder_host();
    add("webm", "vp8");
    add("webm", "vp9");
    add("matroska", "h264");
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
