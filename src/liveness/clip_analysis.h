#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "liveness/challenge.h"
#include "liveness/clip.h"
#include "liveness/clip_signals.h"
#include "vision/engine_set.h"

namespace facegate::liveness {

/// Milliseconds spent, for logs and benches.
struct ClipTimes {
    double total = 0;
    double detect = 0;    ///< finding faces
    double identity = 0;  ///< landmarks and embeddings
};

struct ClipAnalysis {
    ClipSignals signals;
    vision::FaceVectors probes;  ///< from the best frames, weighted by quality; empty if there was no usable face
    int frames_used = 0;         ///< that the probes were averaged from, at most 5
    int frames_decoded = 0;
    std::string container;  ///< "webm", ...
    std::string codec;      ///< "vp8", ...
    ClipTimes times;
};

/// Decodes a clip and measures every signal in it. The work is bounded: at most 60 s of video, at most 1,000
/// detections and 8 embeddings, and media::VideoLimits::max_work (15 s) of processor time for decoding and detecting. A
/// clip that cannot be decoded within that is kInvalidImageFormat; a clip without a face is no
/// error, its signals say so. Thread-safe; runs on the calling thread for about half a second.
Result<ClipAnalysis> analyse_clip(const Clip& clip, const Challenge& challenge, const vision::EngineSet& engines);

}  // namespace facegate::liveness
