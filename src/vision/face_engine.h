#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "media/image.h"
#include "vision/attributes.h"
#include "vision/calibration.h"
#include "vision/geometry.h"
#include "vision/runtime/inference.h"

namespace facegate::vision {

/// Milliseconds spent in each stage of one call, for benches and logs.
struct StageTimes {
    double detect = 0;
    double landmarks = 0;
    double align = 0;
    double embed = 0;
    double attributes = 0;
    double networks = 0;  ///< the part of all the above that was spent inside the networks
};

/// A loaded model pack: image in, faces, meshes and vectors out. Immutable after loading and thread-safe; every call
/// runs on the calling thread.
class FaceEngine {
public:
    enum class RuntimeChoice { kAuto, kOnnxRuntime, kOpenCv };

    struct Options {
        std::string pack_dir;                          ///< directory with manifest.json and the converted networks
        std::string onnxruntime_path;                  ///< libonnxruntime.so.1; empty: the system's
        RuntimeChoice runtime = RuntimeChoice::kAuto;  ///< kAuto: ONNX Runtime, else OpenCV DNN
        std::string calibration_file = {};             ///< takes the place of the pack's calibration; empty: none
    };

    /// Checks every file against the manifest's SHA-256 and each network against its stored self-test output.
    /// kProviderError with a message that names the file and what to do. Logs a warning when the calibration file is
    /// laxer than the pack's own calibration (Calibration::laxer_than).
    static Result<std::unique_ptr<FaceEngine>> load(const Options& options);
    /// The same on a runtime already opened, whatever `options.runtime` says.
    static Result<std::unique_ptr<FaceEngine>> load(const Options& options, const InferenceRuntime& runtime);
    /// The runtime that `options` choose. kProviderError when it cannot be had.
    static Result<std::unique_ptr<InferenceRuntime>> open_runtime(const Options& options);

    ~FaceEngine();
    FaceEngine(const FaceEngine&) = delete;
    FaceEngine& operator=(const FaceEngine&) = delete;

    /// All faces of score >= 0.5, the largest box first. The pack's full-range detector, if it has one, looks again
    /// where the short-range one finds nothing or only faces under a tenth of the image's longer side.
    [[nodiscard]] std::vector<Detection> detect(const media::Image& image, StageTimes* times = nullptr) const;
    /// Refined in as many passes as the pack says.
    [[nodiscard]] FaceMesh landmarks(const media::Image& image, const Detection& face,
                                     StageTimes* times = nullptr) const;
    /// Everything that can be measured of one face: eyes, pose, sharpness, occlusion and more. Takes about four times
    /// as long as `landmarks`; for enrollment and inspection, a comparison does not need it.
    [[nodiscard]] FaceAttributes attributes(const media::Image& image, const Detection& face, const FaceMesh& mesh,
                                            StageTimes* times = nullptr) const;
    /// The eyes alone, far cheaper than `attributes`; nothing if the pack has no iris network.
    [[nodiscard]] std::optional<Eyes> eyes(const media::Image& image, const FaceMesh& mesh) const;
    /// One face's vector, of `dimension()` values.
    [[nodiscard]] FaceVector embed(const media::Image& image, const FaceMesh& mesh, StageTimes* times = nullptr) const;

    /// Weighted mean of several vectors of one person, each embedder's part normalised again. At least one vector, as
    /// many weights, their sum positive; std::invalid_argument otherwise.
    [[nodiscard]] FaceVector average(std::span<const FaceVector> vectors, std::span<const float> weights) const;

    [[nodiscard]] std::size_t dimension() const;
    /// How many of a vector's first values are those of the pack's first embedder.
    [[nodiscard]] std::size_t lead_dimension() const;
    [[nodiscard]] double score_bias() const;
    /// The fused score S of two vectors of `dimension()` values.
    [[nodiscard]] double score(const FaceVector& a, const FaceVector& b) const;
    [[nodiscard]] const Calibration& calibration() const;
    [[nodiscard]] const QualityLimits& quality_limits() const;
    /// Name and version of the pack, e.g. "default-1"; stored with every template.
    [[nodiscard]] const std::string& pack_id() const;
    /// See ModelPack::fingerprint.
    [[nodiscard]] const std::string& pack_fingerprint() const;
    /// "onnxruntime 1.30.0" or "opencv 4.6.0".
    [[nodiscard]] const std::string& runtime_name() const;

private:
    struct Pipeline;
    explicit FaceEngine(std::unique_ptr<const Pipeline> pipeline);

    std::unique_ptr<const Pipeline> pipeline_;
};

}  // namespace facegate::vision
