#include "search/probe.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "search/coding.h"

namespace facegate::search {
namespace {

// Each part's terms round to float fewer than 20 times, each time by at most 2^-24 of a number that is at most 8 times
// the product of the vectors' norms: over the four parts less than 4e-5 of that product.
constexpr double kFloatRounding = 5e-5;

int max_code_for(std::size_t width) {
    constexpr int kMost = kPlaneFactor * kMaxPlane + kPlaneFactor / 2 - 1;
    if (width == 0) return kMost;
    const auto widest = std::size_t{std::numeric_limits<std::int32_t>::max()} / (std::size_t{kMaxRowCode} * width);
    return static_cast<int>(std::min<std::size_t>(widest, kMost));
}

}  // namespace

ProbePart::ProbePart(std::span<const float> values, std::size_t width) : high_(width), low_(width) {
    std::fill_n(high_.data(), width, std::int8_t{0});
    std::fill_n(low_.data(), width, std::int8_t{0});
    const int max_code = max_code_for(width);
    scale_ = largest_magnitude(values) / max_code;
    const CodingNorms norms = encode(values, scale_, max_code, [this](std::size_t i, int code) {
        const int high = (code + kPlaneFactor / 2) >> 6;
        high_.data()[i] = static_cast<std::int8_t>(high);
        low_.data()[i] = static_cast<std::int8_t>(code - kPlaneFactor * high);
        bias_ += static_cast<std::uint32_t>(kCodeBias * code);
    });
    norm_ = norms.whole * (1 + kRounding);
    error_ = norms.error();
}

Probe::Probe(std::span<const float> vector, const VectorShape& shape) : values_(shape.width) {
    std::ranges::copy(vector, values_.data());
    std::fill(values_.data() + vector.size(), values_.data() + shape.width, 0.0F);
    parts_.reserve(VectorShape::kParts);
    for (const VectorShape::Part& part : shape.parts) {
        parts_.emplace_back(vector.subspan(part.begin, part.size), part.width);
    }
    double behind = 0;  // at least the norm of the values there
    for (std::size_t part = VectorShape::kParts; part-- > 0;) {
        const ProbePart& coded = parts_[part];
        const double from = std::hypot(behind, coded.norm()) * (1 + kRounding);
        // Nothing was counted yet before the first part: its place is taken by the margin.
        const double counted = part > 0 ? -from : from * kFloatRounding;
        terms_[part] = {static_cast<float>(coded.scale()), static_cast<float>(coded.norm() + coded.error()),
                        static_cast<float>(coded.error() + counted), static_cast<float>(behind)};
        behind = from;
    }
}

double Probe::error(std::size_t part, const PartCoding& row) const {
    const ProbePart& coded = parts_[part];
    return static_cast<double>(row.error) * (coded.norm() + coded.error()) +
           static_cast<double>(row.from) * coded.error();
}

}  // namespace facegate::search
