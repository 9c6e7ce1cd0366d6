#include "media/frame_converter.h"

extern "C" {
#include <libavutil/frame.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <new>

namespace facegate::media {

FrameConverter::FrameConverter(VideoColour colour) : colour_(colour) {}

FrameConverter::~FrameConverter() {
    sws_freeContext(context_);
}

Image FrameConverter::to_rgb(const AVFrame& frame) {
    const auto format = static_cast<AVPixelFormat>(frame.format);
    context_ = sws_getCachedContext(context_, frame.width, frame.height, format, frame.width, frame.height,
                                    AV_PIX_FMT_RGB24, SWS_BILINEAR | SWS_ACCURATE_RND, nullptr, nullptr, nullptr);
    if (context_ == nullptr) throw std::bad_alloc();
    const int matrix = colour_.bt709 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    const int full_range = colour_.full_range ? 1 : 0;
    constexpr int kUnit = 1 << 16;
    sws_setColorspaceDetails(context_, sws_getCoefficients(matrix), full_range, sws_getCoefficients(SWS_CS_ITU601), 1,
                             0, kUnit, kUnit);

    // The vector code writes whole blocks of pixels, past the end of a row of odd width.
    const std::size_t row = static_cast<std::size_t>(frame.width) * 3;
    const std::size_t stride = (row + 63) / 64 * 64 + 64;
    const auto height = static_cast<std::size_t>(frame.height);
    padded_.resize(stride * height);
    std::uint8_t* planes[] = {padded_.data(), nullptr, nullptr, nullptr};
    const int strides[] = {static_cast<int>(stride), 0, 0, 0};
    sws_scale(context_, frame.data, frame.linesize, 0, frame.height, planes, strides);

    Image image{frame.width, frame.height, std::vector<std::uint8_t>(row * height)};
    for (std::size_t y = 0; y < height; ++y) {
        std::copy_n(padded_.data() + y * stride, row, image.pixels.data() + y * row);
    }
    return image;
}

}  // namespace facegate::media
