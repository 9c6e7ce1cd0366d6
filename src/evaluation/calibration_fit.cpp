#include "evaluation/calibration_fit.h"

namespace facegate::evaluation {

std::vector<vision::Calibration::Point> fit_calibration(const ErrorRates& rates) {
    std::vector<vision::Calibration::Point> points;
    for (const double rate : kReportedRates) {
        const OperatingPoint point = rates.at_fmr(rate);
        if (point.support != Support::kFirm) break;
        if (points.empty() || point.s > points.back().s) points.push_back({rate, point.s});
    }
    return points;
}

}  // namespace facegate::evaluation
