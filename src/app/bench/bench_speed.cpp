#include "app/bench/bench_speed.h"

#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <thread>

#include "api/json_writer.h"
#include "app/bench/peak_flops.h"
#include "app/bench/recording_runtime.h"
#include "app/bench/speed_report.h"
#include "app/packs.h"
#include "media/image_decoder.h"
#include "media/jpeg_encoder.h"
#include "provider/local/photo_analysis.h"
#include "runtime/limiter.h"
#include "vision/runtime/operation_count.h"

namespace facegate::app {
namespace {

constexpr int kSide = 640;
constexpr int kWarmUp = 5;
constexpr int kScalingPasses = 3;
constexpr std::uintmax_t kLargestPhoto = 64 << 20;
constexpr const char* kSample = "samples/sample2.jpg";

Bytes read_photo(const std::string& path) {
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    if (failed || size > kLargestPhoto)
        throw std::runtime_error(fmt::format("{}: {}", path, failed ? failed.message() : "is larger than 64 MiB"));
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// The part of `side` x `side` pixels round a face, as far as the image reaches.
media::Image cut_round(const media::Image& image, const vision::Box& box, int side) {
    const auto start = [side](float centre, int limit) {
        return std::clamp(static_cast<int>(centre) - side / 2, 0, std::max(limit - side, 0));
    };
    const int left = start(box.x + box.width / 2, image.width);
    const int top = start(box.y + box.height / 2, image.height);
    media::Image part{std::min(side, image.width), std::min(side, image.height), {}};
    for (int y = 0; y < part.height; ++y) {
        const std::uint8_t* row = image.at(left, top + y);
        part.pixels.insert(part.pixels.end(), row, row + static_cast<std::ptrdiff_t>(part.width) * 3);
    }
    return part;
}

struct Photo {
    std::string file;
    media::Image image;
    Bytes jpeg;
};

/// The 640 x 640 pixels round the largest face of a file, encoded anew; all of a smaller photo.
Photo prepare_photo(const std::string& file, const vision::FaceEngine& engine) {
    const Bytes bytes = read_photo(file);
    const auto whole = media::decode_image(bytes);
    if (!whole) throw std::runtime_error(fmt::format("{}: {}", file, whole.error().message));
    const auto faces = engine.detect(*whole);
    if (faces.empty()) throw std::runtime_error(fmt::format("{}: no face was found in it", file));
    Photo photo{file, cut_round(*whole, faces.front().box, kSide), {}};
    photo.jpeg = media::encode_jpeg(photo.image, 90);
    return photo;
}

std::string photo_file(const Config& config, const SpeedOptions& options) {
    if (!options.photo.empty()) return options.photo;
    const std::string sample = (std::filesystem::path(config.share_dir) / kSample).string();
    if (!std::filesystem::exists(sample)) {
        throw std::runtime_error(
            fmt::format("{}: there is no sample photo; name one with a face in it (--photo FILE) or fetch the samples "
                        "(scripts/fetch_models)",
                        sample));
    }
    return sample;
}

/// One loaded runtime and what is measured of it.
class RuntimeMeasurement {
public:
    RuntimeMeasurement(const vision::FaceEngine::Options& options, std::unique_ptr<vision::InferenceRuntime> runtime)
        : runtime_(std::move(runtime)) {
        malloc_trim(0);
        const double before = process_megabytes("VmRSS");
        speed_.name = runtime_.name();
        speed_.load_ms = timed([&] {
            auto engine = vision::FaceEngine::load(options, runtime_);
            if (!engine) throw std::runtime_error(engine.error().message);
            engines_.emplace(std::move(*engine));
        });
        malloc_trim(0);
        speed_.loaded_mb = process_megabytes("VmRSS") - before;
    }

    [[nodiscard]] const vision::FaceEngine& engine() const { return engines_->current(); }

    void measure_stages(const Photo& photo, int rounds, Samples& peak) {
        runtime::Limiter one(1, 0);
        const provider::PhotoAnalysis analysis(*engines_, one);
        const auto look = [&] { return face_of(analysis, photo); };
        for (int i = 0; i < kWarmUp; ++i) (void)look();
        runtime_.record(look);
        std::array<Samples, 6> stages;
        // The two take turns, so that a busy moment slows both alike.
        for (int round = 0; round < rounds; ++round) {
            provider::PhotoFace face;
            double total = 0;
            runtime_.measure_inside([&] { total = timed([&] { face = look(); }); });
            const vision::StageTimes& times = face.times;
            const double named = face.decode_ms + times.detect + times.landmarks + times.align + times.embed;
            const double values[] = {face.decode_ms, times.detect, times.landmarks,
                                     times.align,    times.embed,  total - named};
            for (std::size_t i = 0; i < stages.size(); ++i) stages[i].add(values[i]);
            const double alone = runtime_.measure_alone();
            speed_.total.add(total);
            speed_.alone.add(alone);
            speed_.excess.add(total - kSpeedFactor * alone - kSpeedExtraMs);
            peak.add(peak_gflops());
        }
        static constexpr const char* kNames[] = {"decode", "detect", "landmarks", "align", "embed", "rest (quality)"};
        for (std::size_t i = 0; i < stages.size(); ++i) speed_.stages.push_back({kNames[i], std::move(stages[i])});
        for (const NetworkRecord& record : runtime_.records()) {
            speed_.networks.push_back({record.name, record.inputs.size(), record.inside.median(), record.alone.median(),
                                       record.alone.quantile(0.95), operation_count(record.spec) / 1e9});
        }
    }

    /// 1, 2, 4 … workers up to one for each core; several passes in turn, of which the median counts.
    void measure_workers(const Photo& photo, std::size_t cores, double seconds) {
        std::vector<std::size_t> counts;
        for (std::size_t count = 1; count < cores; count *= 2) counts.push_back(count);
        counts.push_back(cores);
        std::vector<Samples> rates(counts.size());
        std::vector<Samples> cpu(counts.size());
        for (const std::size_t count : counts) speed_.workers.push_back({count, 0, 0, 0});
        for (int pass = 0; pass < kScalingPasses; ++pass) {
            for (std::size_t i = 0; i < counts.size(); ++i) {
                const Throughput throughput = run_workers(photo, counts[i], seconds);
                rates[i].add(throughput.photos_per_second);
                cpu[i].add(throughput.cpu_ms);
                if (pass == 0) speed_.workers[i].resident_mb = process_megabytes("VmRSS");
            }
        }
        for (std::size_t i = 0; i < counts.size(); ++i) {
            speed_.workers[i].photos_per_second = rates[i].median();
            speed_.workers[i].cpu_ms = cpu[i].median();
        }
    }

    [[nodiscard]] RuntimeSpeed take() { return std::move(speed_); }

private:
    static provider::PhotoFace face_of(const provider::PhotoAnalysis& analysis, const Photo& photo) {
        auto face = analysis.largest_face(photo.jpeg);
        if (!face) throw std::runtime_error(fmt::format("{}: {}", photo.file, face.error().message));
        return std::move(*face);
    }

    struct Throughput {
        double photos_per_second = 0;
        double cpu_ms = 0;
    };

    [[nodiscard]] Throughput run_workers(const Photo& photo, std::size_t workers, double seconds) const {
        runtime::Limiter places(workers, 0);
        const provider::PhotoAnalysis analysis(*engines_, places);
        std::atomic<std::size_t> done{0};
        std::mutex mutex;
        std::exception_ptr failure;
        const double cpu_before = process_cpu_ms();
        const auto start = SteadyClock::now();
        const auto work = [&] {
            try {
                while (milliseconds_since(start) < 1000 * seconds) {
                    (void)face_of(analysis, photo);
                    ++done;
                }
            } catch (...) {
                const std::lock_guard lock(mutex);
                failure = std::current_exception();
            }
        };
        {
            std::vector<std::jthread> others;
            for (std::size_t i = 1; i < workers; ++i) others.emplace_back(work);
            work();
        }
        if (failure) std::rethrow_exception(failure);
        const auto photos = static_cast<double>(done);
        return {photos / (milliseconds_since(start) / 1000), (process_cpu_ms() - cpu_before) / photos};
    }

    RecordingRuntime runtime_;
    std::optional<vision::EngineSet> engines_;
    RuntimeSpeed speed_;
};

std::vector<Config> configs_of(const Config& config) {
    if (config.runtime != "auto") return {config};
    std::vector<Config> configs;
    for (const char* runtime : {"onnxruntime", "opencv"}) {
        configs.push_back(config);
        configs.back().runtime = runtime;
        if (!vision::FaceEngine::open_runtime(engine_options(configs.back()))) {
            std::cerr << "ONNX Runtime is not there; only OpenCV is measured\n";
            configs.pop_back();
        }
    }
    return configs;
}

std::string cpu_name() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.starts_with("model name") && line.find(": ") != std::string::npos)
            return line.substr(line.find(": ") + 2);
    }
    return "unknown processor";
}

}  // namespace

void bench_speed(const Config& config, const SpeedOptions& options) {
    SpeedReport report;
    report.cpu = cpu_name();
    report.cores = std::max(1U, std::thread::hardware_concurrency());
    if (::getloadavg(&report.load, 1) != 1) report.load = 0;
    report.photo = photo_file(config, options);
    report.rounds = options.rounds;
    Samples peak;
    for (const Config& one : configs_of(config)) {
        const vision::FaceEngine::Options engine = engine_options(one);
        auto runtime = vision::FaceEngine::open_runtime(engine);
        if (!runtime) throw std::runtime_error(runtime.error().message);
        RuntimeMeasurement measurement(engine, std::move(*runtime));
        const Photo photo = prepare_photo(report.photo, measurement.engine());
        report.pack = measurement.engine().pack_id();
        report.width = photo.image.width;
        report.height = photo.image.height;
        report.bytes = photo.jpeg.size();
        measurement.measure_stages(photo, options.rounds, peak);
        measurement.measure_workers(photo, report.cores, options.seconds);
        report.runtimes.push_back(measurement.take());
    }
    // What the least disturbed rounds reached.
    report.peak_gflops = peak.quantile(0.9);
    std::cout << (options.json ? api::write_json_indented(speed_json(report)) : speed_table(report));
}

}  // namespace facegate::app
