#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "synthesis/motion.h"
#include "synthesis/renderer.h"

namespace facegate::synthesis {

/// Something before the camera.
struct Actor {
    std::shared_ptr<const Surface> surface;
    std::shared_ptr<const std::vector<media::Image>> textures;  ///< halves_of its texture
    std::function<Placement(double time_ms)> placement;
    std::function<bool(double time_ms)> visible = {};  ///< always, if empty
};

/// What a camera makes of the light.
struct Sensor {
    double exposure = 1;
    double drift = 0.05;        ///< standard deviation of the exposure's slow change
    double noise = 2.5;         ///< standard deviation, of 255
    Radiance balance{1, 1, 1};  ///< white balance
};

/// A room with a camera in it.
class Stage {
public:
    Stage(Generator& random, Lens lens, double length_ms);

    std::vector<Actor> actors;
    Radiance room{0.75F, 0.75F, 0.75F};
    double wall_cm = 220;
    bool tint_all = false;  ///< the screen's light falls on everything alike: a tint laid over the picture

    /// The frame that shows what was there at `time_ms`, lit by a screen of that light.
    media::Image shoot(double time_ms, const Radiance& screen);

private:
    Canvas canvas_;
    std::vector<float> wall_;
    Sensor sensor_;
    Sway drift_;
    std::vector<float> noise_;
    Generator noise_source_;
};

/// The dark upper part of a body, its origin between the eyes.
std::shared_ptr<const Surface> model_torso(Generator& random);

}  // namespace facegate::synthesis
