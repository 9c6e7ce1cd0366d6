#include <algorithm>
#include <cmath>

#include "vision/detectors/candidates.h"
#include "vision/detectors/decoders.h"

namespace facegate::vision {

std::vector<Detection> decode(const YuNetLayout& layout, int size, float threshold, std::span<const Tensor> outputs) {
    std::vector<Detection> faces;
    for (const YuNetLevel& level : layout.levels) {
        const auto cells = static_cast<std::size_t>(size / level.stride);
        const auto stride = static_cast<float>(level.stride);
        const float* cls = values_of(outputs, level.cls, cells * cells);
        const float* obj = values_of(outputs, level.obj, cells * cells);
        const float* bbox = values_of(outputs, level.bbox, cells * cells * 4);
        const float* kps = values_of(outputs, level.kps, cells * cells * 10);
        for (std::size_t i = 0; i < cells * cells; ++i, bbox += 4, kps += 10) {
            Detection face;
            face.score = std::sqrt(std::clamp(cls[i], 0.0F, 1.0F) * std::clamp(obj[i], 0.0F, 1.0F));
            if (!(face.score >= threshold)) continue;
            const std::size_t row = i / cells;
            const auto x = static_cast<float>(i % cells);
            const auto y = static_cast<float>(row);
            const float width = std::exp(bbox[2]) * stride;
            const float height = std::exp(bbox[3]) * stride;
            face.box = {(x + bbox[0]) * stride - width / 2, (y + bbox[1]) * stride - height / 2, width, height};
            face.keypoints = keypoints_of_five(kps, x, y, stride);
            if (is_plausible(face, size)) faces.push_back(face);
        }
    }
    return faces;
}

}  // namespace facegate::vision
