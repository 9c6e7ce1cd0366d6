#pragma once

#include <vector>

#include "evaluation/error_rates.h"
#include "vision/calibration.h"

namespace facegate::evaluation {

/// The points of a calibration table that the comparisons support firmly (30 false matches or more): falling fmr,
/// rising s, as vision::Calibration wants them. Each has the rate wanted, not the slightly smaller one counted: the
/// table errs towards refusing. Fewer than two: the data are too few for a table.
std::vector<vision::Calibration::Point> fit_calibration(const ErrorRates& rates);

}  // namespace facegate::evaluation
