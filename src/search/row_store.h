#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace facegate::search {

/// Memory for SIMD loads, wiped before it is given back.
template <class T>
class SecretArray {
public:
    explicit SecretArray(std::size_t count);
    ~SecretArray();
    SecretArray(SecretArray&&) noexcept = default;
    SecretArray& operator=(SecretArray&&) = delete;

    [[nodiscard]] T* data() { return memory_.get(); }
    [[nodiscard]] const T* data() const { return memory_.get(); }

private:
    struct Free {
        void operator()(T* memory) const;
    };
    std::unique_ptr<T[], Free> memory_;
    std::size_t count_;
};

/// A row's 8-bit form: value i is about `scale` * code i.
struct Quantised {
    float scale = 0;
    float error = 0;  ///< at least the Euclidean norm of what the codes leave out, rounding included
    float norm = 0;   ///< at least the Euclidean norm of `scale` * codes
};

/// A search's probe in the form the coarse pass takes: 16-bit codes, so scaled that no sum of products overflows.
class Probe {
public:
    Probe(std::span<const float> vector, std::size_t width);

    [[nodiscard]] const float* values() const { return values_.data(); }
    [[nodiscard]] const std::int16_t* codes() const { return codes_.data(); }
    /// What the coarse sum says about the inner product with a row.
    [[nodiscard]] double estimate(const Quantised& row, std::int32_t sum) const {
        return static_cast<double>(row.scale) * scale_ * sum;
    }
    /// By how much at most the exact inner product (summed in double) differs from the estimate:
    /// |x·p - q·u| <= |x - q| |p| + |q| |p - u|, by Cauchy and Schwarz, where q and u are what the codes stand for.
    [[nodiscard]] double error(const Quantised& row) const {
        return static_cast<double>(row.error) * norm_ + static_cast<double>(row.norm) * error_;
    }

private:
    SecretArray<float> values_;
    SecretArray<std::int16_t> codes_;
    double scale_ = 0;
    double norm_ = 0;   // of the probe, rounded up
    double error_ = 0;  // of the probe less its codes, rounded up
};

/// Vectors in rows 0 … size() - 1, each as floats and as 8-bit codes, in blocks, so that growing never copies (and
/// leaves behind) a vector. Not thread-safe.
class RowStore {
public:
    static constexpr std::size_t kBlockRows = 256;

    explicit RowStore(std::size_t dimension);

    [[nodiscard]] std::size_t dimension() const { return dimension_; }
    [[nodiscard]] std::size_t width() const { return width_; }  ///< dimension, padded
    [[nodiscard]] std::size_t size() const { return quantised_.size(); }

    /// Appends a row of `dimension` finite values. Throws std::bad_alloc, with nothing changed.
    void push_back(std::span<const float> vector);
    /// Moves the last row into `row`'s place and wipes where it was.
    void swap_remove(std::size_t row);

    [[nodiscard]] const float* values(std::size_t row) const;
    [[nodiscard]] const std::int8_t* codes(std::size_t row) const;
    [[nodiscard]] const Quantised& quantised(std::size_t row) const { return quantised_[row]; }

private:
    struct Block {
        explicit Block(std::size_t width) : values(kBlockRows * width), codes(kBlockRows * width) {}
        SecretArray<float> values;
        SecretArray<std::int8_t> codes;
    };

    [[nodiscard]] float* values_at(std::size_t row);
    [[nodiscard]] std::int8_t* codes_at(std::size_t row);

    const std::size_t dimension_;
    const std::size_t width_;
    std::vector<Block> blocks_;
    std::vector<Quantised> quantised_;
};

}  // namespace facegate::search
