#include "vision/face_chip.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <stdexcept>

namespace facegate::vision {
namespace {

/// Interpolation between pixels twice as fine as the chip's skips none; finer ones are averaged down to at least this.
constexpr double kOversampling = 1.5;

/// The part of the image a chip looks at, with a margin for interpolation; empty when it looks past the image.
cv::Rect region_of(const ChipTransform& transform, int size, cv::Size image) {
    double left = 1e9;
    double top = 1e9;
    double right = -1e9;
    double bottom = -1e9;
    for (const double x : {0.0, static_cast<double>(size)}) {
        for (const double y : {0.0, static_cast<double>(size)}) {
            const double image_x = transform(0, 0) * x + transform(0, 1) * y + transform(0, 2);
            const double image_y = transform(1, 0) * x + transform(1, 1) * y + transform(1, 2);
            left = std::min(left, image_x);
            right = std::max(right, image_x);
            top = std::min(top, image_y);
            bottom = std::max(bottom, image_y);
        }
    }
    const double scale = std::hypot(transform(0, 0), transform(1, 0));
    const auto whole = [](double value) { return static_cast<int>(std::clamp(value, -1e6, 1e6)); };
    const int margin = whole(2 * scale) + 2;
    const cv::Rect wanted(cv::Point(whole(left) - margin, whole(top) - margin),
                          cv::Point(whole(right) + margin, whole(bottom) + margin));
    return wanted & cv::Rect({0, 0}, image);
}

}  // namespace

ChipTransform transform_of(const Square& square, int size) {
    const double scale = square.side / static_cast<double>(size);
    const double cosine = std::cos(square.angle) * scale;
    const double sine = std::sin(square.angle) * scale;
    const double middle = size / 2.0;
    return {cosine, -sine,  square.centre.x - (cosine - sine) * middle,
            sine,   cosine, square.centre.y - (sine + cosine) * middle};
}

ChipTransform similarity(std::span<const Point2> from, std::span<const Point2> to) {
    if (from.size() != to.size() || from.size() < 2) throw std::logic_error("point patterns of different length");
    const auto mean = [](std::span<const Point2> points) {
        cv::Vec2d sum;
        for (const Point2& point : points) sum += cv::Vec2d(point.x, point.y);
        return sum / static_cast<double>(points.size());
    };
    const cv::Vec2d from_mean = mean(from);
    const cv::Vec2d to_mean = mean(to);
    double dot = 0;
    double cross = 0;
    double spread = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const cv::Vec2d a = cv::Vec2d(from[i].x, from[i].y) - from_mean;
        const cv::Vec2d b = cv::Vec2d(to[i].x, to[i].y) - to_mean;
        dot += a.dot(b);
        cross += a[0] * b[1] - a[1] * b[0];
        spread += a.dot(a);
    }
    const double cosine = dot / spread;
    const double sine = cross / spread;
    return {cosine, -sine,  to_mean[0] - cosine * from_mean[0] + sine * from_mean[1],
            sine,   cosine, to_mean[1] - sine * from_mean[0] - cosine * from_mean[1]};
}

ChipTransform inverse(const ChipTransform& similarity) {
    const double scale_squared = similarity(0, 0) * similarity(0, 0) + similarity(1, 0) * similarity(1, 0);
    const double cosine = similarity(0, 0) / scale_squared;
    const double sine = -similarity(1, 0) / scale_squared;
    const double x = similarity(0, 2);
    const double y = similarity(1, 2);
    return {cosine, -sine, sine * y - cosine * x, sine, cosine, -sine * x - cosine * y};
}

cv::Mat view_of(const media::Image& image) {
    // OpenCV has no read-only matrix; nothing here writes to its sources.
    return {image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data())};
}

cv::Mat cut_chip(const media::Image& image, const ChipTransform& chip_to_image, int size) {
    cv::Mat chip(size, size, CV_8UC3, cv::Scalar::all(0));
    const cv::Rect region = region_of(chip_to_image, size, {image.width, image.height});
    if (region.empty()) return chip;
    cv::Mat source = view_of(image)(region);
    ChipTransform transform = chip_to_image;
    transform(0, 2) -= region.x;
    transform(1, 2) -= region.y;
    const int shrink = static_cast<int>(std::hypot(transform(0, 0), transform(1, 0)) / kOversampling);
    cv::Mat shrunk;
    if (shrink >= 2) {
        const cv::Size smaller(std::max(region.width / shrink, 1), std::max(region.height / shrink, 1));
        cv::resize(source, shrunk, smaller, 0, 0, cv::INTER_AREA);
        const double x_scale = static_cast<double>(smaller.width) / region.width;
        const double y_scale = static_cast<double>(smaller.height) / region.height;
        for (int column = 0; column < 3; ++column) {
            const double half = column == 2 ? 0.5 : 0;
            transform(0, column) = (transform(0, column) + half) * x_scale - half;
            transform(1, column) = (transform(1, column) + half) * y_scale - half;
        }
        source = shrunk;
    }
    cv::warpAffine(source, chip, transform, chip.size(), cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_CONSTANT);
    return chip;
}

float angle_between(Point2 right_eye, Point2 left_eye) {
    return std::atan2(left_eye.y - right_eye.y, left_eye.x - right_eye.x);
}

Square square_of(const FaceMesh& mesh, float factor) {
    const Point3& right_eye = mesh.points[33];
    const Point3& left_eye = mesh.points[263];
    const float angle = angle_between({right_eye.x, right_eye.y}, {left_eye.x, left_eye.y});
    const float cosine = std::cos(angle);
    const float sine = std::sin(angle);
    Point2 low{1e9F, 1e9F};
    Point2 high{-1e9F, -1e9F};
    for (const Point3& point : mesh.points) {
        const Point2 level{cosine * point.x + sine * point.y, cosine * point.y - sine * point.x};
        low = {std::min(low.x, level.x), std::min(low.y, level.y)};
        high = {std::max(high.x, level.x), std::max(high.y, level.y)};
    }
    const Point2 middle{(low.x + high.x) / 2, (low.y + high.y) / 2};
    return {{cosine * middle.x - sine * middle.y, sine * middle.x + cosine * middle.y},
            std::max(high.x - low.x, high.y - low.y) * factor,
            angle};
}

}  // namespace facegate::vision
