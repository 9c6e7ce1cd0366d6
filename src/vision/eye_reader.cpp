#include "vision/eye_reader.h"

#include <cmath>
#include <stdexcept>

#include "vision/face_chip.h"

namespace facegate::vision {
namespace {

/// The network's points: the lower lid from corner to corner (0-8), the upper lid between the corners (9-15), more
/// of the surroundings, then the iris with its centre first. The lid points beside the corners say little of the gap.
constexpr std::size_t kFirstCorner = 0;
constexpr std::size_t kLastCorner = 8;
constexpr std::size_t kFirstLowerLid = 2;
constexpr std::size_t kFirstUpperLid = 10;
constexpr std::size_t kGaps = 5;
constexpr std::size_t kIrisCentre = 71;

Point2 flat(const Point3& point) {
    return {point.x, point.y};
}

float gap(const std::vector<float>& contour, std::size_t a, std::size_t b) {
    return std::hypot(contour[3 * a] - contour[3 * b], contour[3 * a + 1] - contour[3 * b + 1]);
}

float openness_of(const std::vector<float>& contour) {
    const float width = gap(contour, kFirstCorner, kLastCorner);
    if (!(width > 0)) return 0;
    float sum = 0;
    for (std::size_t i = 0; i < kGaps; ++i) sum += gap(contour, kFirstLowerLid + i, kFirstUpperLid + i);
    return sum / kGaps / width;
}

}  // namespace

EyeReader::EyeReader(const IrisRole& role, ImageNetwork network) : role_(role), network_(std::move(network)) {}

Eye EyeReader::read_one(const media::Image& image, const FaceMesh& mesh, bool left, double* network_ms) const {
    // From the image's left corner to the right one, for a head that is upright.
    const Point2 from = flat(mesh.points[left ? 362 : 33]);
    const Point2 to = flat(mesh.points[left ? 263 : 133]);
    const Square square{{(from.x + to.x) / 2, (from.y + to.y) / 2},
                        std::hypot(to.x - from.x, to.y - from.y) * role_.crop_factor,
                        angle_between(from, to)};
    const ChipTransform chip_to_image = transform_of(square, network_.size());
    const bool mirrored = left && role_.mirror_left;
    const auto outputs = network_.run(cut_chip(image, chip_to_image, network_.size()), network_ms, mirrored);
    const std::vector<float>& points = outputs.at(role_.output).values;
    if (points.size() < 3 * kIrisCentre) throw std::runtime_error("the iris network's output has a wrong size");
    Eye eye{openness_of(points), square.centre};
    if (points.size() > 3 * kIrisCentre + 1) {
        const double size = network_.size();
        const double x = double{points[3 * kIrisCentre]};
        const cv::Vec2d pupil =
            chip_to_image * cv::Vec3d(mirrored ? size - x : x, double{points[3 * kIrisCentre + 1]}, 1);
        eye.pupil = {static_cast<float>(pupil[0]), static_cast<float>(pupil[1])};
    }
    return eye;
}

Eyes EyeReader::read(const media::Image& image, const FaceMesh& mesh, double* network_ms) const {
    return {read_one(image, mesh, false, network_ms), read_one(image, mesh, true, network_ms)};
}

}  // namespace facegate::vision
