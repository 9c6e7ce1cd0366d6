#pragma once

#include <algorithm>
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

}  // namespace facegate::bench
