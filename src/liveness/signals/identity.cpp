#include "liveness/signals/identity.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "liveness/signals/statistics.h"
#include "vision/quality.h"

namespace facegate::liveness {
namespace {

constexpr double kTypicalSharpness = 276;
constexpr double kGoodInterOcularPx = 80;
constexpr double kFlashedWeight = 0.5;
constexpr int kBeforeLongerWindows = 10;
constexpr double kEncoderWarmsUpMs = 600;  // its first pictures are the coarsest
constexpr float kKeptAround = 0.6F;        // of the mesh's size, around it

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
    if (time_ms < kEncoderWarmsUpMs) return;
    if (time_ms - window_start_ms_ >= window_ms_) {
        embed_window();
        window_start_ms_ = time_ms;
        if (++windows_ == kBeforeLongerWindows) window_ms_ *= 2;
    }
    // A frame of no quality at all still has to be compared if the lot falls on it.
    const double weight = std::max(weight_of(vision::quality_of(image, mesh)), 1e-6);
    const auto keep = [&](Waiting& place) {
        place.time_ms = time_ms;
        place.weight = weight;
        place.mesh = mesh;
        place.image = cut_out(image, place.mesh);
    };
    if (weight > best_.weight) keep(best_);
    if (std::uniform_int_distribution<>(0, offered_++)(random_) == 0) keep(drawn_);
}

void IdentityTracker::embed_window() {
    if (best_.weight > 0) forensics_.push_back(examine(best_.image, best_.mesh));
    const bool same = best_.time_ms == drawn_.time_ms;
    embed(best_, false);
    if (same) drawn_ = {};
    embed(drawn_, true);
    offered_ = 0;
}

void IdentityTracker::embed(Waiting& face, bool drawn) {
    if (face.weight > 0 && embedded_.size() < kMaxComparedFrames) {
        embedded_.push_back({face.time_ms, face.weight, drawn, engines_.embed(face.image, face.mesh)});
    }
    face = {};
}

Identity IdentityTracker::finish(const std::optional<TimeWindow>& flash) {
    embed_window();
    Identity identity;
    for (Candidate& candidate : embedded_) {
        if (flash && flash->contains(candidate.time_ms)) {
            candidate.weight *= kFlashedWeight;
            ++identity.compared_in_flash;
        }
    }
    std::ranges::sort(embedded_, std::ranges::greater{}, &Candidate::weight);

    identity.compared_frames = static_cast<int>(embedded_.size());
    std::vector<vision::FaceVectors> best;
    std::vector<float> weights;
    for (const Candidate& candidate : embedded_) {
        if (candidate.drawn || best.size() == kMaxProbeFrames) continue;
        best.push_back(candidate.vectors);
        weights.push_back(static_cast<float>(candidate.weight));
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
    if (best.empty()) return identity;
    identity.probes = engines_.average(best, weights);
    identity.lowest_score = weakest_link();
    if (identity.lowest_score) {
        identity.highest_fmr = engines_.current().calibration().false_match_rate(*identity.lowest_score, 1).fmr;
    }
    return identity;
}

std::optional<double> IdentityTracker::weakest_link() const {
    if (embedded_.size() < 2) return std::nullopt;
    const vision::FaceEngine& engine = engines_.current();
    const auto vector_of = [&](std::size_t i) -> const vision::FaceVector& {
        return embedded_[i].vectors.at(engine.pack_id());
    };
    // The largest spanning tree, grown frame by frame (Prim).
    std::vector<double> link(embedded_.size(), -std::numeric_limits<double>::infinity());
    std::vector<bool> joined(embedded_.size(), false);
    double weakest = std::numeric_limits<double>::infinity();
    std::size_t newest = 0;
    for (std::size_t count = 1; count < embedded_.size(); ++count) {
        joined[newest] = true;
        std::size_t next = 0;
        double strongest = -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < embedded_.size(); ++i) {
            if (joined[i]) continue;
            link[i] = std::max(link[i], engine.score(vector_of(i), vector_of(newest)));
            if (link[i] < strongest) continue;
            strongest = link[i];
            next = i;
        }
        weakest = std::min(weakest, strongest);
        newest = next;
    }
    return weakest;
}

}  // namespace facegate::liveness
