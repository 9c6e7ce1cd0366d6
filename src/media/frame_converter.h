#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/image.h"

struct AVFrame;
struct SwsContext;

namespace facegate::media {

/// How a clip's luma and chroma are to be read; VP8's own way unless the clip says otherwise.
struct VideoColour {
    bool bt709 = false;       ///< else BT.601
    bool full_range = false;  ///< 0-255, else 16-235
};

/// Bytes from one row of RGB to the next, with room for vector code that writes whole blocks past the end of a row.
std::size_t padded_stride(int width);
/// Bytes of all rows; one row more than there are, since some converters write rows in pairs.
std::size_t padded_size(int width, int height);
/// The same pixels without padding. Reads padded_size(width, height) bytes.
Image unpadded(const std::uint8_t* rows, int width, int height);

/// Turns decoded frames into RGB. Keeps its tables while the frames' shape stays the same. One clip, one thread.
class FrameConverter {
public:
    /// `orientation` as EXIF counts it: how the frames are to be turned.
    explicit FrameConverter(int orientation) : orientation_(orientation) {}
    ~FrameConverter();
    FrameConverter(const FrameConverter&) = delete;
    FrameConverter& operator=(const FrameConverter&) = delete;

    /// Whether a frame of this pixel format (AVPixelFormat) is 8-bit planar YUV, all that browsers record.
    static bool accepts(int pixel_format);

    /// Writes the frame, turned, into padded_size() bytes of its turned width and height.
    void to_rgb(const AVFrame& frame, VideoColour colour, std::uint8_t* rows);

private:
    void convert(const AVFrame& frame, VideoColour colour, std::uint8_t* rows);

    int orientation_;
    SwsContext* context_ = nullptr;
    std::vector<std::uint8_t> lying_;  // a frame before it is turned
};

}  // namespace facegate::media
