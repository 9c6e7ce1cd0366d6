#include "vision/quality.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "vision/face_chip.h"

namespace facegate::vision {
namespace {

constexpr int kChipSize = 128;

double distance(const Point3& a, const Point3& b) {
    return std::hypot(static_cast<double>(a.x - b.x), static_cast<double>(a.y - b.y));
}

cv::Mat grey_face(const media::Image& image, const FaceMesh& mesh) {
    cv::Mat grey;
    cv::cvtColor(cut_chip(image, transform_of(square_of(mesh, 1), kChipSize), kChipSize), grey, cv::COLOR_RGB2GRAY);
    return grey;
}

double laplacian_variance(const cv::Mat& grey) {
    cv::Mat laplacian;
    cv::Laplacian(grey, laplacian, CV_32F);
    cv::Scalar mean;
    cv::Scalar deviation;
    cv::meanStdDev(laplacian, mean, deviation);
    return deviation[0] * deviation[0];
}

Point3 middle(const Point3& a, const Point3& b) {
    return {(a.x + b.x) / 2, (a.y + b.y) / 2, (a.z + b.z) / 2};
}

}  // namespace

double sharpness(const media::Image& image, const FaceMesh& mesh) {
    return laplacian_variance(grey_face(image, mesh));
}

double mouth_openness(const FaceMesh& mesh) {
    const double width = distance(mesh.points[61], mesh.points[291]);
    return width > 0 ? distance(mesh.points[13], mesh.points[14]) / width : 0;
}

double inter_ocular_distance(const FaceMesh& mesh) {
    return distance(middle(mesh.points[33], mesh.points[133]), middle(mesh.points[263], mesh.points[362]));
}

FaceQuality quality_of(const media::Image& image, const FaceMesh& mesh) {
    const cv::Mat grey = grey_face(image, mesh);
    // The chip's corners hold hair and background.
    const cv::Mat skin = grey(cv::Rect(kChipSize / 4, kChipSize / 4, kChipSize / 2, kChipSize / 2));
    FaceQuality quality;
    quality.sharpness = static_cast<float>(laplacian_variance(grey));
    quality.brightness = static_cast<float>(cv::mean(skin)[0]);
    quality.inter_ocular_px = static_cast<float>(inter_ocular_distance(mesh));
    quality.pose = pose_of(mesh);
    quality.mouth = static_cast<float>(mouth_openness(mesh));
    return quality;
}

}  // namespace facegate::vision
