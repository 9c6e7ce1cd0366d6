#include "liveness/clip_analyser.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "liveness/signals/claims_check.h"
#include "liveness/signals/face_path.h"
#include "media/video_decoder.h"

namespace facegate::liveness {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

double since(SteadyTime start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void count_faces(const FrameObserver& observer, const std::optional<TimeWindow>& flash, ClipSignals& signals) {
    int one = 0;
    int flashed = 0;
    int one_flashed = 0;
    for (const FrameSample& sample : observer.samples()) {
        const bool lit = flash && flash->contains(sample.time_ms);
        flashed += lit ? 1 : 0;
        one += sample.faces == 1 ? 1 : 0;
        one_flashed += lit && sample.faces == 1 ? 1 : 0;
    }
    signals.sampled_frames = static_cast<int>(observer.samples().size());
    if (signals.sampled_frames == 0) return;
    double least = static_cast<double>(one) / signals.sampled_frames;
    if (flashed > 0) least = std::min(least, static_cast<double>(one_flashed) / flashed);
    signals.one_face_fraction = least;
}

/// Those while the colours are shown; without colours, the last ones.
std::span<const Texture> textures_to_judge(std::span<const Texture> textures, const std::optional<TimeWindow>& flash) {
    if (textures.empty()) return textures;
    const double until = flash ? flash->until_ms : textures.back().time_ms;
    const double from = flash ? flash->from_ms : until - kTextureSpanMs;
    const auto first = std::ranges::lower_bound(textures, from, {}, &Texture::time_ms);
    const auto last = std::ranges::upper_bound(textures, until, {}, &Texture::time_ms);
    return first < last ? std::span<const Texture>(first, last) : std::span<const Texture>();
}

/// A whole clip, chunk by chunk: asked for more than a chunk holds, it has been decoded as far as it can be.
class ClipSource final : public media::ByteSource {
public:
    ClipSource(const Clip& clip, ClipAnalyser& analyser) : clip_(clip), analyser_(analyser) {}

    std::size_t read(std::span<std::uint8_t> out) override {
        while (at_ == end_ && next_ <= clip_.chunks.size()) {
            if (next_ > 0) analyser_.chunk_decoded(clip_.chunks[next_ - 1].arrived);
            const std::size_t left = clip_.video.size() - end_;
            end_ += next_ < clip_.chunks.size() ? std::min(left, clip_.chunks[next_].bytes) : left;
            ++next_;
        }
        const std::size_t count = std::min(out.size(), end_ - at_);
        std::copy_n(clip_.video.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
        at_ += count;
        return count;
    }

private:
    const Clip& clip_;
    ClipAnalyser& analyser_;
    std::size_t next_ = 0;  // chunk
    std::size_t at_ = 0;
    std::size_t end_ = 0;  // of the chunks begun
};

}  // namespace

ClipAnalyser::ClipAnalyser(const Challenge& challenge, const vision::EngineSet& engines, std::uint64_t seed)
    : challenge_(challenge), observer_(engines, challenge, seed) {}

media::VideoLimits ClipAnalyser::video_limits() {
    return {.max_width = kMaxVideoSide, .max_height = kMaxVideoSide, .max_duration_ms = 30'000};
}

bool ClipAnalyser::wants(const media::FrameInfo& frame) {
    last_pts_ms_ = std::max(last_pts_ms_, frame.pts_ms);
    // The oval was asked for in pixels of this size; a video of another one cannot be judged.
    if (frame.width != challenge_.video_width || frame.height != challenge_.video_height) return false;
    return observer_.wants(static_cast<double>(frame.pts_ms));
}

void ClipAnalyser::take(media::VideoFrame&& frame) {
    const SteadyTime started = std::chrono::steady_clock::now();
    observer_.add(frame);
    work_ms_ += since(started);
}

void ClipAnalyser::chunk_decoded(Milliseconds arrived) {
    chunk_times_.push_back({arrived, last_pts_ms_});
}

ClipAnalysis ClipAnalyser::finish(const ClientClaims& claims, std::span<const ChunkArrival> chunks,
                                  media::VideoSummary video) {
    const SteadyTime started = std::chrono::steady_clock::now();
    const auto colors = displayed_colors(challenge_, claims);
    ClipAnalysis analysis;
    ClipSignals& signals = analysis.signals;
    const auto flash = flash_window(colors);
    count_faces(observer_, flash, signals);
    measure_path(colors, signals);
    std::vector<AlignedFace> faces;  // the pixels are shared, not copied
    for (const FaceLook& look : observer_.looks()) faces.push_back(look.face);
    // Across 4:3 of the picture: bars beside it would be a wider lens.
    const auto [shorter, longer] = std::minmax(challenge_.video_width, challenge_.video_height);
    signals.solid = measure_solid_head(faces, std::min(longer, shorter * 4 / 3));
    if (challenge_.type == ChallengeType::kMovementAndLight) measure_colors(claims, colors, signals);
    signals.motion = measure_motion(textures_to_judge(observer_.textures(), flash));
    signals.fastest_movement = fastest_movement(observer_.samples());
    signals.blinks = count_blinks(observer_.looks());
    signals.timing = measure_timing(claims, chunk_times_);
    signals.claims_problem = find_claims_problem(claims, chunks, challenge_, video.last_pts_ms);
    signals.claims_consistent = signals.claims_problem.empty();
    signals.largest_gap_ms = static_cast<double>(video.largest_gap_ms);
    signals.frames_per_second = video.observed_fps;

    Identity identity = observer_.identity().finish(flash);
    signals.compared_frames = identity.compared_frames;
    if (challenge_.type == ChallengeType::kMovementAndLight) signals.compared_in_flash = identity.compared_in_flash;
    signals.same_person_fmr = identity.highest_fmr;
    signals.forensics = identity.forensics;
    analysis.probes = std::move(identity.probes);
    analysis.frames_used = identity.probe_frames;
    analysis.video = std::move(video);
    work_ms_ += since(started);
    analysis.work_ms = work_ms_;
    return analysis;
}

void ClipAnalyser::measure_path(std::span<const DisplayedColor> colors, ClipSignals& signals) const {
    // While the colours are shown the face stands in the oval.
    const auto hold = shown_window(colors);
    if (challenge_.type == ChallengeType::kMovementAndLight && !hold) return;
    if (const auto path = measure_face_path(observer_.samples(), challenge_.oval, hold)) {
        signals.oval_overlap = path->oval_overlap;
        signals.growth = path->growth;
    }
}

void ClipAnalyser::measure_colors(const ClientClaims& claims, std::span<const DisplayedColor> colors,
                                  ClipSignals& signals) const {
    if (!claims.video_start || colors.empty()) return;
    const std::vector<ColorSample> samples = color_samples(observer_.samples());
    signals.color = measure_color_response(samples, colors);
    if (signals.color) signals.flash_frames = signals.color->frames;
}

Result<ClipAnalysis> analyse_clip(const Clip& clip, const Challenge& challenge, const vision::EngineSet& engines,
                                  std::uint64_t seed) {
    ClipAnalyser analyser(challenge, engines, seed);
    ClipSource source(clip, analyser);
    std::vector<std::uint8_t> rows;
    const media::Decoded decoded =
        media::decode_stream(source, ClipAnalyser::video_limits(), [&](const media::DecodedFrame& frame) {
            if (analyser.wants(frame.info())) analyser.take(media::frame_of(frame, rows));
            return true;
        });
    if (!decoded) return std::unexpected(media::error_of(decoded.error()));
    return analyser.finish(clip.claims, clip.chunks, *decoded);
}

}  // namespace facegate::liveness
