#pragma once

#include <optional>

#include "base/bytes.h"
#include "media/image.h"

namespace facegate::media::testing {

/// Left half red, right half blue, with a green top-left quarter and grey ramp in the bottom right one: every one of
/// the eight orientations looks different.
Image test_card(int width, int height);

struct JpegOptions {
    enum class Colour { kRgb, kGrey, kCmykAdobe, kCmykPlain, kYcck };
    Colour colour = Colour::kRgb;
    bool progressive = false;
    int quality = 95;
    std::optional<int> orientation = std::nullopt;  ///< written as an Exif APP1 segment
    bool big_endian_exif = false;
    int scans = 0;  ///< grey only; more than 0: a progressive script of that many scans, at most 127
};
Bytes encode_jpeg(const Image& image, const JpegOptions& options = {});

struct PngOptions {
    enum class Kind {
        kRgb8,
        kRgb16,
        kGrey8,
        kGrey16,
        kGrey1,
        kPalette,
        kPaletteTransparent,
        kRgba8,
        kRgba16,
        kGreyAlpha
    };
    Kind kind = Kind::kRgb8;
    bool interlaced = false;
    std::optional<int> orientation = std::nullopt;  ///< written as an eXIf chunk
    std::uint8_t alpha = 255;                       ///< of every pixel, for the kinds with transparency
};
Bytes encode_png(const Image& image, const PngOptions& options = {});

/// Inserts a chunk with a right CRC after IHDR.
Bytes with_png_chunk(const Bytes& png, const char* name, ByteView data);

/// A TIFF block with one entry: the orientation.
Bytes tiff_with_orientation(int orientation, bool big_endian);

}  // namespace facegate::media::testing
