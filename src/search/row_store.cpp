#include "search/row_store.h"

#include <string.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <stdexcept>

#include "search/dot_kernels.h"

namespace facegate::search {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kMaxDimension = 16'384;
constexpr int kMaxCode = 127;

// Covers the rounding of everything computed in double here and of the exact sums (at most 16,384 additions, 2^-53
// each, relative to the norms), with room to spare.
constexpr double kRounding = 1e-9;

float round_up(double value) {
    const auto rounded = static_cast<float>(value);
    return std::nextafter(rounded, std::numeric_limits<float>::infinity());
}

double largest_magnitude(std::span<const float> vector) {
    float largest = 0;
    for (const float v : vector) largest = std::max(largest, std::abs(v));
    return static_cast<double>(largest);
}

struct Norms {
    double whole = 0;     ///< of the vector
    double coded = 0;     ///< of what the codes stand for
    double residual = 0;  ///< of the difference
};

/// Fills `codes` with round(v / scale), zeros behind them.
template <class Code>
Norms encode(std::span<const float> vector, double scale, int max_code, std::span<Code> codes) {
    Norms squares;
    std::size_t i = 0;
    for (; i < vector.size(); ++i) {
        const auto value = static_cast<double>(vector[i]);
        const double code = scale > 0 ? std::clamp(std::nearbyint(value / scale), -1.0 * max_code, 1.0 * max_code) : 0;
        codes[i] = static_cast<Code>(code);
        const double coded = code * scale;
        squares.whole += value * value;
        squares.coded += coded * coded;
        squares.residual += (value - coded) * (value - coded);
    }
    std::fill(codes.begin() + static_cast<std::ptrdiff_t>(i), codes.end(), Code{0});
    return {std::sqrt(squares.whole), std::sqrt(squares.coded), std::sqrt(squares.residual)};
}

std::size_t padded(std::size_t dimension) {
    return (dimension + kRowPadding - 1) / kRowPadding * kRowPadding;
}

}  // namespace

template <class T>
SecretArray<T>::SecretArray(std::size_t count)
    : memory_(static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t{kAlignment}))), count_(count) {}

template <class T>
SecretArray<T>::~SecretArray() {
    if (memory_) ::explicit_bzero(memory_.get(), count_ * sizeof(T));
}

template <class T>
void SecretArray<T>::Free::operator()(T* memory) const {
    ::operator delete(memory, std::align_val_t{kAlignment});
}

template class SecretArray<float>;
template class SecretArray<std::int16_t>;
template class SecretArray<std::int8_t>;

Probe::Probe(std::span<const float> vector, std::size_t width) : values_(width), codes_(width) {
    std::ranges::copy(vector, values_.data());
    std::fill(values_.data() + vector.size(), values_.data() + width, 0.0F);
    const std::size_t widest = std::numeric_limits<std::int32_t>::max() / (static_cast<std::size_t>(kMaxCode) * width);
    const int max_code = static_cast<int>(std::min<std::size_t>(widest, std::numeric_limits<std::int16_t>::max()));
    scale_ = largest_magnitude(vector) / max_code;
    const Norms norms = encode<std::int16_t>(vector, scale_, max_code, {codes_.data(), width});
    norm_ = norms.whole * (1 + kRounding);
    error_ = norms.residual * (1 + kRounding) + norms.whole * kRounding;
}

RowStore::RowStore(std::size_t dimension) : dimension_(dimension), width_(padded(dimension)) {
    if (dimension == 0 || dimension > kMaxDimension) throw std::invalid_argument("vector dimension out of range");
}

const float* RowStore::values(std::size_t row) const {
    return blocks_[row / kBlockRows].values.data() + row % kBlockRows * width_;
}

const std::int8_t* RowStore::codes(std::size_t row) const {
    return blocks_[row / kBlockRows].codes.data() + row % kBlockRows * width_;
}

float* RowStore::values_at(std::size_t row) {
    return blocks_[row / kBlockRows].values.data() + row % kBlockRows * width_;
}

std::int8_t* RowStore::codes_at(std::size_t row) {
    return blocks_[row / kBlockRows].codes.data() + row % kBlockRows * width_;
}

void RowStore::push_back(std::span<const float> vector) {
    const std::size_t row = size();
    if (row == blocks_.size() * kBlockRows) blocks_.emplace_back(width_);
    quantised_.emplace_back();

    float* values = values_at(row);
    std::ranges::copy(vector, values);
    std::fill(values + dimension_, values + width_, 0.0F);

    // The scale is rounded to float first: the errors are those of the number that is kept.
    const auto scale = static_cast<float>(largest_magnitude(vector) / kMaxCode);
    const Norms norms = encode<std::int8_t>(vector, static_cast<double>(scale), kMaxCode, {codes_at(row), width_});
    quantised_[row] = {scale, round_up(norms.residual * (1 + kRounding) + norms.whole * kRounding),
                       round_up(norms.coded * (1 + kRounding))};
}

void RowStore::swap_remove(std::size_t row) {
    const std::size_t last = size() - 1;
    if (row != last) {
        std::copy_n(values(last), width_, values_at(row));
        std::copy_n(codes(last), width_, codes_at(row));
        quantised_[row] = quantised_[last];
    }
    ::explicit_bzero(values_at(last), width_ * sizeof(float));
    ::explicit_bzero(codes_at(last), width_);
    quantised_.pop_back();
    // One empty block is kept, so that a gallery at the border does not allocate at each change.
    if (blocks_.size() * kBlockRows >= size() + 2 * kBlockRows) blocks_.pop_back();
}

}  // namespace facegate::search
