#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/dot_kernels.h"
#include "search/secret_memory.h"
#include "search/vector_shape.h"

namespace facegate::search {

/// One part of a probe as bytes: codes of 13 bits in two planes, fewer bits where a sum of products could leave 32
/// bits.
class ProbePart {
public:
    /// `width` codes, zeros behind those of `values`.
    ProbePart(std::span<const float> values, std::size_t width);

    [[nodiscard]] PlanedCodes codes() const { return {high_.data(), low_.data(), bias_}; }
    [[nodiscard]] double scale() const { return scale_; }  ///< value i is about scale * code i
    [[nodiscard]] double norm() const { return norm_; }    ///< at least that of the values
    [[nodiscard]] double error() const { return error_; }  ///< at least the norm of what the codes leave out

private:
    SecretArray<std::int8_t> high_;
    SecretArray<std::int8_t> low_;
    std::uint32_t bias_ = 0;
    double scale_ = 0;
    double norm_ = 0;
    double error_ = 0;
};

/// A search's probe: floats for the exact products, and what the coarse passes need to bound them from above.
///
/// For a part x of a row and the part p of the probe, whose codes stand for q and u: |x·p - q·u| <= |x - q| |p| +
/// |q| |p - u| by Cauchy and Schwarz, and |q| <= |x| + |x - q|. So x·p <= q·u + |x - q| (|p| + |p - u|) + |x| |p - u|.
/// What lies behind a part adds at most the product of the norms there, by Cauchy and Schwarz again; the next part's
/// terms take that away before they add their own.
class Probe {
public:
    /// `vector` has `shape.dimension` values.
    Probe(std::span<const float> vector, const VectorShape& shape);

    [[nodiscard]] const float* values() const { return values_.data(); }
    [[nodiscard]] const ProbePart& part(std::size_t number) const { return parts_[number]; }
    /// From kStart on, the bounds after each part are at least the exact product (summed in double), whatever the
    /// rounding of the floats they are computed in.
    [[nodiscard]] const BoundTerms& terms(std::size_t part) const { return terms_[part]; }
    /// By how much at most the bound after all parts lies above the estimate by the codes, but for that margin.
    [[nodiscard]] double error(std::size_t part, const PartCoding& row) const;

    static constexpr float kStart = 1e-20F;  ///< far above all that underflows

private:
    SecretArray<float> values_;
    std::vector<ProbePart> parts_;
    std::array<BoundTerms, VectorShape::kParts> terms_;
};

}  // namespace facegate::search
