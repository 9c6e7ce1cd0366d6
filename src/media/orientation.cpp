#include "media/orientation.h"

#include <algorithm>

namespace facegate::media {
namespace {

/// Where the first stored pixel is found, and how far (in bytes) the next one along an output row or column lies.
struct Walk {
    std::ptrdiff_t start = 0;
    std::ptrdiff_t along_row = 0;
    std::ptrdiff_t along_column = 0;
};

Walk walk_of(int orientation, std::ptrdiff_t width, std::ptrdiff_t height) {
    const std::ptrdiff_t pixel = 3;
    const std::ptrdiff_t row = width * pixel;
    const std::ptrdiff_t right = (width - 1) * pixel;
    const std::ptrdiff_t bottom = (height - 1) * row;
    switch (orientation) {
        case 2: return {right, -pixel, row};
        case 3: return {right + bottom, -pixel, -row};
        case 4: return {bottom, pixel, -row};
        case 5: return {0, row, pixel};
        case 6: return {bottom, -row, pixel};
        case 7: return {right + bottom, -row, -pixel};
        case 8: return {right, row, -pixel};
        default: return {0, pixel, row};
    }
}

}  // namespace

Image upright(Image image, int orientation) {
    if (orientation < 2 || orientation > 8 || image.empty()) return image;
    const Walk walk = walk_of(orientation, image.width, image.height);
    Image turned{image.width, image.height, std::vector<std::uint8_t>(image.pixels.size())};
    if (orientation >= 5) std::swap(turned.width, turned.height);
    std::uint8_t* out = turned.pixels.data();
    for (std::ptrdiff_t y = 0; y < turned.height; ++y) {
        const std::uint8_t* in = image.pixels.data() + walk.start + y * walk.along_column;
        for (std::ptrdiff_t x = 0; x < turned.width; ++x, out += 3) std::copy_n(in + x * walk.along_row, 3, out);
    }
    return turned;
}

}  // namespace facegate::media
