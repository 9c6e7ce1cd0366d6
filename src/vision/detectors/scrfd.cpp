#include <algorithm>

#include "vision/detectors/candidates.h"
#include "vision/detectors/decoders.h"

namespace facegate::vision {

std::vector<Detection> decode(const ScrfdLayout& layout, int size, float threshold, std::span<const Tensor> outputs) {
    std::vector<Detection> faces;
    const auto per_cell = static_cast<std::size_t>(layout.anchors_per_cell);
    for (const ScrfdLevel& level : layout.levels) {
        const auto cells = static_cast<std::size_t>(size / level.stride);
        const auto stride = static_cast<float>(level.stride);
        const std::size_t rows = cells * cells * per_cell;
        const float* score = values_of(outputs, level.score, rows);
        const float* bbox = values_of(outputs, level.bbox, rows * 4);
        const float* kps = values_of(outputs, level.kps, rows * 10);
        for (std::size_t i = 0; i < rows; ++i, bbox += 4, kps += 10) {
            Detection face;
            face.score = std::min(score[i], 1.0F);
            if (!(face.score >= threshold)) continue;
            const std::size_t cell = i / per_cell;
            const std::size_t row = cell / cells;
            const auto x = static_cast<float>(cell % cells);
            const auto y = static_cast<float>(row);
            face.box = {(x - bbox[0]) * stride, (y - bbox[1]) * stride, (bbox[0] + bbox[2]) * stride,
                        (bbox[1] + bbox[3]) * stride};
            face.keypoints = keypoints_of_five(kps, x, y, stride);
            if (is_plausible(face, size)) faces.push_back(face);
        }
    }
    return faces;
}

}  // namespace facegate::vision
