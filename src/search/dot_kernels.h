#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace facegate::search {

/// Rows are padded with zeros to a multiple of this many values.
constexpr std::size_t kRowPadding = 64;

/// The two inner loops, one set for each instruction set. All sets give bit-identical results.
struct DotKernels {
    const char* name;
    /// out[r] = sum of rows[r * width + i] * probe[i]. `width` is a multiple of kRowPadding, all pointers are aligned
    /// to 64 bytes (but `out`), and no partial sum in any order may leave the range of int32.
    void (*coarse)(const std::int8_t* rows, std::size_t count, std::size_t width, const std::int16_t* probe,
                   std::int32_t* out);
    /// Inner product of floats summed in double (products of floats are exact there). Same conditions.
    double (*exact)(const float* a, const float* b, std::size_t width);
};

/// The best set this processor has; chosen once.
const DotKernels& best_kernels();
/// Every set this processor can run, the portable one first.
std::span<const DotKernels> usable_kernels();

}  // namespace facegate::search
