#pragma once

#include "media/image.h"
#include "vision/geometry.h"

namespace facegate::liveness {

/// Traces that prints and screens leave in a single picture. Advice only: good ones leave none.
struct ImageForensics {
    double moire = 0;   ///< strongest lone peak in the face's spectrum over its surroundings, in decades
    double detail = 0;  ///< share of the face's energy above a quarter of the sampling rate, 0-1
    double blown = 0;   ///< share of the face that is white: screens and glossy paper, 0-1
};

/// Of the levelled face, 128 x 128 grey pixels. Moire: lone peaks in the amplitude spectrum (Patel et al., "Live Face
/// Video vs. Spoof Face Video: Use of Moire Patterns", 2015, by another measure). Pure.
ImageForensics examine(const media::Image& image, const vision::FaceMesh& mesh);

}  // namespace facegate::liveness
