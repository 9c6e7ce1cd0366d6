#pragma once

#include <optional>

#include "media/image.h"
#include "vision/geometry.h"
#include "vision/quality.h"

namespace facegate::vision {

struct Eye {
    float openness = 0;  ///< mean gap between the lids / the eye's width
    Point2 pupil;        ///< pixels of the image; the eye's centre where the network does not find the iris
};

/// Both eyes; right and left are the subject's.
struct Eyes {
    Eye right;
    Eye left;

    /// What is decided on: one eye alone is measured badly on a turned head. Median 0.27; closed up to 0.13, doubtful
    /// up to 0.18.
    [[nodiscard]] float openness() const { return (right.openness + left.openness) / 2; }
};

/// Two signs that something covers a face. Neither sees sunglasses: the mesh is as sure behind them, and the colours of
/// chin, nose and cheeks do not change.
struct Occlusion {
    /// How far the five alignment points move, on average and in inter-ocular distances, when the mesh is found again
    /// from squares shifted by a twentieth of their side; typical 0.007, occluded from about 0.012.
    float mesh_jitter = 0;
    /// How far the colour of the chin or the nose, whichever differs more, is from that of the cheek nearer to it:
    /// distance in the a*b* plane of CIE 1976 L*a*b*; typical 7, occluded from about 16. Lightness is left out:
    /// beards and light from one side change it as much as a mask does.
    float colour_difference = 0;
};

/// Everything that is measured of one face in one image: what the quality gate judges and what is told to callers.
struct FaceAttributes {
    FaceQuality quality;
    std::optional<Eyes> eyes;  ///< nothing if the pack has no iris network
    Occlusion occlusion;
    float frame_share = 0;    ///< the detector's box, in shares of the image's area
    float outside_frame = 0;  ///< 0-1: how much of the mesh lies outside the image
    float presence = 0;       ///< 0-1: is this a face at all
};

/// A yes or no with the confidence in it.
struct Finding {
    bool value = false;
    double confidence = 0;  ///< 50-100
};

/// A measurement that is decided by comparing it with a threshold.
struct Decision {
    double threshold = 0;
    double scatter = 1;  ///< standard deviation of repeated measurements of one face
};

/// The scatter is that of the sample faces, mirrored, smaller, darker, softened and turned by a few degrees.
/// The eyes: the middle of the doubtful range. The mouth: open from there.
inline constexpr Decision kEyesOpen{0.155, 0.020};
inline constexpr Decision kMouthOpen{0.35, 0.047};
/// Both signs of occlusion on a logarithmic scale; thresholds 0.012 and 16.
inline constexpr Decision kMeshJitter{-4.423, 0.35};
inline constexpr Decision kColourDifference{2.773, 0.35};
/// No finding about occlusion is surer than these. On the sample faces with drawn occlusions (masks, scarves, hands,
/// telephones, sunglasses) half were found, and one clear face in five was taken for occluded: with as many clear as
/// occluded faces, this is how often each answer is right.
inline constexpr double kSurestOccluded = 73;
inline constexpr double kSurestClear = 63;

/// How sure it is that `measured` lies on its side of the threshold: 50 on it, and with the distance d in standard
/// deviations of repeated measurement 50 + (surest - 50) * erf(d / sqrt(2)); with `surest` 100 that is the probability
/// that the face's true value lies on the same side.
[[nodiscard]] double confidence_in(const Decision& decision, double measured, double surest = 100);

[[nodiscard]] Finding eyes_open(const Eyes& eyes);
[[nodiscard]] Finding mouth_open(const FaceQuality& quality);
[[nodiscard]] Finding face_occluded(const Occlusion& occlusion);

/// 0-1: the part of the mesh's points that lies outside the image.
[[nodiscard]] float part_outside(const media::Image& image, const FaceMesh& mesh);

}  // namespace facegate::vision
