// rooms: media
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "media/image_decoder.h"

namespace facegate::media {
namespace {

/// Small enough for many inputs a second; decoders are told, and must not go beyond it.
constexpr ImageLimits kLimits{512 * 512};

constexpr std::array<std::uint8_t, 8> kPngStart = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};

std::uint32_t number_at(const Bytes& bytes, std::size_t offset) {
    return std::uint32_t{bytes[offset]} << 24 | std::uint32_t{bytes[offset + 1]} << 16 |
           std::uint32_t{bytes[offset + 2]} << 8 | std::uint32_t{bytes[offset + 3]};
}

/// Makes every chunk's checksum right: else hardly an altered PNG would get past the first one.
void mend_checksums(Bytes& png) {
    constexpr std::size_t kHead = 8;  // length and name
    constexpr std::size_t kChecksum = 4;
    std::size_t offset = kPngStart.size();
    while (png.size() - offset >= kHead + kChecksum) {
        const std::size_t length = number_at(png, offset);
        if (length > png.size() - offset - kHead - kChecksum) return;
        const auto checksum = crc32(0, png.data() + offset + 4, static_cast<uInt>(length + 4));
        for (std::size_t i = 0; i < kChecksum; ++i)
            png[offset + kHead + length + i] = static_cast<std::uint8_t>(checksum >> (24 - 8 * i));
        offset += kHead + length + kChecksum;
    }
}

/// An image is whole and within the limit, an error is one of the two a caller is told, and both come out the same a
/// second time: no pixel is left unwritten.
void check(ByteView bytes) {
    const Result<Image> first = decode_image(bytes, kLimits);
    const Result<Image> second = decode_image(bytes, kLimits);
    if (first.has_value() != second.has_value()) std::abort();
    if (!first) {
        const ErrorCode code = first.error().code;
        if (code != ErrorCode::kInvalidImageFormat && code != ErrorCode::kImageTooLarge) std::abort();
        return;
    }
    if (first->width < 1 || first->height < 1) std::abort();
    const auto pixels = static_cast<std::size_t>(first->width) * static_cast<std::size_t>(first->height);
    if (pixels > kLimits.max_pixels || first->pixels.size() != pixels * 3) std::abort();
    if (first->width != second->width || first->pixels != second->pixels) std::abort();
}

}  // namespace
}  // namespace facegate::media

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace facegate;
    Bytes bytes(data, data + size);
    media::check(bytes);
    if (size > media::kPngStart.size() && std::equal(media::kPngStart.begin(), media::kPngStart.end(), bytes.begin())) {
        media::mend_checksums(bytes);
        media::check(bytes);
    }
    return 0;
}
