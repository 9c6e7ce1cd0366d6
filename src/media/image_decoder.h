#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "media/image.h"

namespace facegate::media {

struct ImageLimits {
    std::size_t max_pixels = 25'000'000;  ///< by the header, before anything is allocated
};

/// Decodes a JPEG or PNG, recognised by its first bytes; anything else is kInvalidImageFormat.
/// Grey, CMYK/YCCK, 16-bit, palette, interlaced and progressive images become 8-bit RGB; transparency is laid on
/// white; EXIF orientation is applied; of an animation the first frame counts.
/// Errors: kInvalidImageFormat (unknown, truncated or damaged), kImageTooLarge. Thread-safe.
Result<Image> decode_image(ByteView bytes, const ImageLimits& limits = {});

}  // namespace facegate::media
