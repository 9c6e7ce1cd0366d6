#include <cmath>

#include "vision/detectors/candidates.h"
#include "vision/detectors/decoders.h"

namespace facegate::vision {
namespace {

constexpr std::size_t kRowLength = 17;  // score, box, six key points

std::size_t rows_of(const BlazeFaceLayout& layout) {
    std::size_t rows = 0;
    for (const AnchorGrid& grid : layout.anchors)
        rows += static_cast<std::size_t>(grid.cells) * static_cast<std::size_t>(grid.cells) *
                static_cast<std::size_t>(grid.per_cell);
    return rows;
}

Detection decode_row(const float* row, Point2 anchor) {
    Detection face;
    face.score = 1 / (1 + std::exp(-row[0]));
    const float width = row[3];
    const float height = row[4];
    face.box = {anchor.x + row[1] - width / 2, anchor.y + row[2] - height / 2, width, height};
    // The ears, which come last, are left out.
    for (std::size_t k = 0; k < face.keypoints.size(); ++k)
        face.keypoints[k] = {anchor.x + row[5 + 2 * k], anchor.y + row[6 + 2 * k]};
    return face;
}

}  // namespace

std::vector<Detection> decode(const BlazeFaceLayout& layout, int size, float threshold,
                              std::span<const Tensor> outputs) {
    const float* row = values_of(outputs, layout.output, rows_of(layout) * kRowLength);
    std::vector<Detection> faces;
    for (const AnchorGrid& grid : layout.anchors) {
        const float cell = static_cast<float>(size) / static_cast<float>(grid.cells);
        for (int y = 0; y < grid.cells; ++y) {
            for (int x = 0; x < grid.cells; ++x) {
                const Point2 anchor{(static_cast<float>(x) + 0.5F) * cell, (static_cast<float>(y) + 0.5F) * cell};
                for (int k = 0; k < grid.per_cell; ++k, row += kRowLength) {
                    const Detection face = decode_row(row, anchor);
                    if (face.score >= threshold && is_plausible(face, size)) faces.push_back(face);
                }
            }
        }
    }
    return faces;
}

}  // namespace facegate::vision
