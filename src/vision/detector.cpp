#include "vision/detector.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

#include "vision/face_chip.h"

namespace facegate::vision {
namespace {

constexpr std::size_t kRowLength = 17;  // score, box, six key points
/// More cannot be told apart on the input; an adversarial image must not make the merging quadratic in thousands.
constexpr std::size_t kMaxCandidates = 512;

std::vector<Point2> anchor_centres(const std::vector<AnchorGrid>& grids, int size) {
    std::vector<Point2> anchors;
    for (const AnchorGrid& grid : grids) {
        const float cell = static_cast<float>(size) / static_cast<float>(grid.cells);
        for (int y = 0; y < grid.cells; ++y) {
            for (int x = 0; x < grid.cells; ++x) {
                const Point2 centre{(static_cast<float>(x) + 0.5F) * cell, (static_cast<float>(y) + 0.5F) * cell};
                anchors.insert(anchors.end(), static_cast<std::size_t>(grid.per_cell), centre);
            }
        }
    }
    return anchors;
}

/// The image shrunk into the middle of a black square, by whole pixels: half a pixel of interpolation would blur faces
/// of a dozen pixels beyond recognition.
class Letterbox {
public:
    Letterbox(const media::Image& image, int size) : square_(size, size, CV_8UC3, cv::Scalar::all(0)) {
        const int longer = std::max(image.width, image.height);
        const auto shrunk = [&](int side) { return std::max((side * size + longer / 2) / longer, 1); };
        const cv::Size inner(shrunk(image.width), shrunk(image.height));
        left_ = (size - inner.width) / 2;
        top_ = (size - inner.height) / 2;
        x_scale_ = static_cast<float>(image.width) / static_cast<float>(inner.width);
        y_scale_ = static_cast<float>(image.height) / static_cast<float>(inner.height);
        cv::Mat target = square_(cv::Rect({left_, top_}, inner));
        cv::resize(view_of(image), target, inner, 0, 0, longer > size ? cv::INTER_AREA : cv::INTER_LINEAR);
    }

    [[nodiscard]] const cv::Mat& square() const { return square_; }
    [[nodiscard]] Point2 size_in_image(float width, float height) const {
        return {width * x_scale_, height * y_scale_};
    }
    [[nodiscard]] Point2 point_in_image(float x, float y) const {
        return {(x - static_cast<float>(left_)) * x_scale_, (y - static_cast<float>(top_)) * y_scale_};
    }

private:
    cv::Mat square_;
    int left_ = 0;
    int top_ = 0;
    float x_scale_ = 1;
    float y_scale_ = 1;
};

Detection decode_row(const float* row, Point2 anchor, const Letterbox& input) {
    Detection face;
    const float width = row[3];
    const float height = row[4];
    const Point2 corner = input.point_in_image(anchor.x + row[1] - width / 2, anchor.y + row[2] - height / 2);
    const Point2 size = input.size_in_image(width, height);
    face.box = {corner.x, corner.y, size.x, size.y};
    for (std::size_t k = 0; k < face.keypoints.size(); ++k) {
        face.keypoints[k] = input.point_in_image(anchor.x + row[5 + 2 * k], anchor.y + row[6 + 2 * k]);
    }
    return face;
}

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

std::vector<Detection> merge_overlapping(std::vector<Detection> candidates, float iou) {
    const auto by_score = [](const Detection& a, const Detection& b) { return a.score > b.score; };
    std::sort(candidates.begin(), candidates.end(), by_score);
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

Detector::Detector(const DetectorRole& role, ImageNetwork network)
    : role_(role), network_(std::move(network)), anchors_(anchor_centres(role.anchors, network_.size())) {}

std::vector<Detection> Detector::detect(const media::Image& image, double* network_ms) const {
    const Letterbox input(image, network_.size());
    const auto outputs = network_.run(input.square(), network_ms);
    const std::vector<float>& rows = outputs.at(role_.output).values;
    if (rows.size() != anchors_.size() * kRowLength) throw std::runtime_error("the detector's output has a wrong size");
    std::vector<Detection> candidates;
    for (std::size_t i = 0; i < anchors_.size(); ++i) {
        const float* row = rows.data() + i * kRowLength;
        const float score = 1 / (1 + std::exp(-row[0]));
        // Also false for NaN.
        if (!(score >= role_.score_threshold) || !(row[3] > 0) || !(row[4] > 0)) continue;
        candidates.push_back(decode_row(row, anchors_[i], input));
        candidates.back().score = score;
    }
    auto faces = merge_overlapping(std::move(candidates), role_.nms_iou);
    const auto by_size = [](const Detection& a, const Detection& b) {
        return a.box.width * a.box.height > b.box.width * b.box.height;
    };
    std::sort(faces.begin(), faces.end(), by_size);
    return faces;
}

}  // namespace facegate::vision
