// What judging a liveness clip costs: each signal on a whole clip of about 8 s, 640 x 480, 30 frames a second, and all
// of it as it happens while the clip arrives.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>
#include <vector>

#include "liveness/clip_analyser.h"
#include "liveness/signals/face_path.h"
#include "liveness/verdict.h"
#include "media/frame_converter.h"
#include "media/image_decoder.h"
#include "media/video_decoder.h"
#include "synthesis/take.h"
#include "vision/quality.h"

namespace {

using namespace facegate;
using namespace facegate::liveness;

constexpr double kLatestVerdictMs = 400;  // after the last chunk
constexpr double kStreams = 12;           // that two cores have to keep up with
constexpr double kCores = 2;

const vision::EngineSet& engines() {
    static const vision::EngineSet loaded = [] {
        auto engine = vision::FaceEngine::load({.pack_dir = FACEGATE_SHARE "/packs/default",
                                                .onnxruntime_path = FACEGATE_SHARE "/onnxruntime/libonnxruntime.so.1"});
        if (!engine) throw std::runtime_error(engine.error().message);
        return vision::EngineSet(std::move(*engine));
    }();
    return loaded;
}

std::vector<synthesis::Subject> subjects() {
    std::vector<synthesis::NamedPhoto> photos;
    for (int i = 1; i <= 6; ++i) {
        const std::string name = fmt::format("sample{}", i);
        std::ifstream file(fmt::format(FACEGATE_SHARE "/samples/{}.jpg", name), std::ios::binary);
        const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        auto image = media::decode_image(as_bytes(bytes));
        if (!image) throw std::runtime_error("no sample photo " + name);
        photos.push_back({name, std::move(*image)});
    }
    return synthesis::find_subjects(engines().current(), photos);
}

/// A genuine person, rendered once.
const synthesis::Take& take() {
    static const synthesis::Take recorded =
        synthesis::record(subjects(), 0, {.seed = 5, .frames_per_second = 30, .light = 0.2});
    return recorded;
}

double clip_ms() {
    return static_cast<double>((*take().clip.claims.video_end - *take().clip.claims.video_start).count());
}

/// The frames that are sampled of the clip.
const std::vector<media::VideoFrame>& frames() {
    static const std::vector<media::VideoFrame> sampled = [] {
        std::vector<media::VideoFrame> kept;
        ClipAnalyser analyser(take().challenge, engines(), 1);
        const auto decoded = media::decode_video(take().clip.video, {}, [&](media::VideoFrame&& frame) {
            if (analyser.wants({frame.pts_ms, frame.image.width, frame.image.height})) kept.push_back(std::move(frame));
            return true;
        });
        if (!decoded) throw std::runtime_error(decoded.error().message);
        return kept;
    }();
    return sampled;
}

/// What an observer keeps of them.
FrameObserver& observer() {
    static FrameObserver filled = [] {
        FrameObserver fresh(engines(), take().challenge, 1);
        for (const media::VideoFrame& frame : frames()) {
            if (fresh.wants(static_cast<double>(frame.pts_ms))) fresh.add(frame);
        }
        return fresh;
    }();
    return filled;
}

const ClipAnalysis& analysis() {
    static const ClipAnalysis whole = analyse_clip(take().clip, take().challenge, engines()).value();
    return whole;
}

/// The frame of a look, found again by its time.
const media::Image& image_at(double time_ms) {
    for (const media::VideoFrame& frame : frames()) {
        if (static_cast<double>(frame.pts_ms) == time_ms) return frame.image;
    }
    throw std::logic_error("a look at no frame");
}

void decode(benchmark::State& state) {
    const Clip& clip = take().clip;
    for (auto _ : state) {
        media::WholeClip source(clip.video);
        double next = 0;
        std::vector<std::uint8_t> rows;
        benchmark::DoNotOptimize(media::decode_stream(source, {}, [&](const media::DecodedFrame& frame) {
            const auto& info = frame.info();
            if (static_cast<double>(info.pts_ms) < next) return true;
            next = static_cast<double>(info.pts_ms) + clip_ms() / static_cast<double>(frames().size());
            rows.resize(media::padded_size(info.width, info.height));
            frame.write_rgb(rows.data());
            return true;
        }));
    }
}

void textures(benchmark::State& state) {
    for (auto _ : state) {
        for (const media::VideoFrame& frame : frames()) {
            benchmark::DoNotOptimize(texture_of(frame.image, take().challenge.oval, 0));
        }
    }
    state.counters["times"] = static_cast<double>(frames().size());
}

void detect(benchmark::State& state) {
    for (auto _ : state) {
        for (const media::VideoFrame& frame : frames())
            benchmark::DoNotOptimize(engines().current().detect(frame.image));
    }
    state.counters["times"] = static_cast<double>(frames().size());
}

void colours_of_frames(benchmark::State& state) {
    for (auto _ : state) {
        for (std::size_t i = 0; i < frames().size(); ++i) {
            RegionColor color;
            benchmark::DoNotOptimize(skin_color(frames()[i].image, observer().samples()[i].face.box, color));
            benchmark::DoNotOptimize(surround_color(frames()[i].image, observer().samples()[i].face.box, color));
        }
    }
}

/// The mesh of each frame that is looked at closely, in its own pixels.
const std::vector<vision::FaceMesh>& meshes() {
    static const std::vector<vision::FaceMesh> found = [] {
        std::vector<vision::FaceMesh> all;
        for (const FaceLook& look : observer().looks()) {
            const media::Image& image = image_at(look.time_ms);
            all.push_back(engines().current().landmarks(image, engines().current().detect(image).front()));
        }
        return all;
    }();
    return found;
}

void for_each_look(benchmark::State& state,
                   const std::function<void(const media::Image&, const vision::FaceMesh&)>& act) {
    std::vector<const media::Image*> images;
    for (const FaceLook& look : observer().looks()) images.push_back(&image_at(look.time_ms));
    for (auto _ : state) {
        for (std::size_t i = 0; i < images.size(); ++i) act(*images[i], meshes()[i]);
    }
    state.counters["times"] = static_cast<double>(images.size());
}

void landmarks(benchmark::State& state) {
    std::vector<vision::Detection> faces;
    for (const FaceLook& look : observer().looks()) {
        faces.push_back(engines().current().detect(image_at(look.time_ms)).front());
    }
    std::size_t i = 0;
    for_each_look(state, [&](const media::Image& image, const vision::FaceMesh&) {
        benchmark::DoNotOptimize(engines().current().landmarks(image, faces[i++ % faces.size()]));
    });
}
void eyes(benchmark::State& state) {
    for_each_look(state, [](const media::Image& image, const vision::FaceMesh& mesh) {
        benchmark::DoNotOptimize(engines().current().eyes(image, mesh));
    });
}
void align(benchmark::State& state) {
    for_each_look(state, [](const media::Image& image, const vision::FaceMesh& mesh) {
        benchmark::DoNotOptimize(align_face(image, mesh));
    });
}
void quality(benchmark::State& state) {
    for_each_look(state, [](const media::Image& image, const vision::FaceMesh& mesh) {
        benchmark::DoNotOptimize(vision::quality_of(image, mesh));
    });
}

void for_each_compared(benchmark::State& state,
                       const std::function<void(const media::Image&, const vision::FaceMesh&)>& act) {
    const auto count = static_cast<std::size_t>(analysis().signals.compared_frames);
    for (auto _ : state) {
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t look = i * meshes().size() / count;
            act(image_at(observer().looks()[look].time_ms), meshes()[look]);
        }
    }
    state.counters["times"] = static_cast<double>(count);
}
void embed(benchmark::State& state) {
    for_each_compared(state, [](const media::Image& image, const vision::FaceMesh& mesh) {
        benchmark::DoNotOptimize(engines().embed(image, mesh));
    });
}
void forensics(benchmark::State& state) {
    for_each_compared(state, [](const media::Image& image, const vision::FaceMesh& mesh) {
        benchmark::DoNotOptimize(examine(image, mesh));
    });
}

void solid_head(benchmark::State& state) {
    std::vector<AlignedFace> faces;
    for (const FaceLook& look : observer().looks()) faces.push_back(look.face);
    for (auto _ : state) benchmark::DoNotOptimize(measure_solid_head(faces, 640));
    if (const auto found = measure_solid_head(faces, 640)) state.counters["times"] = found->pairs;
}
void color_response(benchmark::State& state) {
    const auto colors = displayed_colors(take().challenge, take().clip.claims);
    for (auto _ : state) benchmark::DoNotOptimize(measure_color_response(color_samples(observer().samples()), colors));
}
void face_path(benchmark::State& state) {
    const TimeWindow hold{clip_ms() - 3500, clip_ms()};
    for (auto _ : state) benchmark::DoNotOptimize(measure_face_path(observer().samples(), take().challenge.oval, hold));
}
void motion(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(measure_motion(observer().textures()));
}
void blinks(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(count_blinks(observer().looks()));
}
void timing(benchmark::State& state) {
    std::vector<ChunkTime> chunks;
    for (const ChunkArrival& chunk : take().clip.chunks) {
        chunks.push_back({chunk.arrived, static_cast<std::int64_t>(1000 * (chunks.size() + 1))});
    }
    for (auto _ : state) benchmark::DoNotOptimize(measure_timing(take().clip.claims, chunks));
}
void verdict(benchmark::State& state) {
    for (auto _ : state) benchmark::DoNotOptimize(judge(analysis().signals, take().challenge.type));
}

/// All of it, decoding aside.
void whole_clip(benchmark::State& state) {
    double work = 0;
    for (auto _ : state) work = analyse_clip(take().clip, take().challenge, engines()).value().work_ms;
    state.counters["work_ms"] = work;
    state.counters["bound"] = clip_ms() * kCores / kStreams;
}

/// The last chunk decoded and measured, and the verdict: what a person waits for.
void after_last_chunk(benchmark::State& state) {
    const Clip& clip = take().clip;
    const std::size_t before_last = clip.video.size() - clip.chunks.back().bytes;
    for (auto _ : state) {
        ClipAnalyser analyser(take().challenge, engines(), 1);
        std::chrono::steady_clock::time_point started;
        struct Source final : media::ByteSource {
            const Clip& clip;
            std::size_t before_last;
            std::chrono::steady_clock::time_point& started;
            std::size_t at = 0;
            Source(const Clip& whole, std::size_t last, std::chrono::steady_clock::time_point& start)
                : clip(whole), before_last(last), started(start) {}
            std::size_t read(std::span<std::uint8_t> out) override {
                if (at == before_last) started = std::chrono::steady_clock::now();
                const std::size_t end = at < before_last ? before_last : clip.video.size();
                const std::size_t count = std::min(out.size(), end - at);
                std::copy_n(clip.video.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
                at += count;
                return count;
            }
        } source(clip, before_last, started);
        std::vector<std::uint8_t> rows;
        const media::Decoded decoded =
            media::decode_stream(source, ClipAnalyser::video_limits(), [&](const media::DecodedFrame& frame) {
                if (analyser.wants(frame.info())) analyser.take(media::frame_of(frame, rows));
                return true;
            });
        const auto finished = analyser.finish(clip.claims, clip.chunks, decoded.value());
        benchmark::DoNotOptimize(judge(finished.signals, take().challenge.type));
        state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count());
    }
    state.counters["bound"] = kLatestVerdictMs;
}

#define LIVENESS_BENCHMARK(function) BENCHMARK(function)->UseRealTime()->Unit(benchmark::kMillisecond)
LIVENESS_BENCHMARK(decode);
LIVENESS_BENCHMARK(detect);
LIVENESS_BENCHMARK(colours_of_frames);
LIVENESS_BENCHMARK(textures);
LIVENESS_BENCHMARK(landmarks);
LIVENESS_BENCHMARK(eyes);
LIVENESS_BENCHMARK(align);
LIVENESS_BENCHMARK(quality);
LIVENESS_BENCHMARK(embed);
LIVENESS_BENCHMARK(forensics);
LIVENESS_BENCHMARK(solid_head);
LIVENESS_BENCHMARK(color_response);
LIVENESS_BENCHMARK(face_path);
LIVENESS_BENCHMARK(motion);
LIVENESS_BENCHMARK(blinks);
LIVENESS_BENCHMARK(timing);
LIVENESS_BENCHMARK(verdict);
LIVENESS_BENCHMARK(whole_clip);
BENCHMARK(after_last_chunk)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
