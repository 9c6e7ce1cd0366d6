#pragma once

#include <array>
#include <vector>

#include "media/image.h"
#include "synthesis/surface.h"

namespace facegate::synthesis {

/// Red, green, blue in linear light, 1 being a white surface under normal light.
using Radiance = std::array<float, 3>;

struct Lens {
    int width = 640;
    int height = 480;
    double focal_px = 500;
};

/// Where a surface stands: its origin in the camera's frame, centimetres, turned about its own axes, degrees.
struct Placement {
    Point3 origin{0, 0, 50};
    float yaw = 0;
    float pitch = 0;
    float roll = 0;
    float lids = 0;  ///< 0 open, 1 closed
};

/// What shines: the room from above, and a screen beside the lens. A surface at 40 cm straight before the screen gets
/// `screen` in full; farther away less, with the square of the distance.
struct Lighting {
    Radiance room{1, 1, 1};
    Radiance screen{0, 0, 0};
};

/// A frame in linear light, with depth.
class Canvas {
public:
    explicit Canvas(Lens lens);

    [[nodiscard]] const Lens& lens() const { return lens_; }
    [[nodiscard]] std::vector<float>& radiance() { return radiance_; }
    [[nodiscard]] const std::vector<float>& radiance() const { return radiance_; }
    /// Paints a wall `distance_cm` away; `albedo` holds width*height*3 reflectances.
    void paint_wall(const std::vector<float>& albedo, double distance_cm, const Lighting& lighting);
    /// Draws a surface in front of what is farther away than it. `smaller` are the texture's halves, largest first.
    void draw(const Surface& surface, const std::vector<media::Image>& smaller, const Placement& placement,
              const Lighting& lighting);

private:
    Lens lens_;
    std::vector<float> radiance_;
    std::vector<float> nearness_;  // 1 / z
};

/// Halves of a texture, for surfaces that are drawn smaller than they were photographed; the image itself is the first.
std::vector<media::Image> halves_of(const media::Image& texture);

/// sRGB's transfer function, approximated by the power 2.2.
float to_linear(std::uint8_t value);

}  // namespace facegate::synthesis
