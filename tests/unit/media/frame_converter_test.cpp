#include "media/frame_converter.h"

extern "C" {
#include <libavutil/frame.h>
}

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace facegate::media {
namespace {

constexpr int kCell = 16;

struct FreeFrame {
    void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};

/// Cells of one colour each.
std::unique_ptr<AVFrame, FreeFrame> random_cells(int format, int width, int height, std::mt19937& random) {
    std::unique_ptr<AVFrame, FreeFrame> frame(av_frame_alloc());
    frame->format = format;
    frame->width = width;
    frame->height = height;
    EXPECT_GE(av_frame_get_buffer(frame.get(), 0), 0);
    for (int plane = 0; plane < 3; ++plane) {
        const int half = plane == 0 ? 1 : 2;
        const int rows = (height + half - 1) / half;
        const int columns = (width + half - 1) / half;
        std::vector<std::uint8_t> cells(static_cast<std::size_t>((width / kCell + 1) * (height / kCell + 1)));
        for (auto& cell : cells) {
            cell = static_cast<std::uint8_t>(plane == 0 ? 16 + random() % 220 : 64 + random() % 128);
        }
        for (int y = 0; y < rows; ++y) {
            for (int x = 0; x < columns; ++x) {
                const int cell = y * half / kCell * (width / kCell + 1) + x * half / kCell;
                frame->data[plane][y * frame->linesize[plane] + x] = cells[static_cast<std::size_t>(cell)];
            }
        }
    }
    return frame;
}

/// By the definition: ITU-R BT.601-7 and BT.709-6.
std::array<double, 3> rgb_at(const AVFrame& frame, VideoColour colour, int x, int y) {
    const double red = colour.bt709 ? 0.2126 : 0.299;
    const double blue = colour.bt709 ? 0.0722 : 0.114;
    const double green = 1 - red - blue;
    const double chroma = colour.full_range ? 1 : 255.0 / 224;
    const double stored = frame.data[0][y * frame.linesize[0] + x];
    const double luma = colour.full_range ? stored : (stored - 16) * 255 / 219;
    const double b = (frame.data[1][y / 2 * frame.linesize[1] + x / 2] - 128.0) * chroma * 2 * (1 - blue);
    const double r = (frame.data[2][y / 2 * frame.linesize[2] + x / 2] - 128.0) * chroma * 2 * (1 - red);
    const std::array<double, 3> rgb{luma + r, luma - (b * blue + r * red) / green, luma + b};
    return {std::clamp(rgb[0], 0.0, 255.0), std::clamp(rgb[1], 0.0, 255.0), std::clamp(rgb[2], 0.0, 255.0)};
}

TEST(FrameConverter, IsWithinTwoLevelsOfTheDefinition) {
    std::mt19937 random(11);
    for (const VideoColour colour :
         {VideoColour{false, false}, VideoColour{false, true}, VideoColour{true, false}, VideoColour{true, true}}) {
        SCOPED_TRACE(::testing::Message() << "bt709 " << colour.bt709 << " full " << colour.full_range);
        FrameConverter converter(1);
        double sum = 0;
        int count = 0;
        for (int round = 0; round < 4; ++round) {
            const auto frame = random_cells(AV_PIX_FMT_YUV420P, 320, 240, random);
            std::vector<std::uint8_t> rows(padded_size(320, 240));
            converter.to_rgb(*frame, colour, rows.data());
            const Image image = unpadded(rows.data(), 320, 240);
            for (int y = kCell / 2; y < 240; y += kCell) {
                for (int x = kCell / 2; x < 320; x += kCell) {
                    const auto defined = rgb_at(*frame, colour, x, y);
                    for (std::size_t channel = 0; channel < 3; ++channel) {
                        const double off = image.at(x, y)[channel] - defined[channel];
                        ASSERT_LE(std::abs(off), 2.0);
                        sum += off;
                        ++count;
                    }
                }
            }
        }
        EXPECT_LT(std::abs(sum / count), 0.5) << "the mean of many pixels, by which colours are judged";
    }
}

TEST(FrameConverter, WritesNoFurtherThanItSays) {
    std::mt19937 random(12);
    for (const int orientation : {1, 3, 6, 8}) {
        FrameConverter converter(orientation);
        for (const auto& [width, height] : {std::pair{1, 1}, std::pair{17, 9}, std::pair{64, 33}, std::pair{97, 64}}) {
            const auto frame = random_cells(AV_PIX_FMT_YUV420P, width, height, random);
            const bool turned = orientation >= 5;
            const std::size_t size = turned ? padded_size(height, width) : padded_size(width, height);
            std::vector<std::uint8_t> rows(size + 256, 0xA5);
            converter.to_rgb(*frame, {}, rows.data());
            EXPECT_EQ(std::count(rows.begin() + static_cast<std::ptrdiff_t>(size), rows.end(), 0xA5), 256);
        }
    }
}

}  // namespace
}  // namespace facegate::media
