#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "vision/calibration.h"
#include "vision/quality.h"
#include "vision/runtime/inference.h"

namespace facegate::vision {

enum class ChannelOrder : std::uint8_t { kRgb, kBgr };

/// How 8-bit pixels become a square network's input: value = (pixel - mean) * scale, channels in `order`.
struct InputFormat {
    std::string name;
    int size = 0;  ///< width and height in pixels
    ChannelOrder order = ChannelOrder::kRgb;
    std::array<float, 3> mean{};  ///< in the channels' `order`, as is `scale`
    std::array<float, 3> scale{1, 1, 1};
};

/// What one output must be on the self-test input (`self_test_input`).
struct ExpectedOutput {
    std::string name;
    std::vector<std::int64_t> dims;
    std::vector<float> first;  ///< its first values, at most 8
    double l2 = 0;             ///< square root of the sum of all squared values
};

struct NetworkEntry {
    std::string name;
    std::string file;          ///< in the pack's directory
    std::string sha256;        ///< of the file, 64 lower-case hex digits
    std::string source;        ///< where the weights come from: package, version and file
    std::string licence;       ///< in a few words
    std::string licence_file;  ///< its text, in the pack's directory
    InputFormat input;
    std::vector<ExpectedOutput> outputs;
};

/// A grid of anchors at cell centres: `cells` x `cells`, `per_cell` at each.
struct AnchorGrid {
    int cells = 0;
    int per_cell = 0;
};

/// A BlazeFace-like detector: one output with a row for each anchor, in the order of `anchors`: score logit, cx, cy, w,
/// h and 6 key points in input pixels relative to the anchor (eyes, nose, mouth, ears).
struct BlazeFaceLayout {
    std::size_t output = 0;  ///< position among the network's outputs, as in all layouts
    std::vector<AnchorGrid> anchors;
};

/// YuNet as of 2023: a row for each cell of `stride` x `stride` input pixels in four outputs.
struct YuNetLevel {
    int stride = 0;
    std::size_t cls = 0;   ///< probability of a face here
    std::size_t obj = 0;   ///< probability of anything here; the score is the geometric mean of both
    std::size_t bbox = 0;  ///< centre from the cell's corner in strides, logarithm of width and height in strides
    std::size_t kps = 0;   ///< 5 points from the cell's corner in strides
};
struct YuNetLayout {
    std::vector<YuNetLevel> levels;
};

/// SCRFD: `anchors_per_cell` rows for each cell of `stride` x `stride` input pixels in three outputs.
struct ScrfdLevel {
    int stride = 0;
    std::size_t score = 0;  ///< probability
    std::size_t bbox = 0;   ///< distances of left, top, right and bottom edge from the cell's corner in strides
    std::size_t kps = 0;    ///< 5 points from the cell's corner in strides
};
struct ScrfdLayout {
    int anchors_per_cell = 2;
    std::vector<ScrfdLevel> levels;
};

struct DetectorRole {
    std::string network;
    std::variant<BlazeFaceLayout, YuNetLayout, ScrfdLayout> layout;
    float score_threshold = 0.5F;
    float nms_iou = 0.3F;
};

/// A face mesh net on an eye-levelled square of `crop_factor` times the box's longer side.
struct LandmarksRole {
    std::string network;
    std::size_t mesh_output = 0;
    std::size_t presence_output = 0;
    float crop_factor = 1.5F;
    int passes = 2;         ///< the box of each further pass comes from the mesh before it
    int passes_rolled = 3;  ///< when the head is tilted by more than `rolled_degrees`
    float rolled_degrees = 30.0F;
};

/// An eye contour net on an eye-levelled square of `crop_factor` times the eye's width round its centre; the left eye
/// goes in mirrored.
struct IrisRole {
    std::string network;
    std::size_t output = 0;
    float crop_factor = 2.3F;
    bool mirror_left = true;
};

/// How a face is cut out for an embedder.
struct Alignment {
    enum class Type : std::uint8_t {
        kSimilarity,      ///< least-squares similarity of mesh points to `template_points`
        kEyeLevelSquare,  ///< square with level eyes, `factor` times the mesh's longer side, at its centre
    };
    Type type = Type::kSimilarity;
    /// kSimilarity: each point is the mean of these mesh indices.
    std::vector<std::vector<int>> mesh_points;
    /// kSimilarity: where the points belong, in a unit square; in the chip at (p + padding) / (1 + 2 padding) * size.
    std::vector<std::array<float, 2>> template_points;
    float padding = 0;
    float factor = 1;  ///< kEyeLevelSquare
};

struct EmbedderRole {
    std::string name;
    std::string network;
    std::size_t output = 0;
    std::size_t dimension = 0;
    bool mirror = false;  ///< the embedding is the sum of those of the chip and of its mirror image, then normalised
    Alignment alignment;
    double weight = 1;  ///< fused score S = sum of weight * cosine + bias over all embedders
    double bias = 0;
};

/// A model pack's manifest: which networks there are, how to feed them and what their scores mean. Plain value.
struct ModelPack {
    std::string directory;
    std::string id;  ///< name and version, e.g. "default-1"
    /// SHA-256, hexadecimal, of what vectors and scores depend on: landmarks and embedders with their networks. Two
    /// packs of one id and different fingerprints must not be mixed.
    std::string fingerprint;
    std::string description;  ///< for whoever chooses a pack
    std::map<std::string, NetworkEntry> networks;
    DetectorRole detector_short;
    std::optional<DetectorRole> detector_full;
    LandmarksRole landmarks;
    std::optional<IrisRole> iris;
    std::vector<EmbedderRole> embedders;
    Calibration calibration;
    std::string calibration_source;  ///< which data the calibration was measured on
    QualityLimits quality;

    /// The entry a role names; a parsed pack has one for every role.
    [[nodiscard]] const NetworkEntry& network(const std::string& name) const { return networks.at(name); }
};

/// Parses a manifest of format 2, at most 1 MiB, strictly: unknown, missing and ill-typed members, roles without a
/// network and paths that leave the directory are refused. kProviderError naming the file, the member and the remedy.
Result<ModelPack> parse_model_pack(std::string_view json, const std::string& directory);

/// Reads and parses `directory`/manifest.json; no network file is opened yet.
Result<ModelPack> read_model_pack(const std::string& directory);

/// Hexadecimal SHA-256 of a text.
std::string sha256_hex(std::string_view text);

/// Hexadecimal SHA-256 of a whole file. kProviderError naming it when it is missing or cannot be read.
Result<std::string> sha256_of_file(const std::string& path);

/// Whether the network's file has the SHA-256 that the manifest says. kProviderError naming the file and the remedy.
Result<void> check_file(const ModelPack& pack, const NetworkEntry& entry);

/// Checks the file, loads it and compares its outputs on the self-test input with the manifest's: each norm within
/// `tolerance` of itself, each value within `tolerance` of the larger of itself and the output's root mean square.
/// kProviderError naming the file, what differs and the remedy.
Result<std::unique_ptr<Network>> load_network(const ModelPack& pack, const NetworkEntry& entry,
                                              const InferenceRuntime& runtime, double tolerance = 1e-4);

/// The self-test input of 1 x 3 x size x size: 0.5 + 0.5 sin(0.013 i), where i counts the values row by row, pixel by
/// pixel, channel by channel.
Tensor self_test_input(int size);

/// What a manifest says of outputs like these.
ExpectedOutput describe_output(std::string name, const Tensor& output);

}  // namespace facegate::vision
