// rooms: media crypto
// sources: vision/model_pack.cpp vision/manifest_node.cpp vision/role_parser.cpp vision/calibration.cpp
// sources: vision/calibration_json.cpp vision/quality_limits.cpp vision/network_loader.cpp
// sources: vision/detectors/blazeface.cpp vision/detectors/candidates.cpp vision/detectors/scrfd.cpp
// sources: vision/detectors/yunet.cpp
// Manifests of model packs, and what the networks of detectors may answer.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vision/detectors/candidates.h"
#include "vision/detectors/decoders.h"
#include "vision/model_pack.h"

namespace facegate::vision {
namespace {

/// An accepted manifest keeps what later code relies on.
void check_manifest(std::string_view text) {
    const Result<ModelPack> pack = parse_model_pack(text, "/pack");
    if (!pack) {
        if (pack.error().message.empty()) std::abort();
        return;
    }
    for (const auto& [name, entry] : pack->networks) {
        for (const std::string& file : {entry.file, entry.licence_file})
            if (file.empty() || file.front() == '.' || file.find('/') != std::string::npos) std::abort();
    }
    for (const EmbedderRole& role : pack->embedders)
        static_cast<void>(pack->network(role.network).outputs.at(role.output));
    double previous = 1;
    for (double s = -100; s <= 100; s += 10) {
        const double fmr = pack->calibration.false_match_rate(s, 1).fmr;
        if (!(fmr > 0 && fmr <= previous)) std::abort();
        previous = fmr;
    }
}

constexpr int kSize = 32;

/// Outputs of these lengths, filled with the input's bytes as floats, again and again.
std::vector<Tensor> tensors(std::span<const std::size_t> lengths, std::span<const std::uint8_t> bytes) {
    std::vector<Tensor> outputs;
    std::size_t next = 0;
    for (const std::size_t length : lengths) {
        Tensor& tensor = outputs.emplace_back();
        for (std::size_t i = 0; i < length; ++i, next += sizeof(float)) {
            float value = 0;
            for (std::size_t b = 0; b < sizeof(float); ++b)
                reinterpret_cast<std::uint8_t*>(&value)[b] = bytes[(next + b) % bytes.size()];
            tensor.values.push_back(value);
        }
    }
    return outputs;
}

template <class Layout>
void check_decoder(const Layout& layout, std::vector<std::size_t> lengths, std::span<const std::uint8_t> bytes) {
    constexpr float kThreshold = 0.5F;
    std::vector<Detection> faces = decode(layout, kSize, kThreshold, tensors(lengths, bytes));
    for (const Detection& face : faces)
        if (!is_plausible(face, kSize) || !(face.score >= kThreshold)) std::abort();
    // Means may be rounded past the bounds of what they are of.
    for (const Detection& face : merge_overlapping(std::move(faces), 0.3F))
        if (!(face.box.width > 0.5F && face.box.height > 0.5F && std::abs(face.box.x) < 8 * kSize)) std::abort();
}

}  // namespace
}  // namespace facegate::vision

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace facegate::vision;
    check_manifest({reinterpret_cast<const char*>(data), size});
    if (size == 0) return 0;
    const std::span bytes(data, size);
    check_decoder(BlazeFaceLayout{0, {{4, 2}, {2, 6}}}, {(4 * 4 * 2 + 2 * 2 * 6) * 17}, bytes);
    check_decoder(YuNetLayout{{{8, 0, 1, 2, 3}, {16, 4, 5, 6, 7}}}, {16, 16, 64, 160, 4, 4, 16, 40}, bytes);
    check_decoder(ScrfdLayout{2, {{8, 0, 1, 2}, {16, 3, 4, 5}}}, {32, 128, 320, 8, 32, 80}, bytes);
    return 0;
}
