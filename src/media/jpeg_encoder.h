#pragma once

#include "base/bytes.h"
#include "media/image.h"

namespace facegate::media {

/// Baseline JPEG, 4:2:0, `quality` 1-100. Throws std::runtime_error when the library refuses: an empty
/// image, a side over 65,500 pixels, no memory. Thread-safe.
Bytes encode_jpeg(const Image& image, int quality);

}  // namespace facegate::media
