#pragma once

#include <optional>
#include <span>

#include "liveness/signals/aligned_face.h"

namespace facegate::liveness {

/// Whether what grew in the picture was a solid head coming closer, or a surface with a face on it.
struct SolidHead {
    int pairs = 0;           ///< far and near frames compared
    int points = 0;          ///< of the skin, found again in the other frame, median over the pairs
    double growth = 1;       ///< eye distance near over far, median
    double view = 0;         ///< from all of the head's depth; 0 for a plane. See measure_solid_head
    double relief = 0;       ///< from its depth beyond any curved sheet; 0 for a plane, a bent print, a cut-out mask
    double explained = 0;    ///< -1 to 1: how well the head's depth explains what no plane explains
    double plane_error = 0;  ///< what the best homography leaves, root mean square, in thousandths of the eye distance
};

inline constexpr int kMinSolidPairs = 4;
inline constexpr int kMinSolidPoints = 40;
inline constexpr double kMinSolidGrowth = 1.25;  ///< under this the effect drowns in the noise

/// Plane and parallax (Irani and Anandan, "Parallax Geometry of Pairs of Points for 3D Scene Analysis", 1996): between
/// two views of a plane all points move by a homography; what else a point moves by is its height over the plane times
/// (x - e), e being the epipole. When a head grows by the factor s between two frames, a camera of focal length f
/// (pixels) sees a point of depth z (pixels of the far frame) grow by s * (1 - z (s - 1) / f).
/// Some 200 patches of skin are found again in each pair of a far and a near frame; eyes and mouth, which move by
/// themselves, are left out. A robust least-squares fit explains their ways by a homography, by depth in both
/// directions (turning, epipole) and by that growth, the depths being those of the clip's mean face mesh. `view` is the
/// median over the pairs of (longer side of the frame) / f: twice the tangent of half the angle of view, 1.1 to 1.7
/// for webcams and telephones; rendered heads give 1.0 to 2.2, planes 0.0, bent sheets up to 0.8. For `relief` a second
/// fit lets the surface behind the depths be any quadric, which explains bent sheets wholly.
/// Nothing with fewer than kMinSolidPairs pairs of kMinSolidGrowth and kMinSolidPoints. Takes some 50 ms. Pure.
std::optional<SolidHead> measure_solid_head(std::span<const AlignedFace> faces, int frame_side);

}  // namespace facegate::liveness
