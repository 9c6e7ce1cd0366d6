#pragma once

#include "base/bytes.h"

namespace facegate::media {

/// How the stored rows must be turned to stand upright, as EXIF 2.32 tag 0x0112 counts it: 1 is upright, 2-8 the
/// other seven mirrorings and quarter turns. Anything missing, damaged or out of range counts as 1.

/// Of the first Exif APP1 segment before the image data.
int jpeg_orientation(ByteView jpeg);
/// Of a bare TIFF block, as PNG's eXIf chunk holds it.
int tiff_orientation(ByteView tiff);

}  // namespace facegate::media
