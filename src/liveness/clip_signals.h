#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace facegate::liveness {

/// What was measured in one clip. An empty optional: it could not be measured.
struct ClipSignals {
    // One face.
    int sampled_frames = 0;
    std::optional<double> one_face_fraction;  ///< of the sampled frames, those with exactly one face
    int max_faces = 0;                        ///< most faces in one frame

    // The way into the oval, measured in the video.
    std::optional<double> oval_overlap;  ///< intersection over union of head and oval at the end of the movement
    std::optional<double> growth;        ///< head width at the end over that at the start

    // The same person throughout.
    int compared_frames = 0;
    std::optional<double> same_person_score;  ///< lowest fused score S between two of the compared frames
    std::optional<double> same_person_fmr;    ///< false match rate of that score

    // The face's colours against the displayed ones.
    int flash_frames = 0;                     ///< frames with a face while colours were displayed
    std::optional<double> color_correlation;  ///< -1 to 1 at the best lag
    std::optional<double> color_gain;         ///< chroma change of the skin for a full change of the displayed chroma
    std::optional<double> color_lag_ms;
    std::optional<double> color_lag_spread_ms;  ///< difference of the best lags of both halves of the sequence

    // What the client said against what is so.
    bool claims_consistent = false;
    std::string claims_problem;  ///< the first contradiction; empty if there is none
};

}  // namespace facegate::liveness
