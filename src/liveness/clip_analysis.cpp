#include "liveness/clip_analysis.h"

#include <algorithm>
#include <chrono>

#include "liveness/signals/claims_check.h"
#include "liveness/signals/color_response.h"
#include "liveness/signals/face_path.h"
#include "liveness/signals/frame_sampler.h"
#include "liveness/signals/identity.h"
#include "media/video_decoder.h"

namespace facegate::liveness {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr media::VideoLimits kVideoLimits{
    .max_width = kMaxVideoSide, .max_height = kMaxVideoSide, .max_duration_ms = 60'000};

double since(SteadyTime start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void measure_faces(std::span<const FaceSample> faces, ClipSignals& signals) {
    int one = 0;
    for (const FaceSample& sample : faces) {
        one += sample.faces == 1 ? 1 : 0;
        signals.max_faces = std::max(signals.max_faces, sample.faces);
    }
    signals.sampled_frames = static_cast<int>(faces.size());
    if (!faces.empty()) signals.one_face_fraction = static_cast<double>(one) / static_cast<double>(faces.size());
}

void measure_path(std::span<const FaceSample> faces, const Challenge& challenge, std::span<const DisplayedColor> colors,
                  ClipSignals& signals) {
    std::optional<HoldWindow> hold;
    if (challenge.type == ChallengeType::kMovementAndLight) {
        if (colors.empty()) return;
        hold = HoldWindow{colors.front().start_ms, colors.back().start_ms + colors.back().step.downscroll_ms};
    }
    if (const auto path = measure_face_path(faces, challenge.oval, hold)) {
        signals.oval_overlap = path->oval_overlap;
        signals.growth = path->growth;
    }
}

void measure_colors(std::span<const SkinSample> skin, std::span<const DisplayedColor> colors, ClipSignals& signals) {
    const auto response = measure_color_response(skin, colors);
    if (!response) {
        signals.flash_frames = static_cast<int>(skin.size());
        return;
    }
    signals.flash_frames = response->frames;
    signals.color_correlation = response->correlation;
    signals.color_gain = response->gain;
    signals.color_lag_ms = response->lag_ms;
    signals.color_lag_spread_ms = response->lag_spread_ms;
}

}  // namespace

Result<ClipAnalysis> analyse_clip(const Clip& clip, const Challenge& challenge, const vision::EngineSet& engines) {
    const SteadyTime started = std::chrono::steady_clock::now();
    const auto colors = displayed_colors(challenge, clip.claims);
    const auto flash = flash_window(colors);
    FrameSampler sampler(engines.current(), flash);
    const auto summary = media::decode_video(clip.video, kVideoLimits, [&](media::VideoFrame&& frame) {
        // The oval was asked for in pixels of this size; a video of another one cannot be judged.
        const bool as_asked =
            frame.image.width == challenge.video_width && frame.image.height == challenge.video_height;
        if (as_asked) sampler.add(frame);
        return as_asked;
    });
    if (!summary) return std::unexpected(summary.error());

    ClipAnalysis analysis;
    analysis.frames_decoded = summary->frames;
    analysis.container = summary->container;
    analysis.codec = summary->codec;
    analysis.times.detect = sampler.milliseconds();

    ClipSignals& signals = analysis.signals;
    measure_faces(sampler.faces(), signals);
    measure_path(sampler.faces(), challenge, colors, signals);
    if (challenge.type == ChallengeType::kMovementAndLight) measure_colors(sampler.skin(), colors, signals);
    signals.claims_problem = find_claims_problem(clip.claims, clip.chunks, challenge, summary->last_pts_ms);
    signals.claims_consistent = signals.claims_problem.empty();

    const SteadyTime before_identity = std::chrono::steady_clock::now();
    Identity identity = measure_identity(sampler.key_frames(), flash, engines);
    analysis.times.identity = since(before_identity);
    signals.compared_frames = identity.compared_frames;
    signals.same_person_score = identity.lowest_score;
    signals.same_person_fmr = identity.highest_fmr;
    analysis.probes = std::move(identity.probes);
    analysis.frames_used = identity.probe_frames;
    analysis.times.total = since(started);
    return analysis;
}

}  // namespace facegate::liveness
