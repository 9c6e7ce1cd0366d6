#include "liveness/signals/aligned_face.h"

#include <cmath>
#include <opencv2/imgproc.hpp>

namespace facegate::liveness {
namespace {

constexpr float kEyesAt = 0.40F;  // of the side, from above
constexpr double kSmoothing = 1.2;

cv::Point2f point(const vision::FaceMesh& mesh, std::size_t i) {
    return {mesh.points[i].x, mesh.points[i].y};
}

}  // namespace

AlignedFace align_face(const media::Image& image, const vision::FaceMesh& mesh) {
    const cv::Point2f right = (point(mesh, 33) + point(mesh, 133)) * 0.5F;
    const cv::Point2f left = (point(mesh, 263) + point(mesh, 362)) * 0.5F;
    const cv::Point2f across = left - right;
    const float apart = std::max(std::hypot(across.x, across.y), 1.0F);
    const float scale = AlignedFace::kEyesApart / apart;
    const float cosine = across.x / apart * scale;
    const float sine = across.y / apart * scale;
    const cv::Point2f middle = (right + left) * 0.5F;
    const cv::Point2f to(AlignedFace::kSide / 2.0F, AlignedFace::kSide * kEyesAt);
    const cv::Matx23f map(cosine, sine, to.x - cosine * middle.x - sine * middle.y, -sine, cosine,
                          to.y + sine * middle.x - cosine * middle.y);

    AlignedFace face;
    face.scale = scale;
    const cv::Mat pixels(image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data()));
    cv::Mat warped;
    // A near face shrinks to less than half: INTER_AREA does not warp, and the smoothing below is too late for it.
    const int interpolation = cv::INTER_LINEAR;
    cv::Mat source = pixels;
    cv::Matx23f from_source = map;
    if (scale < 0.6F) {
        cv::pyrDown(pixels, source);
        for (int row = 0; row < 2; ++row) {
            from_source(row, 0) *= 2;
            from_source(row, 1) *= 2;
        }
    }
    cv::warpAffine(source, warped, from_source, {AlignedFace::kSide, AlignedFace::kSide}, interpolation,
                   cv::BORDER_REPLICATE);
    cv::cvtColor(warped, face.grey, cv::COLOR_RGB2GRAY);
    cv::GaussianBlur(face.grey, face.grey, {}, kSmoothing);
    for (std::size_t i = 0; i < mesh.points.size(); ++i) {
        const vision::Point3& p = mesh.points[i];
        face.mesh.points[i] = {map(0, 0) * p.x + map(0, 1) * p.y + map(0, 2),
                               map(1, 0) * p.x + map(1, 1) * p.y + map(1, 2), p.z * scale};
    }
    face.mesh.presence = mesh.presence;
    return face;
}

}  // namespace facegate::liveness
