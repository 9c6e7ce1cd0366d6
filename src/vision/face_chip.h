#pragma once

#include <opencv2/core.hpp>
#include <span>

#include "media/image.h"
#include "vision/geometry.h"

namespace facegate::vision {

/// A square of the image, perhaps turned: `angle` in radians, clockwise as seen, is where its top edge points.
struct Square {
    Point2 centre;
    float side = 0;
    float angle = 0;
};

/// Maps a chip's pixels to the image's: image = scale * rotation * chip + shift. Pixel centres are at whole numbers.
using ChipTransform = cv::Matx23d;

/// The chip of `size` x `size` pixels that covers the square.
ChipTransform transform_of(const Square& square, int size);

/// The similarity (rotation, scale, shift; no mirroring) that moves the points `from` onto `to` with the least squared
/// error. Umeyama, "Least-squares estimation of transformation parameters between two point patterns", 1991.
/// As many points in one as in the other, at least two, not all the same.
ChipTransform similarity(std::span<const Point2> from, std::span<const Point2> to);

/// The way back of a similarity.
ChipTransform inverse(const ChipTransform& similarity);

/// A look at the image's pixels without copying them; valid as long as the image.
cv::Mat view_of(const media::Image& image);

/// Cuts a chip out, black outside the image. Shrinking by three or more averages instead of skipping pixels.
cv::Mat cut_chip(const media::Image& image, const ChipTransform& chip_to_image, int size);

/// From the subject's right eye to the left one, in radians.
float angle_between(Point2 right_eye, Point2 left_eye);

/// The square that holds the whole mesh with the eyes level, its side multiplied by `factor`.
Square square_of(const FaceMesh& mesh, float factor);

}  // namespace facegate::vision
