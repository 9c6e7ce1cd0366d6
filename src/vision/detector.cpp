#include "vision/detector.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "vision/detectors/candidates.h"
#include "vision/detectors/decoders.h"
#include "vision/face_chip.h"

namespace facegate::vision {
namespace {

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
    /// A face found on the square, in pixels of the image.
    [[nodiscard]] Detection in_image(const Detection& found) const {
        Detection face = found;
        const Point2 corner = in_image(Point2{found.box.x, found.box.y});
        face.box = {corner.x, corner.y, found.box.width * x_scale_, found.box.height * y_scale_};
        for (Point2& point : face.keypoints) point = in_image(point);
        return face;
    }

private:
    [[nodiscard]] Point2 in_image(Point2 point) const {
        return {(point.x - static_cast<float>(left_)) * x_scale_, (point.y - static_cast<float>(top_)) * y_scale_};
    }

    cv::Mat square_;
    int left_ = 0;
    int top_ = 0;
    float x_scale_ = 1;
    float y_scale_ = 1;
};

}  // namespace

Detector::Detector(DetectorRole role, ImageNetwork network) : role_(std::move(role)), network_(std::move(network)) {}

std::vector<Detection> Detector::detect(const media::Image& image, double* network_ms) const {
    const int size = network_.size();
    const Letterbox input(image, size);
    const auto outputs = network_.run(input.square(), network_ms);
    auto candidates = std::visit(
        [&](const auto& layout) { return decode(layout, size, role_.score_threshold, outputs); }, role_.layout);
    auto faces = merge_overlapping(std::move(candidates), role_.nms_iou);
    for (Detection& face : faces) face = input.in_image(face);
    const auto by_size = [](const Detection& a, const Detection& b) {
        return a.box.width * a.box.height > b.box.width * b.box.height;
    };
    std::ranges::stable_sort(faces, by_size);
    return faces;
}

}  // namespace facegate::vision
