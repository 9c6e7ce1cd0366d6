#include "evaluation/dot_tiles.h"

#include <array>
#include <cstring>

namespace facegate::evaluation {
namespace {

/// Dot products of `Rows` rows of group a, from `first`, with all sixteen of group b. The sixteen sums of a row lie
/// side by side, so that vector units add them without changing the order of any sum.
template <class Lane, std::size_t Rows>
[[gnu::always_inline]] inline void multiply_rows(const float* a, const float* b, std::size_t dimension,
                                                 std::size_t first, float bias, float* out, std::size_t stride) {
    constexpr std::size_t kWidth = sizeof(Lane) / sizeof(float);
    constexpr std::size_t kLanes = kTile / kWidth;
    Lane sums[Rows * kLanes] = {};
    for (std::size_t k = 0; k < dimension; ++k, a += kTile, b += kTile) {
        Lane columns[kLanes];
        // One at a time: copied as a whole they would stay in memory.
        for (std::size_t lane = 0; lane < kLanes; ++lane) std::memcpy(&columns[lane], b + lane * kWidth, sizeof(Lane));
#pragma GCC unroll 16
        for (std::size_t r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
            for (std::size_t lane = 0; lane < kLanes; ++lane) sums[r * kLanes + lane] += a[first + r] * columns[lane];
        }
    }
#pragma GCC unroll 16
    for (std::size_t r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const Lane scores = sums[r * kLanes + lane] + bias;
            std::memcpy(out + (first + r) * stride + lane * kWidth, &scores, sizeof(scores));
        }
    }
}

template <class Lane, std::size_t Rows>
[[gnu::always_inline]] inline void multiply_groups(const float* a, const float* b, std::size_t dimension, float bias,
                                                   float* out, std::size_t stride) {
    for (std::size_t first = 0; first < kTile; first += Rows)
        multiply_rows<Lane, Rows>(a, b, dimension, first, bias, out, stride);
}

using Lane4 [[gnu::vector_size(16)]] = float;

// 16 registers of four, 16 of eight, 32 of sixteen values: as many rows at once as their sums leave room for.
void multiply_portable(const float* a, const float* b, std::size_t dimension, float bias, float* out,
                       std::size_t stride) {
    multiply_groups<Lane4, 2>(a, b, dimension, bias, out, stride);
}

#if defined(__x86_64__)
using Lane8 [[gnu::vector_size(32)]] = float;
using Lane16 [[gnu::vector_size(64)]] = float;

__attribute__((target("avx2,fma"))) void multiply_avx2(const float* a, const float* b, std::size_t dimension,
                                                       float bias, float* out, std::size_t stride) {
    multiply_groups<Lane8, 4>(a, b, dimension, bias, out, stride);
}

__attribute__((target("avx512f"))) void multiply_avx512(const float* a, const float* b, std::size_t dimension,
                                                        float bias, float* out, std::size_t stride) {
    multiply_groups<Lane16, 16>(a, b, dimension, bias, out, stride);
}
#endif

constexpr std::array<TileKernel, 1> kPortable{TileKernel{"portable", multiply_portable}};
#if defined(__x86_64__)
constexpr std::array<TileKernel, 3> kAll{kPortable[0], TileKernel{"avx2", multiply_avx2},
                                         TileKernel{"avx512", multiply_avx512}};
#endif

}  // namespace

std::span<const TileKernel> usable_tile_kernels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") == 0 || __builtin_cpu_supports("fma") == 0) return kPortable;
    return std::span(kAll).first(__builtin_cpu_supports("avx512f") != 0 ? 3 : 2);
#else
    return kPortable;
#endif
}

}  // namespace facegate::evaluation
