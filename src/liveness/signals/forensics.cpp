#include "liveness/signals/forensics.h"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace facegate::liveness {
namespace {

constexpr int kSide = 128;
constexpr float kWhite = 250;

cv::Mat grey_face(const media::Image& image, const vision::FaceMesh& mesh) {
    const auto [left, right] = std::ranges::minmax(mesh.points, {}, &vision::Point3::x);
    const auto [top, bottom] = std::ranges::minmax(mesh.points, {}, &vision::Point3::y);
    const float side = std::max(right.x - left.x, bottom.y - top.y);
    const cv::Point2f from(left.x + (right.x - left.x - side) / 2, top.y + (bottom.y - top.y - side) / 2);
    const cv::Mat pixels(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data()));
    const float scale = side / kSide;
    const cv::Matx23f map(scale, 0, from.x, 0, scale, from.y);
    cv::Mat face;
    cv::warpAffine(pixels, face, map, {kSide, kSide}, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_REPLICATE);
    cv::Mat grey;
    cv::cvtColor(face, grey, cv::COLOR_RGB2GRAY);
    grey.convertTo(grey, CV_32F);
    return grey;
}

}  // namespace

ImageForensics examine(const media::Image& image, const vision::FaceMesh& mesh) {
    const cv::Mat grey = grey_face(image, mesh);
    ImageForensics found;
    found.blown = cv::countNonZero(grey > kWhite) / double{kSide * kSide};

    cv::Mat window;
    cv::createHanningWindow(window, {kSide, kSide}, CV_32F);
    cv::Mat spectrum;
    cv::dft((grey - cv::mean(grey)[0]).mul(window), spectrum, cv::DFT_COMPLEX_OUTPUT);
    std::vector<cv::Mat> parts;
    cv::split(spectrum, parts);
    cv::Mat amplitude;
    cv::magnitude(parts[0], parts[1], amplitude);
    double high = 0;
    double all = 0;
    for (int v = 0; v < kSide; ++v) {
        for (int u = 0; u < kSide; ++u) {
            const double radius = std::hypot(std::min(u, kSide - u), std::min(v, kSide - v));
            const double energy = double{amplitude.at<float>(v, u)} * amplitude.at<float>(v, u);
            all += energy;
            if (radius > kSide / 4.0) high += energy;
            if (radius < kSide / 8.0 || u < 3 || v < 3 || u > kSide - 4 || v > kSide - 4) continue;
            double around = 0;
            for (int dv = -3; dv <= 3; ++dv) {
                for (int du = -3; du <= 3; ++du) {
                    if (std::abs(du) > 1 || std::abs(dv) > 1) around += amplitude.at<float>(v + dv, u + du);
                }
            }
            const double peak = amplitude.at<float>(v, u) / std::max(around / 40, 1e-6);
            found.moire = std::max(found.moire, std::log10(std::max(peak, 1.0)));
        }
    }
    found.detail = all > 0 ? high / all : 0;
    return found;
}

}  // namespace facegate::liveness
