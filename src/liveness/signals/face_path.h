#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "liveness/challenge.h"
#include "liveness/signals/observations.h"

namespace facegate::liveness {

/// An upright ellipse in pixels.
struct Ellipse {
    double center_x = 0;
    double center_y = 0;
    double width = 0;
    double height = 0;
};

Ellipse ellipse_of(const Oval& oval);
/// The outline of a head from the distances between eyes and mouth, which a wide or narrow detector box does not
/// disturb; in the oval's proportions.
Ellipse head_of(const vision::Detection& face);
/// Intersection over union of two ellipses' areas, 0-1, to about one percent.
double overlap(const Ellipse& a, const Ellipse& b);

struct FacePath {
    double oval_overlap = 0;  ///< of head and oval where the movement ends
    double growth = 0;        ///< head width there over that of the first frames
};

/// Follows the face through the frames that have one. During `hold`, when it has to stand in the oval (while the
/// colours are shown), the median counts;
/// without it the movement ends where the overlap is highest within the last one and a half seconds. Nothing with
/// fewer than three frames at the start or the end. Pure.
std::optional<FacePath> measure_face_path(std::span<const FrameSample> samples, const Oval& oval,
                                          const std::optional<TimeWindow>& hold);

}  // namespace facegate::liveness
