#include "vision/quality_gate.h"

#include <cmath>

namespace facegate::vision {

std::vector<QualityProblem> quality_problems(const FaceAttributes& face, const QualityLimits& limits) {
    std::vector<QualityProblem> problems;
    const auto report = [&](bool kept, const char* code, const char* message, const char* measure, float value,
                            float limit) {
        if (!kept) problems.push_back({code, message, measure, double{value}, double{limit}});
    };
    const auto at_least = [&](const char* code, const char* message, const char* measure, float value, float limit) {
        report(value >= limit, code, message, measure, value, limit);
    };
    const auto at_most = [&](const char* code, const char* message, const char* measure, float value, float limit) {
        report(value <= limit, code, message, measure, value, limit);
    };
    const FaceQuality& quality = face.quality;
    at_least("FACE_TOO_SMALL", "The face is too small or too far away", "inter_ocular_px", quality.inter_ocular_px,
             limits.min_inter_ocular_px);
    at_most("FACE_CUT_OFF", "The face is partly outside the picture", "outside_frame", face.outside_frame,
            limits.max_outside_frame);
    at_least("BLURRED", "The face is blurred", "sharpness", quality.sharpness, limits.min_sharpness);
    at_least("TOO_DARK", "The face is too dark", "brightness", quality.brightness, limits.min_brightness);
    at_most("TOO_BRIGHT", "The face is overexposed", "brightness", quality.brightness, limits.max_brightness);
    at_most("TURNED_ASIDE", "The face is turned too far to the side", "yaw", std::abs(quality.pose.yaw),
            limits.max_yaw);
    at_most("TILTED", "The face looks too far up or down", "pitch", std::abs(quality.pose.pitch), limits.max_pitch);
    if (face.eyes) {
        at_least("EYES_CLOSED", "The eyes are closed", "eye_openness", face.eyes->openness(), limits.min_eye_openness);
    }
    constexpr const char* kCovered = "Something covers a part of the face";
    at_most("FACE_OCCLUDED", kCovered, "mesh_jitter", face.occlusion.mesh_jitter, limits.max_mesh_jitter);
    at_most("FACE_OCCLUDED", kCovered, "colour_difference", face.occlusion.colour_difference,
            limits.max_colour_difference);
    return problems;
}

}  // namespace facegate::vision
