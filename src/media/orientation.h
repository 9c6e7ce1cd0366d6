#pragma once

#include "media/image.h"

namespace facegate::media {

/// The image as it is meant to be seen; `orientation` 1-8 as EXIF counts it.
Image upright(Image image, int orientation);

}  // namespace facegate::media
