#pragma once

#include "app/bench/measure.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace facegate::app {

#if defined(__x86_64__)

inline constexpr int kPeakRounds = 2'000'000;
inline constexpr int kPeakChains = 12;  ///< enough independent sums to hide the latency of four cycles on two units

__attribute__((target("avx512f"))) inline float fma_chains_512() {
    __m512 sums[kPeakChains];
    for (int c = 0; c < kPeakChains; ++c) sums[c] = _mm512_set1_ps(static_cast<float>(c));
    const __m512 a = _mm512_set1_ps(0.999F);
    const __m512 b = _mm512_set1_ps(0.001F);
    for (int i = 0; i < kPeakRounds; ++i) {
#pragma GCC unroll 12
        for (auto& sum : sums) sum = _mm512_fmadd_ps(sum, a, b);
    }
    __m512 total = sums[0];
    for (const auto& sum : sums) total = _mm512_add_ps(total, sum);
    return _mm512_cvtss_f32(total);
}

__attribute__((target("avx2,fma"))) inline float fma_chains_256() {
    __m256 sums[kPeakChains];
    for (int c = 0; c < kPeakChains; ++c) sums[c] = _mm256_set1_ps(static_cast<float>(c));
    const __m256 a = _mm256_set1_ps(0.999F);
    const __m256 b = _mm256_set1_ps(0.001F);
    for (int i = 0; i < kPeakRounds; ++i) {
#pragma GCC unroll 12
        for (auto& sum : sums) sum = _mm256_fmadd_ps(sum, a, b);
    }
    __m256 total = sums[0];
    for (const auto& sum : sums) total = _mm256_add_ps(total, sum);
    return _mm256_cvtss_f32(total);
}

/// Billions of single-precision operations a second that one core reaches in registers alone, a fused multiply-add
/// counting as two: the ceiling of any matrix product here. 0 where no kernel is written for the processor.
inline double peak_gflops() {
    const bool wide = __builtin_cpu_supports("avx512f") != 0;
    if (!wide && (__builtin_cpu_supports("avx2") == 0 || __builtin_cpu_supports("fma") == 0)) return 0;
    volatile float sink = 0;
    const double ms = timed([&] { sink = wide ? fma_chains_512() : fma_chains_256(); });
    (void)sink;
    return 2.0 * (wide ? 16 : 8) * kPeakChains * kPeakRounds / (ms * 1e6);
}

#else

/// No kernel is written for this processor.
inline double peak_gflops() {
    return 0;
}
#endif

}  // namespace facegate::app
