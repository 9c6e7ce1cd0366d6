#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "media/image.h"
#include "vision/calibration.h"
#include "vision/geometry.h"

namespace facegate::vision {

/// Milliseconds spent in each stage of one call, for benches and logs.
struct StageTimes {
    double detect = 0;
    double landmarks = 0;
    double align = 0;
    double embed = 0;
};

/// A loaded model pack: image in, faces, meshes and vectors out. Immutable after loading and thread-safe; every call
/// runs on the calling thread.
class FaceEngine {
public:
    enum class RuntimeChoice { kAuto, kOnnxRuntime, kOpenCv };

    struct Options {
        std::string pack_dir;          ///< directory with manifest.json and the converted networks
        std::string onnxruntime_path;  ///< libonnxruntime.so.1; empty: the system's
        RuntimeChoice runtime = RuntimeChoice::kAuto;  ///< kAuto: ONNX Runtime, else OpenCV DNN
    };

    /// Checks every file against the manifest's SHA-256 and each network against its stored self-test output.
    /// kProviderError with a message that names the file and what to do.
    static Result<std::unique_ptr<FaceEngine>> load(const Options& options);

    virtual ~FaceEngine() = default;

    /// All faces of score >= 0.5, the largest box first.
    [[nodiscard]] virtual std::vector<Detection> detect(const media::Image& image, StageTimes* times = nullptr) const = 0;
    /// Refined in as many passes as the pack says.
    [[nodiscard]] virtual FaceMesh landmarks(const media::Image& image, const Detection& face, StageTimes* times = nullptr) const = 0;
    /// One face's vector, of `dimension()` values.
    [[nodiscard]] virtual FaceVector embed(const media::Image& image, const FaceMesh& mesh, StageTimes* times = nullptr) const = 0;

    /// Weighted mean of several vectors of one person, each embedder's part normalised again. At least one vector.
    [[nodiscard]] virtual FaceVector average(std::span<const FaceVector> vectors, std::span<const float> weights) const = 0;

    [[nodiscard]] virtual std::size_t dimension() const = 0;
    [[nodiscard]] virtual double score_bias() const = 0;
    [[nodiscard]] double score(const FaceVector& a, const FaceVector& b) const;
    [[nodiscard]] virtual const Calibration& calibration() const = 0;
    /// Name and version of the pack, e.g. "default-1"; stored with every template.
    [[nodiscard]] virtual const std::string& pack_id() const = 0;
    /// "onnxruntime 1.30.0" or "opencv 4.6.0".
    [[nodiscard]] virtual std::string runtime_name() const = 0;
};

/// From the mesh's own axes: x = 263-33, y = 152-10 made orthogonal to it, z = x cross y; 3.5 degrees of pitch subtracted
/// (measured offset of the mesh).
Pose pose_of(const FaceMesh& mesh);

}  // namespace facegate::vision
