#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "media/image.h"

struct AVFrame;
struct SwsContext;

namespace facegate::media {

/// How a clip's luma and chroma are to be read; VP8's own way unless the container says otherwise.
struct VideoColour {
    bool bt709 = false;       ///< else BT.601
    bool full_range = false;  ///< 0-255, else 16-235
};

/// Turns decoded frames into RGB. Keeps its tables while the frames' shape stays the same. One clip, one thread.
class FrameConverter {
public:
    explicit FrameConverter(VideoColour colour);
    ~FrameConverter();
    FrameConverter(const FrameConverter&) = delete;
    FrameConverter& operator=(const FrameConverter&) = delete;

    Image to_rgb(const AVFrame& frame);

private:
    VideoColour colour_;
    SwsContext* context_ = nullptr;
    std::vector<std::uint8_t> padded_;
};

}  // namespace facegate::media
