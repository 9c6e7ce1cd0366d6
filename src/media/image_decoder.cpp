#include "media/image_decoder.h"

#include <algorithm>

#include "media/exif.h"
#include "media/jpeg_decoder.h"
#include "media/orientation.h"
#include "media/png_decoder.h"

namespace facegate::media {
namespace {

constexpr std::uint8_t kJpegStart[] = {0xFF, 0xD8, 0xFF};
constexpr std::uint8_t kPngStart[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

bool starts_with(ByteView bytes, std::span<const std::uint8_t> start) {
    return bytes.size() >= start.size() && std::equal(start.begin(), start.end(), bytes.begin());
}

}  // namespace

Result<Image> decode_image(ByteView bytes, const ImageLimits& limits) {
    if (starts_with(bytes, kPngStart)) return decode_png(bytes, limits);
    if (!starts_with(bytes, kJpegStart)) {
        return fail(ErrorCode::kInvalidImageFormat, "The image is neither JPEG nor PNG");
    }
    auto image = decode_jpeg(bytes, limits);
    if (!image) return image;
    return upright(std::move(*image), jpeg_orientation(bytes));
}

}  // namespace facegate::media
