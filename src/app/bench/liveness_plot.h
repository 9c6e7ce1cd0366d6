#pragma once

#include <string>

#include "app/bench/liveness_report.h"

namespace facegate::app {

/// Every signal's values as an SVG that needs nothing else: a strip for each signal and challenge, genuine takes above,
/// attacks below, those the signal is meant to stop in another colour; a line where it passes, the failing side grey.
std::string liveness_plot(const LivenessReport& report);

}  // namespace facegate::app
