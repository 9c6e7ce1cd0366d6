#pragma once

#include "media/image_decoder.h"

namespace facegate::media {

/// A JPEG as 8-bit RGB, not yet turned upright. Errors as decode_image(). Thread-safe.
Result<Image> decode_jpeg(ByteView bytes, const ImageLimits& limits);

}  // namespace facegate::media
