#pragma once

#include <string>
#include <vector>

#include "evaluation/error_rates.h"

namespace facegate::evaluation {

/// One line of the plot.
struct PlotCurve {
    std::string label;
    std::vector<CurvePoint> points;
};

/// False non-match rate over false match rate, both axes logarithmic (a DET curve: Martin et al., 1997), as an SVG that
/// needs nothing else. Each power of ten of the false match rate is marked on each line. At most six curves, else
/// std::invalid_argument; points with a rate of 0 lie at the axis' end.
std::string det_plot(const std::string& title, const std::string& subtitle, const std::vector<PlotCurve>& curves);

}  // namespace facegate::evaluation
