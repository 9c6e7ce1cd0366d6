#pragma once

#include <random>
#include <vector>

#include "liveness/challenge.h"
#include "synthesis/renderer.h"

namespace facegate::synthesis {

using Generator = std::mt19937_64;

/// A smooth random process, as muscles make it: white noise through two low-passes of `smoothing_ms`, scaled to
/// `amplitude` (one standard deviation). Lasts `length_ms` and stands still after.
class Sway {
public:
    Sway(Generator& random, double amplitude, double smoothing_ms, double length_ms);
    [[nodiscard]] float at(double time_ms) const;

private:
    std::vector<float> values_;
};

/// When what happens in a clip, milliseconds of the video.
struct Timeline {
    double move_from = 0;
    double matched = 0;                ///< the face stands in the oval
    std::vector<double> color_starts;  ///< as many as the challenge has colours
    double end = 0;
};
Timeline plan_timeline(Generator& random, const liveness::Challenge& challenge);

/// How restless whoever or whatever moves is: degrees and centimetres, standard deviations.
struct Restlessness {
    double turn = 1.6;
    double shift = 0.35;
    double smoothing_ms = 350;
};

/// The way of a face from arm's length into the oval, with the small movements of whoever holds it.
class Approach {
public:
    /// `fit`: the face's width in the end as a share of the oval's. `growth`: over the start.
    Approach(Generator& random, const Lens& lens, const liveness::Oval& oval, const Timeline& timeline,
             const Restlessness& restlessness, double fit, double growth);
    /// Lids open; at any time, before the start and after the end as well.
    [[nodiscard]] Placement at(double time_ms) const;
    /// The box of the whole head, pixels: left, top, width, height.
    [[nodiscard]] std::array<double, 4> head_at(double time_ms) const;

private:
    struct Place {
        double distance = 0;
        double x = 0;
        double y = 0;
    };
    [[nodiscard]] Place place_at(double time_ms) const;

    Lens lens_;
    Timeline timeline_;
    double far_ = 0;
    double near_ = 0;
    double start_x_ = 0;
    double start_y_ = 0;
    double end_x_ = 0;
    double end_y_ = 0;
    double nod_ = 0;
    std::vector<Sway> sways_;  // yaw, pitch, roll, x, y, z
};

/// Closings of the eyes, two to twenty-five a minute or so, a quarter of a second each.
class Blinks {
public:
    Blinks(Generator& random, double per_second, double length_ms);
    [[nodiscard]] float at(double time_ms) const;  ///< 0 open, 1 closed

private:
    struct Blink {
        double start = 0;
        double closing = 0;
        double closed = 0;
        double opening = 0;
    };
    std::vector<Blink> blinks_;
};

}  // namespace facegate::synthesis
