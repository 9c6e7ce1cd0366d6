#pragma once

#include <cstddef>
#include <span>

namespace facegate::evaluation {

inline constexpr std::size_t kTile = 16;

/// All dot products of sixteen vectors `a` with sixteen vectors `b`, plus `bias`: out[i * stride + j]. Both are laid
/// out as value k of all sixteen, then value k + 1. Sums are single precision, in the order of k.
using MultiplyTile = void (*)(const float* a, const float* b, std::size_t dimension, float bias, float* out,
                              std::size_t stride);

struct TileKernel {
    const char* name = nullptr;
    MultiplyTile multiply = nullptr;
};

/// The kernels that this processor can run, the fastest last. Never empty.
std::span<const TileKernel> usable_tile_kernels();

}  // namespace facegate::evaluation
