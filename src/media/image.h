#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace facegate::media {

/// 8-bit RGB, rows from the top, three bytes a pixel, no padding: `pixels.size() == width * height * 3`.
struct Image {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> pixels;

    [[nodiscard]] bool empty() const { return pixels.empty(); }
    [[nodiscard]] const std::uint8_t* at(int x, int y) const {
        return pixels.data() +
               (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 3;
    }
};

}  // namespace facegate::media
