#include "vision/landmarks.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

namespace facegate::vision {
namespace {

Square square_of(const Detection& face, float factor) {
    const Box& box = face.box;
    return {{box.x + box.width / 2, box.y + box.height / 2},
            std::max(box.width, box.height) * factor,
            angle_between(face.keypoints[0], face.keypoints[1])};
}

}  // namespace

Landmarker::Landmarker(const LandmarksRole& role, ImageNetwork network) : role_(role), network_(std::move(network)) {}

FaceMesh Landmarker::find_in(const media::Image& image, const Square& square, double* network_ms) const {
    const auto size = static_cast<float>(network_.size());
    const auto outputs =
        network_.run(cut_chip(image, transform_of(square, network_.size()), network_.size()), network_ms);
    const std::vector<float>& values = outputs.at(role_.mesh_output).values;
    const std::vector<float>& presence = outputs.at(role_.presence_output).values;
    if (values.size() != std::size_t{kMeshPoints} * 3 || presence.empty()) {
        throw std::runtime_error("the landmark network's output has a wrong size");
    }
    const float pixel = square.side / size;
    const float cosine = std::cos(square.angle) * pixel;
    const float sine = std::sin(square.angle) * pixel;
    FaceMesh mesh;
    mesh.presence = presence.front();
    for (std::size_t i = 0; i < mesh.points.size(); ++i) {
        const float x = values[3 * i] - size / 2;
        const float y = values[3 * i + 1] - size / 2;
        mesh.points[i] = {square.centre.x + cosine * x - sine * y, square.centre.y + sine * x + cosine * y,
                          values[3 * i + 2] * pixel};
    }
    return mesh;
}

FaceMesh Landmarker::find(const media::Image& image, const Detection& face, double* network_ms) const {
    Square square = square_of(face, role_.crop_factor);
    FaceMesh mesh = find_in(image, square, network_ms);
    int passes = role_.passes;
    for (int pass = 1; pass < passes; ++pass) {
        square = vision::square_of(mesh, role_.crop_factor);
        const float roll = std::abs(square.angle) * 180 / std::numbers::pi_v<float>;
        if (roll > role_.rolled_degrees) passes = role_.passes_rolled;
        mesh = find_in(image, square, network_ms);
    }
    return mesh;
}

FaceMesh Landmarker::find_shifted(const media::Image& image, const FaceMesh& mesh, float right, float down,
                                  double* network_ms) const {
    Square square = vision::square_of(mesh, role_.crop_factor);
    const float x = right * square.side;
    const float y = down * square.side;
    square.centre.x += std::cos(square.angle) * x - std::sin(square.angle) * y;
    square.centre.y += std::sin(square.angle) * x + std::cos(square.angle) * y;
    const FaceMesh first = find_in(image, square, network_ms);
    return find_in(image, vision::square_of(first, role_.crop_factor), network_ms);
}

}  // namespace facegate::vision
