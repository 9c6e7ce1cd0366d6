#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

namespace facegate::vision {

struct Point2 {
    float x = 0;
    float y = 0;
};

struct Point3 {
    float x = 0;
    float y = 0;
    float z = 0;
};

/// Pixels of the image it was found in; may reach past its edges.
struct Box {
    float x = 0;  ///< left
    float y = 0;  ///< top
    float width = 0;
    float height = 0;
};

/// Right eye, left eye (the subject's), nose tip, mouth centre; pixels. What every family of detectors gives.
using Keypoints = std::array<Point2, 4>;

struct Detection {
    float score = 0;  ///< 0-1
    Box box;
    Keypoints keypoints;
};

inline constexpr int kMeshPoints = 468;

/// The 468-point face mesh; x, y in pixels of the image, z in the same unit (towards the camera is negative).
struct FaceMesh {
    std::array<Point3, kMeshPoints> points;
    float presence = 0;  ///< 0-1: is this a face at all
};

/// Degrees. Yaw > 0: turned to the image's left (the subject's right); pitch > 0: looking down; roll > 0: head tilted
/// clockwise in the image. All near 0 when the head faces the camera upright.
struct Pose {
    float yaw = 0;
    float pitch = 0;
    float roll = 0;
};

/// From the mesh's own axes: x = 263-33, y = 152-10 made orthogonal to it, z = x cross y; 3.5 degrees of pitch
/// subtracted (measured offset of the mesh).
Pose pose_of(const FaceMesh& mesh);

/// What a comparison needs of a face: the unit embeddings of all embedders of a pack, each scaled by the square root
/// of its fusion weight and laid end to end, so that the fused score is `S = dot(a, b) + pack.score_bias()`.
using FaceVector = std::vector<float>;
/// One face as a vector of every model pack in use, by the pack's id.
using FaceVectors = std::map<std::string, FaceVector>;

}  // namespace facegate::vision
