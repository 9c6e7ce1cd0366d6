#include "vision/detectors/candidates.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace facegate::vision {
namespace {

/// More cannot be told apart on the input; an adversarial image must not make the merging quadratic in thousands.
constexpr std::size_t kMaxCandidates = 512;
constexpr float kFarthest = 4;  // input sizes
constexpr float kSmallest = 1;  // pixel

float intersection_over_union(const Box& a, const Box& b) {
    const float width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
    const float height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
    if (width <= 0 || height <= 0) return 0;
    const float both = width * height;
    return both / (a.width * a.height + b.width * b.height - both);
}

/// Sums box and key points by score, to be divided by the weight in the end.
class WeightedMean {
public:
    void add(const Detection& face) {
        const float weight = face.score;
        weight_ += weight;
        sum_.box.x += face.box.x * weight;
        sum_.box.y += face.box.y * weight;
        sum_.box.width += face.box.width * weight;
        sum_.box.height += face.box.height * weight;
        for (std::size_t k = 0; k < sum_.keypoints.size(); ++k) {
            sum_.keypoints[k].x += face.keypoints[k].x * weight;
            sum_.keypoints[k].y += face.keypoints[k].y * weight;
        }
    }
    [[nodiscard]] Detection mean(float score) const {
        Detection face = sum_;
        face.score = score;
        for (float* value : {&face.box.x, &face.box.y, &face.box.width, &face.box.height}) *value /= weight_;
        for (Point2& point : face.keypoints) point = {point.x / weight_, point.y / weight_};
        return face;
    }

private:
    Detection sum_;
    float weight_ = 0;
};

}  // namespace

const float* values_of(std::span<const Tensor> outputs, std::size_t position, std::size_t count) {
    if (position >= outputs.size() || outputs[position].values.size() != count)
        throw std::runtime_error("the detector's output has a wrong size");
    return outputs[position].values.data();
}

bool is_plausible(const Detection& face, int size) {
    const float farthest = kFarthest * static_cast<float>(size);
    // Written so that a NaN is never plausible.
    const auto is_near = [farthest](float value) { return std::abs(value) <= farthest; };
    const Box& box = face.box;
    return face.score >= 0 && face.score <= 1 && is_near(box.x) && is_near(box.y) && box.width >= kSmallest &&
           box.height >= kSmallest && is_near(box.width) && is_near(box.height) &&
           std::ranges::all_of(face.keypoints, [&](Point2 point) { return is_near(point.x) && is_near(point.y); });
}

Keypoints keypoints_of_five(const float* points, float x, float y, float stride) {
    const auto point = [&](std::size_t k) {
        return Point2{(x + points[2 * k]) * stride, (y + points[2 * k + 1]) * stride};
    };
    const Point2 right_corner = point(3);
    const Point2 left_corner = point(4);
    return {point(0), point(1), point(2), {(right_corner.x + left_corner.x) / 2, (right_corner.y + left_corner.y) / 2}};
}

std::vector<Detection> merge_overlapping(std::vector<Detection> candidates, float iou) {
    const auto by_score = [](const Detection& a, const Detection& b) { return a.score > b.score; };
    std::ranges::stable_sort(candidates, by_score);
    if (candidates.size() > kMaxCandidates) candidates.resize(kMaxCandidates);
    std::vector<Detection> faces;
    while (!candidates.empty()) {
        const Detection best = candidates.front();
        WeightedMean group;
        group.add(best);
        std::vector<Detection> others;
        for (auto candidate = candidates.begin() + 1; candidate != candidates.end(); ++candidate) {
            if (intersection_over_union(best.box, candidate->box) > iou) {
                group.add(*candidate);
            } else {
                others.push_back(*candidate);
            }
        }
        faces.push_back(group.mean(best.score));
        candidates = std::move(others);
    }
    return faces;
}

}  // namespace facegate::vision
