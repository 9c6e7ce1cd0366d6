#pragma once

#include <cstdio>
// jpeglib.h needs what is above.
#include <jpeglib.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <opencv2/imgproc.hpp>
#include <stdexcept>
#include <string>

#include "base/bytes.h"
#include "media/image.h"
#include "vision/geometry.h"

namespace facegate::bench {

inline Bytes read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The square round a face, two and a half times its box, scaled to `side` pixels: a portrait as a client sends it.
inline media::Image portrait(const media::Image& image, const vision::Box& box, int side) {
    const int longer = static_cast<int>(std::max(box.width, box.height) * 2.5F);
    const int edge = std::min({longer, image.width, image.height});
    const auto start = [edge](float centre, int limit) {
        return std::clamp(static_cast<int>(centre) - edge / 2, 0, limit - edge);
    };
    const cv::Rect cut(start(box.x + box.width / 2, image.width), start(box.y + box.height / 2, image.height), edge,
                       edge);
    media::Image out{side, side, std::vector<std::uint8_t>(static_cast<std::size_t>(side * side) * 3)};
    const cv::Mat whole(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data()));
    cv::Mat scaled(side, side, CV_8UC3, out.pixels.data());
    cv::resize(whole(cut), scaled, scaled.size(), 0, 0, cv::INTER_AREA);
    return out;
}

/// Baseline JPEG, 4:2:0, quality 0-100.
inline Bytes encode_jpeg(const media::Image& image, int quality) {
    jpeg_compress_struct info{};
    jpeg_error_mgr errors{};
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    unsigned char* memory = nullptr;
    unsigned long size = 0;
    jpeg_mem_dest(&info, &memory, &size);
    info.image_width = static_cast<JDIMENSION>(image.width);
    info.image_height = static_cast<JDIMENSION>(image.height);
    info.input_components = 3;
    info.in_color_space = JCS_RGB;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, quality, TRUE);
    jpeg_start_compress(&info, TRUE);
    while (info.next_scanline < info.image_height) {
        JSAMPROW row = const_cast<JSAMPROW>(image.at(0, static_cast<int>(info.next_scanline)));
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    Bytes bytes(memory, memory + size);
    std::free(memory);
    return bytes;
}

}  // namespace facegate::bench
