#include "liveness/signals/identity.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "liveness/signals/statistics.h"
#include "vision/quality.h"

namespace facegate::liveness {
namespace {

constexpr double kTypicalSharpness = 276;
constexpr double kGoodInterOcularPx = 80;
constexpr double kFlashedWeight = 0.5;
constexpr std::size_t kBeforeLongerWindows = 10;
constexpr float kKeptAround = 0.6F;  // of the mesh's size, around it

/// 0-1: how much a frame is worth for recognition.
double weight_of(const vision::FaceQuality& quality) {
    const double sharp = std::clamp(double{quality.sharpness} / kTypicalSharpness, 0.05, 1.0);
    const double large = std::clamp(double{quality.inter_ocular_px} / kGoodInterOcularPx, 0.05, 1.0);
    const double frontal = std::clamp(1.0 - std::hypot(quality.pose.yaw, quality.pose.pitch) / 60, 0.05, 1.0);
    return sharp * large * frontal;
}

/// The face and what lies around it; `mesh` is moved along.
media::Image cut_out(const media::Image& image, vision::FaceMesh& mesh) {
    const auto [left, right] = std::ranges::minmax(mesh.points, {}, &vision::Point3::x);
    const auto [top, bottom] = std::ranges::minmax(mesh.points, {}, &vision::Point3::y);
    const float margin = std::max(right.x - left.x, bottom.y - top.y) * kKeptAround;
    const auto bound = [](float value, int limit) {
        return static_cast<int>(std::clamp(value, 0.0F, static_cast<float>(limit)));
    };
    const int from_x = bound(left.x - margin, image.width - 1);
    const int from_y = bound(top.y - margin, image.height - 1);
    const int to_x = std::max(from_x + 1, bound(right.x + margin, image.width));
    const int to_y = std::max(from_y + 1, bound(bottom.y + margin, image.height));
    media::Image out{to_x - from_x, to_y - from_y, {}};
    const std::size_t row = static_cast<std::size_t>(out.width) * 3;
    out.pixels.resize(row * static_cast<std::size_t>(out.height));
    for (int y = 0; y < out.height; ++y) {
        std::memcpy(out.pixels.data() + static_cast<std::size_t>(y) * row, image.at(from_x, from_y + y), row);
    }
    for (vision::Point3& point : mesh.points) {
        point.x -= static_cast<float>(from_x);
        point.y -= static_cast<float>(from_y);
    }
    return out;
}

}  // namespace

void IdentityTracker::offer(double time_ms, const media::Image& image, const vision::FaceMesh& mesh) {
    if (embedded_.size() >= kMaxComparedFrames) return;
    if (time_ms - window_start_ms_ >= window_ms_) {
        embed_best();
        window_start_ms_ = time_ms;
        if (embedded_.size() % kBeforeLongerWindows == 0 && !embedded_.empty()) window_ms_ *= 2;
    }
    const double weight = weight_of(vision::quality_of(image, mesh));
    if (!(weight > best_weight_)) return;
    best_weight_ = weight;
    best_time_ms_ = time_ms;
    best_mesh_ = mesh;
    best_image_ = cut_out(image, best_mesh_);
}

void IdentityTracker::embed_best() {
    if (!(best_weight_ > 0) || embedded_.size() >= kMaxComparedFrames) return;
    forensics_.push_back(examine(best_image_, best_mesh_));
    embedded_.push_back({best_time_ms_, best_weight_, engines_.embed(best_image_, best_mesh_)});
    best_weight_ = 0;
    best_image_ = {};
}

Identity IdentityTracker::finish(const std::optional<FlashWindow>& flash) {
    embed_best();
    for (Candidate& candidate : embedded_) {
        if (flash && candidate.time_ms >= flash->from_ms && candidate.time_ms <= flash->until_ms) {
            candidate.weight *= kFlashedWeight;
        }
    }
    std::ranges::sort(embedded_, std::ranges::greater{}, &Candidate::weight);

    const vision::FaceEngine& engine = engines_.current();
    Identity identity;
    identity.compared_frames = static_cast<int>(embedded_.size());
    for (std::size_t i = 0; i < embedded_.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const double score =
                engine.score(embedded_[i].vectors.at(engine.pack_id()), embedded_[j].vectors.at(engine.pack_id()));
            identity.lowest_score = std::min(identity.lowest_score.value_or(score), score);
        }
    }
    if (identity.lowest_score) {
        identity.highest_fmr = engine.calibration().false_match_rate(*identity.lowest_score, 1).fmr;
    }
    std::vector<vision::FaceVectors> best;
    std::vector<float> weights;
    for (std::size_t i = 0; i < std::min(kMaxProbeFrames, embedded_.size()); ++i) {
        best.push_back(embedded_[i].vectors);
        weights.push_back(static_cast<float>(embedded_[i].weight));
    }
    if (!forensics_.empty()) {
        const auto middle = [&](double ImageForensics::* member) {
            std::vector<double> values;
            for (const ImageForensics& frame : forensics_) values.push_back(frame.*member);
            return median(std::move(values));
        };
        identity.forensics = ImageForensics{middle(&ImageForensics::moire), middle(&ImageForensics::detail),
                                            middle(&ImageForensics::blown)};
    }
    identity.probe_frames = static_cast<int>(best.size());
    if (!best.empty()) identity.probes = engines_.average(best, weights);
    return identity;
}

}  // namespace facegate::liveness
