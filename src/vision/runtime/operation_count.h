#pragma once

#include "vision/runtime/inference.h"

namespace facegate::vision {

/// Floating-point operations of one run: those of its convolutions and matrix products with constant weights, two for
/// each multiply-add; everything else is left out. 0 when OpenCV cannot read the file.
double operation_count(const NetworkSpec& spec);

}  // namespace facegate::vision
