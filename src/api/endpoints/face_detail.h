#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/schema.h"
#include "provider/local/photo_analysis.h"

namespace facegate::api {

// Member and type names are those of Amazon Rekognition's DetectFaces, so that its clients read the answer unchanged;
// what is meant by each number, and what is left out and why, is in docs/attributes.md.

/// Shares of the image's width and height; may reach past its edges.
struct BoundingBox {
    double width = 0;
    double height = 0;
    double left = 0;
    double top = 0;

    static const Schema<BoundingBox>& schema();
};

/// Left and right are the image's, as in Rekognition.
struct Landmark {
    std::string type;
    double x = 0;  ///< share of the image's width
    double y = 0;  ///< share of the image's height

    static const Schema<Landmark>& schema();
};

/// Degrees. Roll > 0: tilted clockwise in the image; yaw > 0: turned to the image's right; pitch > 0: looking up.
struct HeadPose {
    double roll = 0;
    double yaw = 0;
    double pitch = 0;

    static const Schema<HeadPose>& schema();
};

/// 0-100 each.
struct ImageQuality {
    double brightness = 0;
    double sharpness = 0;

    static const Schema<ImageQuality>& schema();
};

/// A yes or no with the confidence in it, 50-100.
struct Attribute {
    bool value = false;
    double confidence = 0;

    static const Schema<Attribute>& schema();
};

/// A limit of the quality gate that the photo does not keep.
struct GateReason {
    std::string code;
    std::string message;
    std::string measure;
    double value = 0;
    double limit = 0;

    static const Schema<GateReason>& schema();
};

/// Whether the photo would be enrolled, judged by the same numbers.
struct QualityGate {
    bool passed = false;
    std::vector<GateReason> reasons;

    static const Schema<QualityGate>& schema();
};

/// The attributes as they were measured, before they became answers.
struct Measurements {
    std::optional<double> right_eye_openness;
    std::optional<double> left_eye_openness;
    double mouth_openness = 0;
    double inter_ocular_px = 0;
    double frame_share = 0;
    double outside_frame = 0;
    double sharpness = 0;
    double brightness = 0;
    double mesh_jitter = 0;
    double colour_difference = 0;

    static const Schema<Measurements>& schema();
};

/// The largest face of a photo, in the shape of Rekognition's FaceDetail, and this server's own members after it.
struct FaceDetail {
    BoundingBox bounding_box;
    std::vector<Landmark> landmarks;
    HeadPose pose;
    ImageQuality quality;
    std::optional<Attribute> eyes_open;
    Attribute mouth_open;
    Attribute face_occluded;
    double confidence = 0;  ///< that it is a face, 0-100
    std::size_t face_count = 0;
    QualityGate quality_gate;
    Measurements measurements;

    static const Schema<FaceDetail>& schema();
};

FaceDetail face_detail(const provider::InspectedPhoto& photo);

}  // namespace facegate::api
