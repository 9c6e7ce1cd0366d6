#include "vision/manifest_node.h"
#include "vision/quality.h"

namespace facegate::vision {

QualityLimits parse_quality(const ManifestNode& node) {
    node.allow_only({"min_inter_ocular_px", "max_outside_frame", "min_sharpness", "min_brightness", "max_brightness",
                     "max_yaw", "max_pitch", "min_eye_openness", "max_mesh_jitter", "max_colour_difference"});
    QualityLimits limits;
    limits.min_inter_ocular_px = node.at("min_inter_ocular_px").number_f(0, 1e4);
    limits.max_outside_frame = node.at("max_outside_frame").number_f(0, 1);
    limits.min_sharpness = node.at("min_sharpness").number_f(0, 1e5);
    limits.min_brightness = node.at("min_brightness").number_f(0, 255);
    limits.max_brightness = node.at("max_brightness").number_f(0, 255);
    if (limits.max_brightness <= limits.min_brightness)
        node.at("max_brightness").refuse("must be above min_brightness");
    limits.max_yaw = node.at("max_yaw").number_f(0, 180);
    limits.max_pitch = node.at("max_pitch").number_f(0, 180);
    limits.min_eye_openness = node.at("min_eye_openness").number_f(0, 1);
    limits.max_mesh_jitter = node.at("max_mesh_jitter").number_f(0, 10);
    limits.max_colour_difference = node.at("max_colour_difference").number_f(0, 400);
    return limits;
}

}  // namespace facegate::vision
