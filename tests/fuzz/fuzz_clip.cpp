// rooms: media
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "media/frame_converter.h"
#include "media/video_decoder.h"

namespace facegate::media {
namespace {

/// Small enough for many inputs a second; decoders are told, and must not go beyond it.
constexpr VideoLimits kLimits{.max_bytes = 64 * 1024,
                              .max_width = 256,
                              .max_height = 256,
                              .max_frames = 40,
                              .max_duration_ms = 10'000,
                              .max_work = Milliseconds(2'000)};

/// Gives a clip in pieces whose sizes the clip itself decides, as a network would.
class Pieces final : public ByteSource {
public:
    explicit Pieces(ByteView bytes) : left_(bytes), size_(bytes.empty() ? 1 : 1 + bytes.back() * 16U) {}
    std::size_t read(std::span<std::uint8_t> out) override {
        const std::size_t count = std::min({out.size(), left_.size(), size_});
        std::copy_n(left_.begin(), count, out.begin());
        left_ = left_.subspan(count);
        return count;
    }

private:
    ByteView left_;
    std::size_t size_;
};

/// Frames are whole, within the limits and in order, and the summary says what was seen.
void check(ByteView bytes) {
    Pieces clip(bytes);
    int frames = 0;
    std::int64_t last = 0;
    std::vector<std::uint8_t> rows;
    const Decoded decoded = decode_stream(clip, kLimits, [&](const DecodedFrame& frame) {
        const FrameInfo& info = frame.info();
        if (info.width < 1 || info.width > kLimits.max_width || info.height < 1 || info.height > kLimits.max_height) {
            std::abort();
        }
        if (info.pts_ms < last || info.pts_ms > kLimits.max_duration_ms) std::abort();
        last = info.pts_ms;
        if (++frames > kLimits.max_frames) std::abort();
        rows.resize(padded_size(info.width, info.height));
        frame.write_rgb(rows.data());
        return true;
    });
    if (!decoded) return;
    if (decoded->frames != frames || decoded->last_pts_ms != last || decoded->key_frames > frames) std::abort();
    if (decoded->writing_app.size() > 64 || decoded->rotation % 90 != 0) std::abort();
}

}  // namespace
}  // namespace facegate::media

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size <= facegate::media::kLimits.max_bytes) facegate::media::check({data, size});
    return 0;
}
