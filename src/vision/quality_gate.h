#pragma once

#include <string>
#include <vector>

#include "vision/attributes.h"

namespace facegate::vision {

/// Why a photo is too poor to enroll.
struct QualityProblem {
    std::string code;     ///< stable, e.g. "FACE_TOO_SMALL"
    std::string message;  ///< for the photo's owner
    std::string measure;  ///< what was measured, as the limit is called, e.g. "inter_ocular_px"
    double value = 0;
    double limit = 0;  ///< the value had to be at least, or at most, this
};

/// Every limit the face does not keep, in the order of the limits; empty when it is good enough to enroll. What could
/// not be measured (eyes without an iris network) is not judged.
[[nodiscard]] std::vector<QualityProblem> quality_problems(const FaceAttributes& face, const QualityLimits& limits);

}  // namespace facegate::vision
