#include "vision/embedder.h"

#include <cmath>
#include <stdexcept>

namespace facegate::vision {
namespace {

ChipTransform similarity_transform(const Alignment& alignment, const FaceMesh& mesh, int size) {
    std::vector<Point2> chip;
    std::vector<Point2> image;
    for (const auto& [x, y] : alignment.template_points) {
        const float scale = static_cast<float>(size) / (1 + 2 * alignment.padding);
        chip.push_back({(x + alignment.padding) * scale, (y + alignment.padding) * scale});
    }
    for (const auto& indices : alignment.mesh_points) {
        Point2 mean;
        for (const int index : indices) {
            const Point3& point = mesh.points.at(static_cast<std::size_t>(index));
            mean.x += point.x / static_cast<float>(indices.size());
            mean.y += point.y / static_cast<float>(indices.size());
        }
        image.push_back(mean);
    }
    // The error to keep small is the chip's: the network was trained on chips fitted that way round.
    return inverse(similarity(image, chip));
}

}  // namespace

ChipTransform chip_transform(const Alignment& alignment, const FaceMesh& mesh, int size) {
    switch (alignment.type) {
        case Alignment::Type::kSimilarity: return similarity_transform(alignment, mesh, size);
        case Alignment::Type::kEyeLevelSquare: return transform_of(square_of(mesh, alignment.factor), size);
    }
    throw std::logic_error("unknown alignment");
}

void normalise(std::span<float> vector) {
    double sum = 0;
    for (const float value : vector) sum += static_cast<double>(value) * static_cast<double>(value);
    if (sum <= 0) return;
    const auto scale = static_cast<float>(1 / std::sqrt(sum));
    for (float& value : vector) value *= scale;
}

Embedder::Embedder(EmbedderRole role, ImageNetwork network) : role_(std::move(role)), network_(std::move(network)) {}

cv::Mat Embedder::cut(const media::Image& image, const FaceMesh& mesh) const {
    return cut_chip(image, chip_transform(role_.alignment, mesh, network_.size()), network_.size());
}

std::vector<float> Embedder::embed(const cv::Mat& chip, double* network_ms) const {
    auto embedding = std::move(network_.run(chip, network_ms).at(role_.output).values);
    if (embedding.size() != role_.dimension) throw std::runtime_error("an embedding has a wrong length");
    if (role_.mirror) {
        const auto mirrored = network_.run(chip, network_ms, true);
        const std::vector<float>& other = mirrored.at(role_.output).values;
        for (std::size_t i = 0; i < embedding.size(); ++i) embedding[i] += other[i];
    }
    normalise(embedding);
    return embedding;
}

}  // namespace facegate::vision
