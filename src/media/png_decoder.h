#pragma once

#include "media/image_decoder.h"

namespace facegate::media {

/// A PNG (of an animated one the default image) as 8-bit RGB on white, already upright. Errors as decode_image().
/// Thread-safe.
Result<Image> decode_png(ByteView bytes, const ImageLimits& limits);

}  // namespace facegate::media
