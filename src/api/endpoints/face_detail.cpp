#include "api/endpoints/face_detail.h"

#include <array>
#include <cmath>

namespace facegate::api {

namespace {

/// Half of the largest sharpness; the blur limit of the default pack.
constexpr double kHalfSharpness = 35;

double rounded(double value, double steps_per_unit) {
    return std::round(value * steps_per_unit) / steps_per_unit;
}
double share(double value) {
    return rounded(value, 1e6);
}
double hundredth(double value) {
    return rounded(value, 100);
}
double measured(float value) {
    return rounded(double{value}, 1e4);
}

/// A Rekognition landmark as the mean of one or two points of the mesh.
struct MeshLandmark {
    const char* type;
    std::size_t first;
    std::size_t second;
};

/// Rekognition's left is the image's: the subject's right. The eyes come first: without an iris network their centres
/// stand for the pupils.
constexpr std::array<MeshLandmark, 28> kMeshLandmarks = {{
    {"eyeLeft", 33, 133},
    {"eyeRight", 362, 263},
    {"mouthLeft", 61, 61},
    {"mouthRight", 291, 291},
    {"nose", 1, 1},
    {"leftEyeBrowLeft", 70, 46},
    {"leftEyeBrowRight", 107, 55},
    {"leftEyeBrowUp", 105, 105},
    {"rightEyeBrowLeft", 336, 285},
    {"rightEyeBrowRight", 300, 276},
    {"rightEyeBrowUp", 334, 334},
    {"leftEyeLeft", 33, 33},
    {"leftEyeRight", 133, 133},
    {"leftEyeUp", 159, 159},
    {"leftEyeDown", 145, 145},
    {"rightEyeLeft", 362, 362},
    {"rightEyeRight", 263, 263},
    {"rightEyeUp", 386, 386},
    {"rightEyeDown", 374, 374},
    {"noseLeft", 64, 64},
    {"noseRight", 294, 294},
    {"mouthUp", 0, 0},
    {"mouthDown", 17, 17},
    {"upperJawlineLeft", 127, 127},
    {"midJawlineLeft", 172, 172},
    {"chinBottom", 152, 152},
    {"midJawlineRight", 397, 397},
    {"upperJawlineRight", 356, 356},
}};

std::vector<Landmark> landmarks_of(const provider::InspectedPhoto& photo) {
    const auto& mesh = photo.mesh.points;
    const auto landmark = [&](const char* type, float x, float y) {
        return Landmark{type, share(double{x} / photo.width), share(double{y} / photo.height)};
    };
    std::vector<Landmark> landmarks;
    for (const MeshLandmark& place : kMeshLandmarks) {
        const vision::Point3& a = mesh[place.first];
        const vision::Point3& b = mesh[place.second];
        landmarks.push_back(landmark(place.type, (a.x + b.x) / 2, (a.y + b.y) / 2));
    }
    if (const auto& eyes = photo.attributes.eyes) {
        landmarks.push_back(landmark("leftPupil", eyes->right.pupil.x, eyes->right.pupil.y));
        landmarks.push_back(landmark("rightPupil", eyes->left.pupil.x, eyes->left.pupil.y));
    } else {
        landmarks.push_back({"leftPupil", landmarks[0].x, landmarks[0].y});
        landmarks.push_back({"rightPupil", landmarks[1].x, landmarks[1].y});
    }
    return landmarks;
}

Attribute attribute(const vision::Finding& finding) {
    return {finding.value, hundredth(finding.confidence)};
}

QualityGate gate(const std::vector<vision::QualityProblem>& problems) {
    QualityGate gate{problems.empty(), {}};
    for (const vision::QualityProblem& problem : problems) {
        gate.reasons.push_back(
            {problem.code, problem.message, problem.measure, rounded(problem.value, 1e4), rounded(problem.limit, 1e4)});
    }
    return gate;
}

Measurements measurements_of(const vision::FaceAttributes& face) {
    Measurements all;
    if (face.eyes) {
        all.right_eye_openness = measured(face.eyes->right.openness);
        all.left_eye_openness = measured(face.eyes->left.openness);
    }
    all.mouth_openness = measured(face.quality.mouth);
    all.inter_ocular_px = measured(face.quality.inter_ocular_px);
    all.frame_share = measured(face.frame_share);
    all.outside_frame = measured(face.outside_frame);
    all.sharpness = measured(face.quality.sharpness);
    all.brightness = measured(face.quality.brightness);
    all.mesh_jitter = measured(face.occlusion.mesh_jitter);
    all.colour_difference = measured(face.occlusion.colour_difference);
    return all;
}

}  // namespace

const Schema<BoundingBox>& BoundingBox::schema() {
    static const Schema<BoundingBox> kSchema(
        "BoundingBox", {field("Width", &BoundingBox::width, "Share of the image's width."),
                        field("Height", &BoundingBox::height, "Share of the image's height."),
                        field("Left", &BoundingBox::left, "Share of the image's width; below 0 outside of it."),
                        field("Top", &BoundingBox::top, "Share of the image's height; below 0 outside of it.")});
    return kSchema;
}

const Schema<Landmark>& Landmark::schema() {
    static const Schema<Landmark> kSchema(
        "Landmark", {field("Type", &Landmark::type,
                           "Rekognition's name, such as `eyeLeft`; left and right are the image's, not the person's."),
                     field("X", &Landmark::x, "Share of the image's width."),
                     field("Y", &Landmark::y, "Share of the image's height.")});
    return kSchema;
}

const Schema<HeadPose>& HeadPose::schema() {
    static const Schema<HeadPose> kSchema(
        "Pose", {field("Roll", &HeadPose::roll, "Degrees; positive: tilted clockwise in the image."),
                 field("Yaw", &HeadPose::yaw, "Degrees; positive: turned to the image's right."),
                 field("Pitch", &HeadPose::pitch, "Degrees; positive: looking up.")});
    return kSchema;
}

const Schema<ImageQuality>& ImageQuality::schema() {
    static const Schema<ImageQuality> kSchema(
        "ImageQuality",
        {field("Brightness", &ImageQuality::brightness, "Mean grey of the face; 0: black, 100: white.").min(0).max(100),
         field("Sharpness", &ImageQuality::sharpness, "50 where a face counts as blurred; a typical photo has 89.")
             .min(0)
             .max(100)});
    return kSchema;
}

const Schema<Attribute>& Attribute::schema() {
    static const Schema<Attribute> kSchema(
        "Attribute",
        {field("Value", &Attribute::value, "The answer."),
         field("Confidence", &Attribute::confidence, "How sure the answer is; 50 is a toss-up.").min(50).max(100)});
    return kSchema;
}

const Schema<GateReason>& GateReason::schema() {
    static const Schema<GateReason> kSchema(
        "QualityGateReason",
        {field("Code", &GateReason::code, "Stable, such as `BLURRED`."),
         field("Message", &GateReason::message, "For the person in the photo."),
         field("Measure", &GateReason::measure, "What was measured, as in `Measurements` or `Pose`."),
         field("Value", &GateReason::value, "What it is."),
         field("Limit", &GateReason::limit, "What it had to keep.")});
    return kSchema;
}

const Schema<QualityGate>& QualityGate::schema() {
    static const Schema<QualityGate> kSchema(
        "QualityGate", {field("Passed", &QualityGate::passed, "Whether POST /v1/enroll would take this photo."),
                        field("Reasons", &QualityGate::reasons, "Why not; empty if it would.")});
    return kSchema;
}

const Schema<Measurements>& Measurements::schema() {
    static const Schema<Measurements> kSchema(
        "FaceMeasurements",
        {field("right_eye_openness", &Measurements::right_eye_openness,
               "The person's right eye: gap between the lids over its width.")
             .omit_if_empty(),
         field("left_eye_openness", &Measurements::left_eye_openness, "The person's left eye.").omit_if_empty(),
         field("mouth_openness", &Measurements::mouth_openness, "Gap between the lips over the mouth's width."),
         field("inter_ocular_px", &Measurements::inter_ocular_px, "Pixels between the eyes."),
         field("frame_share", &Measurements::frame_share, "The box's share of the image's area."),
         field("outside_frame", &Measurements::outside_frame, "Share of the face outside the image, 0-1."),
         field("sharpness", &Measurements::sharpness, "Variance of the Laplacian."),
         field("brightness", &Measurements::brightness, "Mean grey, 0-255."),
         field("mesh_jitter", &Measurements::mesh_jitter,
               "How unsure the places of eyes, nose and mouth are, in inter-ocular distances."),
         field("colour_difference", &Measurements::colour_difference,
               "Colour of chin or nose against the cheeks, distance in the a*b* plane.")});
    return kSchema;
}

const Schema<FaceDetail>& FaceDetail::schema() {
    static const Schema<FaceDetail> kSchema(
        "FaceDetail",
        {field("BoundingBox", &FaceDetail::bounding_box, "Where the face is."),
         field("Landmarks", &FaceDetail::landmarks, "Rekognition's 30 landmarks."),
         field("Pose", &FaceDetail::pose, "How the head is turned."),
         field("Quality", &FaceDetail::quality, "How good the picture of the face is."),
         field("EyesOpen", &FaceDetail::eyes_open, "Left out by a model pack without an iris network.").omit_if_empty(),
         field("MouthOpen", &FaceDetail::mouth_open, "Whether the mouth is open."),
         field("FaceOccluded", &FaceDetail::face_occluded,
               "Whether something covers the face; sunglasses are not noticed."),
         field("Confidence", &FaceDetail::confidence, "That it is a face.").min(0).max(100),
         field("FaceCount", &FaceDetail::face_count, "Faces in the image; counted up to 16."),
         field("QualityGate", &FaceDetail::quality_gate, "What enrollment would say to this photo."),
         field("Measurements", &FaceDetail::measurements, "The numbers that the answers come from.")});
    return kSchema;
}

FaceDetail face_detail(const provider::InspectedPhoto& photo) {
    const vision::FaceAttributes& face = photo.attributes;
    const vision::Box& box = photo.detection.box;
    const vision::Pose& pose = face.quality.pose;
    const double sharpness = double{face.quality.sharpness};
    FaceDetail detail;
    detail.bounding_box = {share(double{box.width} / photo.width), share(double{box.height} / photo.height),
                           share(double{box.x} / photo.width), share(double{box.y} / photo.height)};
    detail.landmarks = landmarks_of(photo);
    detail.pose = {hundredth(double{pose.roll}), hundredth(-double{pose.yaw}), hundredth(-double{pose.pitch})};
    detail.quality = {hundredth(double{face.quality.brightness} / 255 * 100),
                      hundredth(sharpness / (sharpness + kHalfSharpness) * 100)};
    if (face.eyes) detail.eyes_open = attribute(vision::eyes_open(*face.eyes));
    detail.mouth_open = attribute(vision::mouth_open(face.quality));
    detail.face_occluded = attribute(vision::face_occluded(face.occlusion));
    detail.confidence = hundredth(double{face.presence} * 100);
    detail.face_count = photo.face_count;
    detail.quality_gate = gate(photo.problems);
    detail.measurements = measurements_of(face);
    return detail;
}

}  // namespace facegate::api
