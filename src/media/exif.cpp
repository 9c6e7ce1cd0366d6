#include "media/exif.h"

#include <algorithm>

namespace facegate::media {
namespace {

constexpr int kUpright = 1;
constexpr std::uint16_t kOrientationTag = 0x0112;
constexpr std::uint16_t kShortType = 3;
constexpr std::size_t kEntrySize = 12;

/// Bounds-checked reader of a TIFF block in its own byte order.
class TiffReader {
public:
    explicit TiffReader(ByteView bytes) : bytes_(bytes) {
        if (bytes.size() < 8) return;
        big_endian_ = bytes[0] == 'M' && bytes[1] == 'M';
        const bool little_endian = bytes[0] == 'I' && bytes[1] == 'I';
        valid_ = (big_endian_ || little_endian) && u16(2) == 42;
    }

    [[nodiscard]] bool valid() const { return valid_; }
    [[nodiscard]] bool holds(std::size_t offset, std::size_t size) const {
        return offset <= bytes_.size() && size <= bytes_.size() - offset;
    }
    [[nodiscard]] std::uint16_t u16(std::size_t offset) const {
        if (!holds(offset, 2)) return 0;
        const unsigned first = bytes_[offset];
        const unsigned second = bytes_[offset + 1];
        return static_cast<std::uint16_t>(big_endian_ ? first << 8 | second : second << 8 | first);
    }
    [[nodiscard]] std::uint32_t u32(std::size_t offset) const {
        const std::uint32_t first = u16(offset);
        const std::uint32_t second = u16(offset + 2);
        return big_endian_ ? first << 16 | second : second << 16 | first;
    }

private:
    ByteView bytes_;
    bool big_endian_ = false;
    bool valid_ = false;
};

bool starts_with_exif(ByteView payload) {
    static constexpr std::uint8_t kExif[] = {'E', 'x', 'i', 'f', 0, 0};
    return payload.size() >= sizeof kExif && std::equal(std::begin(kExif), std::end(kExif), payload.begin());
}

}  // namespace

int tiff_orientation(ByteView tiff) {
    const TiffReader reader(tiff);
    if (!reader.valid()) return kUpright;
    const std::size_t directory = reader.u32(4);
    const std::size_t entries = reader.u16(directory);
    for (std::size_t i = 0; i < entries; ++i) {
        const std::size_t entry = directory + 2 + i * kEntrySize;
        if (!reader.holds(entry, kEntrySize)) return kUpright;
        if (reader.u16(entry) != kOrientationTag) continue;
        const int value = reader.u16(entry + 8);
        const bool usable = reader.u16(entry + 2) == kShortType && value >= 1 && value <= 8;
        return usable ? value : kUpright;
    }
    return kUpright;
}

int jpeg_orientation(ByteView jpeg) {
    constexpr std::uint8_t kApp1 = 0xE1;
    constexpr std::uint8_t kStartOfScan = 0xDA;
    std::size_t at = 2;
    while (at + 4 <= jpeg.size() && jpeg[at] == 0xFF) {
        const std::uint8_t marker = jpeg[at + 1];
        if (marker == 0xFF) {  // fill byte
            ++at;
            continue;
        }
        if (marker == kStartOfScan) break;
        const std::size_t length = static_cast<std::size_t>(jpeg[at + 2]) << 8 | jpeg[at + 3];
        if (length < 2 || length > jpeg.size() - at - 2) break;
        const ByteView payload = jpeg.subspan(at + 4, length - 2);
        if (marker == kApp1 && starts_with_exif(payload)) return tiff_orientation(payload.subspan(6));
        at += 2 + length;
    }
    return kUpright;
}

}  // namespace facegate::media
