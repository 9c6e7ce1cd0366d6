#include "liveness/signals/identity.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "vision/quality.h"

namespace facegate::liveness {
namespace {

constexpr float kMinPresence = 0.5F;
constexpr std::size_t kLookedAtPerPart = 2;  // landmarks are found on that many frames of each part
constexpr double kTypicalSharpness = 276;
constexpr double kGoodInterOcularPx = 80;
constexpr double kFlashedWeight = 0.5;

struct Candidate {
    const KeyFrame* frame = nullptr;
    vision::FaceMesh mesh;
    double weight = 0;
};

/// 0-1: how much a frame is worth for recognition.
double weight_of(const vision::FaceQuality& quality) {
    const double sharp = std::clamp(double{quality.sharpness} / kTypicalSharpness, 0.05, 1.0);
    const double large = std::clamp(double{quality.inter_ocular_px} / kGoodInterOcularPx, 0.05, 1.0);
    const double frontal = std::clamp(1.0 - std::hypot(quality.pose.yaw, quality.pose.pitch) / 60, 0.05, 1.0);
    return sharp * large * frontal;
}

std::optional<Candidate> best_of(std::span<const KeyFrame> part, const std::optional<FlashWindow>& flash,
                                 const vision::FaceEngine& engine) {
    std::optional<Candidate> best;
    const std::size_t step = std::max<std::size_t>(1, part.size() / kLookedAtPerPart);
    std::size_t looked_at = 0;
    for (std::size_t i = step / 2; i < part.size() && looked_at < kLookedAtPerPart; i += step, ++looked_at) {
        const KeyFrame& frame = part[i];
        Candidate candidate{&frame, engine.landmarks(frame.image, frame.face), 0};
        if (candidate.mesh.presence < kMinPresence) continue;
        candidate.weight = weight_of(vision::quality_of(frame.image, candidate.mesh));
        if (flash && frame.time_ms >= flash->from_ms && frame.time_ms <= flash->until_ms)
            candidate.weight *= kFlashedWeight;
        if (!best || candidate.weight > best->weight) best = std::move(candidate);
    }
    return best;
}

}  // namespace

Identity measure_identity(std::span<const KeyFrame> frames, const std::optional<FlashWindow>& flash,
                          const vision::EngineSet& engines) {
    const vision::FaceEngine& engine = engines.current();
    std::vector<Candidate> candidates;
    const std::size_t parts = std::min<std::size_t>(kMaxComparedFrames, frames.size());
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t from = frames.size() * part / parts;
        const std::size_t until = frames.size() * (part + 1) / parts;
        if (auto best = best_of(frames.subspan(from, until - from), flash, engine))
            candidates.push_back(std::move(*best));
    }
    std::ranges::sort(candidates, std::ranges::greater{}, &Candidate::weight);

    // The frames that make the probe are embedded for every pack in use, the others only to be compared.
    const std::size_t used = std::min<std::size_t>(kMaxProbeFrames, candidates.size());
    std::vector<vision::FaceVectors> probe_frames;
    std::vector<vision::FaceVector> vectors;
    std::vector<float> weights;
    for (const Candidate& candidate : candidates) {
        const media::Image& image = candidate.frame->image;
        if (probe_frames.size() < used) {
            probe_frames.push_back(engines.embed(image, candidate.mesh));
            weights.push_back(static_cast<float>(candidate.weight));
            vectors.push_back(probe_frames.back().at(engine.pack_id()));
        } else {
            vectors.push_back(engine.embed(image, candidate.mesh));
        }
    }

    Identity identity;
    identity.compared_frames = static_cast<int>(vectors.size());
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const double score = engine.score(vectors[i], vectors[j]);
            identity.lowest_score = std::min(identity.lowest_score.value_or(score), score);
        }
    }
    if (identity.lowest_score)
        identity.highest_fmr = engine.calibration().false_match_rate(*identity.lowest_score, 1).fmr;
    if (used > 0) identity.probes = engines.average(probe_frames, weights);
    identity.probe_frames = static_cast<int>(used);
    return identity;
}

}  // namespace facegate::liveness
