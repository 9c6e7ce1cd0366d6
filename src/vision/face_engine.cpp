#include "vision/face_engine.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <opencv2/core.hpp>
#include <stdexcept>

#include "base/log.h"
#include "vision/calibration_json.h"
#include "vision/detector.h"
#include "vision/embedder.h"
#include "vision/eye_reader.h"
#include "vision/landmarks.h"
#include "vision/model_pack.h"
#include "vision/occlusion.h"
#include "vision/runtime/onnx_runtime.h"
#include "vision/runtime/opencv_runtime.h"
#include "vision/stopwatch.h"

namespace facegate::vision {
namespace {

/// Of the image's longer side: below it the short-range detector misses faces.
constexpr float kSmallFace = 0.1F;

bool are_small(const std::vector<Detection>& faces, const media::Image& image) {
    const auto side = static_cast<float>(std::max(image.width, image.height));
    return std::all_of(faces.begin(), faces.end(), [side](const Detection& face) {
        return std::max(face.box.width, face.box.height) < kSmallFace * side;
    });
}

double* part(StageTimes* times, double StageTimes::* stage) {
    return times == nullptr ? nullptr : &(times->*stage);
}

}  // namespace

struct FaceEngine::Pipeline {
    std::string pack_id;
    std::string fingerprint;
    std::string runtime_name;
    Calibration calibration;
    Detector short_range;
    std::optional<Detector> full_range;
    Landmarker landmarker;
    QualityLimits quality;
    std::optional<EyeReader> eye_reader;
    std::vector<Embedder> embedders;
    std::size_t dimension = 0;
    double bias = 0;
};

namespace {

void warn_of(const Calibration::Laxity& lax, const std::string& file) {
    spdlog::warn(
        R"("event":"calibration_lax","calibration":{},"photos":{},"fmr":{:g},"s":{:.3f},"pack_s":{:.3f},)"
        R"("effect":"strangers match more easily than by the pack's own calibration; ask why before trusting it")",
        log::json_string(std::filesystem::path(file).filename().string()), lax.photos, lax.fmr, lax.s, lax.other_s);
}

/// Loads the networks that roles name.
class NetworkSource {
public:
    NetworkSource(const ModelPack& pack, const InferenceRuntime& runtime) : pack_(pack), runtime_(runtime) {}

    [[nodiscard]] Result<ImageNetwork> load(const std::string& name) const {
        const NetworkEntry& entry = pack_.network(name);
        auto network = load_network(pack_, entry, runtime_);
        if (!network) return std::unexpected(network.error());
        return ImageNetwork(entry.input, std::move(*network));
    }

private:
    const ModelPack& pack_;
    const InferenceRuntime& runtime_;
};

}  // namespace

Result<std::unique_ptr<InferenceRuntime>> FaceEngine::open_runtime(const Options& options) {
    using Choice = RuntimeChoice;
    if (options.runtime == Choice::kOpenCv) return open_opencv_runtime();
    auto onnx = open_onnx_runtime(options.onnxruntime_path);
    if (onnx || options.runtime == Choice::kOnnxRuntime) return onnx;
    spdlog::warn(R"("event":"onnxruntime_not_used","effect":"OpenCV takes its place at half the speed","reason":{})",
                 log::json_string(onnx.error().message));
    return open_opencv_runtime();
}

Result<std::unique_ptr<FaceEngine>> FaceEngine::load(const Options& options) {
    const auto runtime = open_runtime(options);
    if (!runtime) return std::unexpected(runtime.error());
    return load(options, **runtime);
}

Result<std::unique_ptr<FaceEngine>> FaceEngine::load(const Options& options, const InferenceRuntime& runtime) {
    cv::setNumThreads(1);
    auto pack = read_model_pack(options.pack_dir);
    if (!pack) return std::unexpected(pack.error());
    if (!options.calibration_file.empty()) {
        auto calibration = read_calibration_file(options.calibration_file, pack->id);
        if (!calibration) return std::unexpected(calibration.error());
        if (const auto lax = calibration->laxer_than(pack->calibration)) warn_of(*lax, options.calibration_file);
        pack->calibration = std::move(*calibration);
    }
    const NetworkSource networks(*pack, runtime);

    auto short_range = networks.load(pack->detector_short.network);
    if (!short_range) return std::unexpected(short_range.error());
    auto landmarks = networks.load(pack->landmarks.network);
    if (!landmarks) return std::unexpected(landmarks.error());
    std::optional<Detector> full_range;
    if (pack->detector_full) {
        auto network = networks.load(pack->detector_full->network);
        if (!network) return std::unexpected(network.error());
        full_range.emplace(*pack->detector_full, std::move(*network));
    }
    std::optional<EyeReader> eye_reader;
    if (pack->iris) {
        auto network = networks.load(pack->iris->network);
        if (!network) return std::unexpected(network.error());
        eye_reader.emplace(*pack->iris, std::move(*network));
    }
    std::vector<Embedder> embedders;
    std::size_t dimension = 0;
    double bias = 0;
    for (const EmbedderRole& role : pack->embedders) {
        auto network = networks.load(role.network);
        if (!network) return std::unexpected(network.error());
        embedders.emplace_back(role, std::move(*network));
        dimension += role.dimension;
        bias += role.bias;
    }
    auto pipeline = std::make_unique<const Pipeline>(
        Pipeline{pack->id, pack->fingerprint, runtime.name(), pack->calibration,
                 Detector(pack->detector_short, std::move(*short_range)), std::move(full_range),
                 Landmarker(pack->landmarks, std::move(*landmarks)), pack->quality, std::move(eye_reader),
                 std::move(embedders), dimension, bias});
    return std::unique_ptr<FaceEngine>(new FaceEngine(std::move(pipeline)));
}

FaceEngine::FaceEngine(std::unique_ptr<const Pipeline> pipeline) : pipeline_(std::move(pipeline)) {}
FaceEngine::~FaceEngine() = default;

std::vector<Detection> FaceEngine::detect(const media::Image& image, StageTimes* times) const {
    const Stopwatch watch(part(times, &StageTimes::detect));
    double* network_ms = part(times, &StageTimes::networks);
    auto faces = pipeline_->short_range.detect(image, network_ms);
    if (pipeline_->full_range && are_small(faces, image)) {
        auto far_faces = pipeline_->full_range->detect(image, network_ms);
        if (!far_faces.empty()) return far_faces;
    }
    return faces;
}

FaceMesh FaceEngine::landmarks(const media::Image& image, const Detection& face, StageTimes* times) const {
    const Stopwatch watch(part(times, &StageTimes::landmarks));
    return pipeline_->landmarker.find(image, face, part(times, &StageTimes::networks));
}

FaceAttributes FaceEngine::attributes(const media::Image& image, const Detection& face, const FaceMesh& mesh,
                                      StageTimes* times) const {
    const Stopwatch watch(part(times, &StageTimes::attributes));
    double* network_ms = part(times, &StageTimes::networks);
    FaceAttributes found;
    found.quality = quality_of(image, mesh);
    if (pipeline_->eye_reader) found.eyes = pipeline_->eye_reader->read(image, mesh, network_ms);
    found.occlusion = occlusion_of(image, mesh, pipeline_->landmarker, network_ms);
    found.frame_share = face.box.width * face.box.height / static_cast<float>(image.width * image.height);
    found.outside_frame = part_outside(image, mesh);
    found.presence = mesh.presence;
    return found;
}

std::optional<Eyes> FaceEngine::eyes(const media::Image& image, const FaceMesh& mesh) const {
    if (!pipeline_->eye_reader) return std::nullopt;
    return pipeline_->eye_reader->read(image, mesh, nullptr);
}

FaceVector FaceEngine::embed(const media::Image& image, const FaceMesh& mesh, StageTimes* times) const {
    FaceVector vector;
    vector.reserve(pipeline_->dimension);
    for (const Embedder& embedder : pipeline_->embedders) {
        cv::Mat chip;
        {
            const Stopwatch watch(part(times, &StageTimes::align));
            chip = embedder.cut(image, mesh);
        }
        const Stopwatch watch(part(times, &StageTimes::embed));
        const auto embedding = embedder.embed(chip, part(times, &StageTimes::networks));
        const auto scale = static_cast<float>(std::sqrt(embedder.role().weight));
        for (const float value : embedding) vector.push_back(value * scale);
    }
    return vector;
}

FaceVector FaceEngine::average(std::span<const FaceVector> vectors, std::span<const float> weights) const {
    if (vectors.empty() || vectors.size() != weights.size()) throw std::invalid_argument("as many weights as vectors");
    float total = 0;
    for (const float weight : weights) total += weight;
    if (!(total > 0)) throw std::invalid_argument("the weights sum to nothing");
    FaceVector mean(pipeline_->dimension);
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        if (vectors[i].size() != mean.size()) throw std::invalid_argument("a vector of another pack");
        for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += vectors[i][k] * weights[i] / total;
    }
    std::span<float> rest(mean);
    for (const Embedder& embedder : pipeline_->embedders) {
        const auto embedding = rest.first(embedder.role().dimension);
        normalise(embedding);
        const auto scale = static_cast<float>(std::sqrt(embedder.role().weight));
        for (float& value : embedding) value *= scale;
        rest = rest.subspan(embedding.size());
    }
    return mean;
}

double FaceEngine::score(const FaceVector& a, const FaceVector& b) const {
    if (a.size() != dimension() || b.size() != dimension()) throw std::invalid_argument("a vector of another pack");
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum + pipeline_->bias;
}

std::size_t FaceEngine::dimension() const {
    return pipeline_->dimension;
}

std::size_t FaceEngine::lead_dimension() const {
    return pipeline_->embedders.front().role().dimension;
}
double FaceEngine::score_bias() const {
    return pipeline_->bias;
}
const Calibration& FaceEngine::calibration() const {
    return pipeline_->calibration;
}
const QualityLimits& FaceEngine::quality_limits() const {
    return pipeline_->quality;
}
const std::string& FaceEngine::pack_id() const {
    return pipeline_->pack_id;
}
const std::string& FaceEngine::pack_fingerprint() const {
    return pipeline_->fingerprint;
}
const std::string& FaceEngine::runtime_name() const {
    return pipeline_->runtime_name;
}

}  // namespace facegate::vision
