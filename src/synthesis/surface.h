#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "media/image.h"
#include "vision/geometry.h"

/// Renders people and pictures of people in front of a camera, to measure liveness detection with: simple computer
/// graphics, not photographs. Lengths are centimetres, x to the right, y down, z away from the camera.
namespace facegate::synthesis {

using vision::Point2;
using vision::Point3;

struct Vertex {
    Point3 position;    ///< in the surface's own frame
    Point2 texture;     ///< pixels of the texture
    float opacity = 1;  ///< 0-1
    Point3 lid;         ///< moves by this when the eyes are wholly closed
};

using Triangle = std::array<std::uint16_t, 3>;

/// A textured mesh that moves as one piece. The frame's origin lies between the eyes of the face on it.
struct Surface {
    std::vector<Vertex> vertices;
    std::vector<Triangle> triangles;
    media::Image texture;
    bool emits_light = false;  ///< a screen: its texture shines and reflects next to nothing
};

/// A head from one photo: the 468 points of its mesh, turned to the front and scaled to eyes `eye_distance_cm` apart,
/// within a rounded border of what lies around the face (hair, ears, neck) that falls back and fades out. The upper
/// lids can close.
Surface model_head(const media::Image& photo, const vision::FaceMesh& mesh, double eye_distance_cm);

/// The triangles of a sheet of `cells` by `cells` squares, whose corners lie row by row. Textures change evenly within
/// a triangle, so tilted surfaces have to be made of small ones.
std::vector<Triangle> grid_triangles(int cells);

/// How a sheet of paper is held: the radius of a cylinder, 0 for flat.
struct Bend {
    double radius_cm = 0;
    bool about_vertical = true;  ///< else about the horizontal axis
};
/// The photo on a sheet that reaches `border` face widths beyond the face on every side.
Surface model_picture(const media::Image& photo, const vision::FaceMesh& mesh, double eye_distance_cm, double border,
                      Bend bend);
/// The face cut out of the photo along its contour, with holes for the eyes if `eye_holes`.
Surface model_mask(const media::Image& photo, const vision::FaceMesh& mesh, double eye_distance_cm, bool eye_holes,
                   Bend bend);

}  // namespace facegate::synthesis
