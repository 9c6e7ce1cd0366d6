#include "unit/vision/altered_photos.h"

#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

#include "vision/quality.h"

namespace facegate::vision::testing {
namespace {

cv::Mat pixels_of(media::Image& image) {
    return {image.height, image.width, CV_8UC3, image.pixels.data()};
}

cv::Mat copy_of(const media::Image& image) {
    media::Image copy = image;
    return pixels_of(copy).clone();
}

media::Image image_of(const cv::Mat& pixels) {
    media::Image image{pixels.cols, pixels.rows, {}};
    image.pixels.assign(pixels.datastart, pixels.dataend);
    return image;
}

cv::Point pixel(const Point3& point) {
    return {cvRound(point.x), cvRound(point.y)};
}

void fill(cv::Mat& picture, const FaceMesh& mesh, const std::vector<std::size_t>& outline, const cv::Scalar& colour) {
    std::vector<cv::Point> points;
    for (const std::size_t index : outline) points.push_back(pixel(mesh.points[index]));
    cv::fillPoly(picture, std::vector<std::vector<cv::Point>>{points}, colour, cv::LINE_AA);
}

void ellipse(cv::Mat& picture, cv::Point centre, double width, double height, double degrees,
             const cv::Scalar& colour) {
    cv::ellipse(picture, centre, {cvRound(width), cvRound(height)}, degrees, 0, 360, colour, -1);
}

/// A little darker than the cheek.
cv::Scalar hand_colour(const cv::Mat& picture, const FaceMesh& mesh) {
    const auto& cheek = picture.at<cv::Vec3b>(pixel(mesh.points[50]));
    return cv::Scalar(cheek[0], cheek[1], cheek[2]) * 0.9;
}

cv::Point between(const Point3& a, const Point3& b) {
    return {cvRound((a.x + b.x) / 2), cvRound((a.y + b.y) / 2)};
}

Variant turned(const media::Image& image, double degrees) {
    const cv::Point2f middle(static_cast<float>(image.width) / 2, static_cast<float>(image.height) / 2);
    const cv::Mat turn = cv::getRotationMatrix2D(middle, degrees, 1);
    cv::Mat picture;
    cv::warpAffine(copy_of(image), picture, turn, {image.width, image.height});
    cv::Mat back;
    cv::invertAffineTransform(turn, back);
    return {"turned by " + std::to_string(degrees), image_of(picture), cv::Matx23d(back)};
}

}  // namespace

media::Image mirrored(const media::Image& image) {
    cv::Mat picture;
    cv::flip(copy_of(image), picture, 1);
    return image_of(picture);
}

std::vector<Variant> variants_of(const media::Image& image) {
    const cv::Matx23d same(1, 0, 0, 0, 1, 0);
    const cv::Mat original = copy_of(image);
    cv::Mat smaller;
    cv::resize(original, smaller, {image.width * 4 / 5, image.height * 4 / 5}, 0, 0, cv::INTER_AREA);
    cv::Mat soft;
    cv::GaussianBlur(original, soft, {}, 1);
    const cv::Mat darker = original * 0.8;
    return {{"itself", image, same},
            {"mirrored", mirrored(image), {-1, 0, static_cast<double>(image.width - 1), 0, 1, 0}},
            {"smaller", image_of(smaller), {1.25, 0, 0, 0, 1.25, 0}},
            {"darker", image_of(darker), same},
            {"soft", image_of(soft), same},
            turned(image, 4),
            turned(image, -4)};
}

media::Image covered(const media::Image& image, const FaceMesh& mesh, Cover cover) {
    cv::Mat picture = copy_of(image);
    const double eyes = inter_ocular_distance(mesh);
    const auto& points = mesh.points;
    const cv::Point right_eye = between(points[33], points[133]);
    const cv::Point left_eye = between(points[263], points[362]);
    switch (cover) {
        case Cover::kMask:
            fill(picture, mesh, {6, 50, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 280},
                 {150, 190, 220});
            break;
        case Cover::kMouthMask:
            fill(picture, mesh, {2, 205, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 425}, {40, 40, 45});
            break;
        case Cover::kScarf:
            fill(picture, mesh, {4, 50, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 280},
                 {120, 30, 40});
            break;
        case Cover::kSunglasses:
            for (const cv::Point& eye : {right_eye, left_eye})
                ellipse(picture, eye, eyes * 0.42, eyes * 0.32, double{pose_of(mesh).roll}, {20, 20, 22});
            break;
        case Cover::kHandOnMouth:
            ellipse(picture, pixel(points[13]), eyes * 0.8, eyes * 0.45, 0, hand_colour(picture, mesh));
            break;
        case Cover::kHandOnEye:
            ellipse(picture, right_eye, eyes * 0.55, eyes * 0.45, 0, hand_colour(picture, mesh));
            break;
        case Cover::kPhone: {
            const cv::Point nose = pixel(points[1]);
            cv::rectangle(picture,
                          {nose + cv::Point(cvRound(-eyes * 0.2), cvRound(-eyes * 0.6)),
                           cv::Size(cvRound(eyes * 1.1), cvRound(eyes * 1.9))},
                          {30, 30, 30}, -1);
            break;
        }
        case Cover::kBeard: {
            cv::Mat beard = picture.clone();
            fill(beard, mesh, {61, 172, 136, 149, 148, 152, 377, 378, 365, 397, 291, 17}, {60, 45, 40});
            cv::addWeighted(beard, 0.6, picture, 0.4, 0, picture);
            break;
        }
    }
    return image_of(picture);
}

const Detection* same_face(const std::vector<Detection>& found, const Box& wanted) {
    const Detection* nearest = nullptr;
    float smallest = wanted.width / 2;
    for (const Detection& face : found) {
        const float distance = std::hypot(face.box.x + face.box.width / 2 - wanted.x - wanted.width / 2,
                                          face.box.y + face.box.height / 2 - wanted.y - wanted.height / 2);
        if (distance >= smallest) continue;
        smallest = distance;
        nearest = &face;
    }
    return nearest;
}

}  // namespace facegate::vision::testing
