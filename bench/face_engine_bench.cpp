// Time per stage for one face in a 640 x 640 JPEG, and of each network alone in the same run. Prints a table of
// medians.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <opencv2/imgproc.hpp>

#include <jpeglib.h>

#include "media/image_decoder.h"
#include "vision/face_chip.h"
#include "vision/face_engine.h"
#include "vision/image_network.h"
#include "vision/runtime/onnx_runtime.h"
#include "vision/stopwatch.h"

namespace {

using namespace facegate;

constexpr int kSide = 640;
constexpr int kRounds = 60;

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

template <class T>
T take(Result<T> result) {
    if (result) return std::move(*result);
    fmt::print(stderr, "{}\n", result.error().message);
    std::exit(1);
}

/// The square round one face of a sample photo, as a JPEG of 640 x 640.
Bytes face_jpeg(const vision::FaceEngine& engine) {
    std::ifstream file(FACEGATE_SHARE "/samples/sample3.jpg", std::ios::binary);
    const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
    const auto photo = take(media::decode_image(bytes));
    const auto faces = engine.detect(photo);
    if (faces.empty()) std::exit(1);
    const vision::Box& box = faces.front().box;
    const vision::Square square{{box.x + box.width / 2, box.y + box.height / 2}, box.width * 1.9F, 0};
    const cv::Mat crop = vision::cut_chip(photo, vision::transform_of(square, kSide), kSide);

    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* buffer = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &buffer, &size);
    info.image_width = info.image_height = kSide;
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 90, TRUE);
    jpeg_start_compress(&info, TRUE);
    for (int y = 0; y < kSide; ++y) {
        JSAMPROW rows[] = {const_cast<JSAMPROW>(crop.ptr<std::uint8_t>(y))};
        jpeg_write_scanlines(&info, rows, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    Bytes jpeg(buffer, buffer + size);
    std::free(buffer);
    return jpeg;
}

/// A network of the pack and how often the pipeline runs it for one photo.
struct Lone {
    std::string name;
    int runs = 1;
    vision::Tensor input;
    std::unique_ptr<vision::Network> network;
    std::vector<double> times;
};

std::vector<Lone> lone_networks(const vision::FaceEngine::Options& options) {
    const auto pack = take(vision::read_model_pack(options.pack_dir));
    const auto runtime = take(vision::open_onnx_runtime(options.onnxruntime_path));
    std::vector<Lone> networks;
    const auto add = [&](const std::string& name, int runs) {
        const auto& entry = pack.network(name);
        networks.push_back({name,
                            runs,
                            vision::self_test_input(entry.input.size),
                            take(vision::load_network(pack, entry, *runtime)),
                            {}});
    };
    add(pack.detector_short.network, 1);
    add(pack.landmarks.network, pack.landmarks.passes);
    for (const auto& role : pack.embedders) add(role.network, role.mirror ? 2 : 1);
    return networks;
}

struct Sample {
    double decode = 0;
    vision::StageTimes stages;
};

Sample run_once(const vision::FaceEngine& engine, const Bytes& jpeg) {
    Sample sample;
    media::Image image;
    {
        const vision::Stopwatch watch(&sample.decode);
        image = take(media::decode_image(jpeg));
    }
    const auto faces = engine.detect(image, &sample.stages);
    if (faces.empty()) std::exit(1);
    const auto mesh = engine.landmarks(image, faces.front(), &sample.stages);
    static_cast<void>(engine.embed(image, mesh, &sample.stages));
    return sample;
}

}  // namespace

int main() {
    const vision::FaceEngine::Options options{FACEGATE_SHARE "/packs/default",
                                              FACEGATE_SHARE "/onnxruntime/libonnxruntime.so.1",
                                              vision::FaceEngine::RuntimeChoice::kOnnxRuntime};
    const auto engine = take(vision::FaceEngine::load(options));
    const Bytes jpeg = face_jpeg(*engine);
    auto networks = lone_networks(options);
    std::vector<Sample> samples;
    // The two take turns, so that a busy machine slows both alike.
    for (int round = 0; round < kRounds; ++round) {
        samples.push_back(run_once(*engine, jpeg));
        for (auto& lone : networks) {
            double time = 0;
            for (int run = 0; run < lone.runs; ++run) {
                const vision::Stopwatch watch(&time);
                static_cast<void>(lone.network->run(lone.input));
            }
            lone.times.push_back(time);
        }
    }
    const auto of = [&](auto value) {
        std::vector<double> values;
        for (const Sample& sample : samples) values.push_back(value(sample));
        return median(std::move(values));
    };
    const auto whole = [](const Sample& s) {
        return s.decode + s.stages.detect + s.stages.landmarks + s.stages.align + s.stages.embed;
    };
    fmt::print("One face in a {0} x {0} JPEG of {1} KB, {2}, one thread, median of {3}\n\n", kSide, jpeg.size() / 1024,
               engine->runtime_name(), kRounds);
    fmt::print("{:<34}{:>8}\n", "stage", "ms");
    fmt::print("{:<34}{:>8.2f}\n", "decode", of([](const Sample& s) { return s.decode; }));
    fmt::print("{:<34}{:>8.2f}\n", "detect", of([](const Sample& s) { return s.stages.detect; }));
    fmt::print("{:<34}{:>8.2f}\n", "landmarks", of([](const Sample& s) { return s.stages.landmarks; }));
    fmt::print("{:<34}{:>8.2f}\n", "align", of([](const Sample& s) { return s.stages.align; }));
    fmt::print("{:<34}{:>8.2f}\n", "embed", of([](const Sample& s) { return s.stages.embed; }));
    fmt::print("{:<34}{:>8.2f}\n", "all", of(whole));
    const double inside = of([](const Sample& s) { return s.stages.networks; });
    fmt::print("{:<34}{:>8.2f}\n", "networks in the pipeline", inside);
    fmt::print("{:<34}{:>8.2f}\n\n", "everything but the networks",
               of([&](const Sample& s) { return whole(s) - s.stages.networks; }));
    double alone = 0;
    for (const auto& lone : networks) {
        const double time = median(lone.times);
        alone += time;
        fmt::print("{:<34}{:>8.2f}\n", fmt::format("{} alone, {} x", lone.name, lone.runs), time);
    }
    fmt::print("{:<34}{:>8.2f}\n", "networks alone, sum", alone);
    fmt::print("{:<34}{:>8.2f}\n", "networks in the pipeline / alone", inside / alone);
}
