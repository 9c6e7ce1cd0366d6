#include "search/dot_kernels.h"

#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace facegate::search {
namespace {

// The exact sums run in 16 chains, value i in chain i % 16, and are added up in one fixed order, so that every
// instruction set rounds alike.
constexpr std::size_t kChains = 16;

double add_chains(const std::array<double, kChains>& chains) {
    double sum = 0;
    for (const double chain : chains) sum += chain;
    return sum;
}

void coarse_portable(const std::int8_t* rows, std::size_t count, std::size_t width, const std::int16_t* probe,
                     std::int32_t* out) {
    for (std::size_t r = 0; r < count; ++r, rows += width) {
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < width; ++i) sum += std::int32_t{rows[i]} * std::int32_t{probe[i]};
        out[r] = sum;
    }
}

double exact_portable(const float* a, const float* b, std::size_t width) {
    std::array<double, kChains> chains{};
    for (std::size_t i = 0; i < width; i += kChains) {
        for (std::size_t c = 0; c < kChains; ++c) {
            chains[c] += static_cast<double>(a[i + c]) * static_cast<double>(b[i + c]);
        }
    }
    return add_chains(chains);
}

#if defined(__x86_64__)

// GCC 12's own intrinsics start from undefined vectors, which it then warns about.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

__attribute__((target("avx2"))) std::int32_t sum_lanes(__m256i v) {
    __m128i half = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4e));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xb1));
    return _mm_cvtsi128_si32(half);
}

template <std::size_t Rows>
__attribute__((target("avx2"))) void coarse_group_avx2(const std::int8_t* rows, std::size_t width,
                                                       const std::int16_t* probe, std::int32_t* out) {
    __m256i sums[Rows];
    for (auto& sum : sums) sum = _mm256_setzero_si256();
    for (std::size_t i = 0; i < width; i += 16) {
        const __m256i p = _mm256_load_si256(reinterpret_cast<const __m256i*>(probe + i));
        for (std::size_t r = 0; r < Rows; ++r) {
            const __m128i codes = _mm_load_si128(reinterpret_cast<const __m128i*>(rows + r * width + i));
            sums[r] = _mm256_add_epi32(sums[r], _mm256_madd_epi16(_mm256_cvtepi8_epi16(codes), p));
        }
    }
    for (std::size_t r = 0; r < Rows; ++r) out[r] = sum_lanes(sums[r]);
}

__attribute__((target("avx2"))) void coarse_avx2(const std::int8_t* rows, std::size_t count, std::size_t width,
                                                 const std::int16_t* probe, std::int32_t* out) {
    std::size_t r = 0;
    for (; r + 4 <= count; r += 4) coarse_group_avx2<4>(rows + r * width, width, probe, out + r);
    for (; r < count; ++r) coarse_group_avx2<1>(rows + r * width, width, probe, out + r);
}

__attribute__((target("avx2"))) double exact_avx2(const float* a, const float* b, std::size_t width) {
    __m256d sums[4];
    for (auto& sum : sums) sum = _mm256_setzero_pd();
    for (std::size_t i = 0; i < width; i += kChains) {
        for (std::size_t c = 0; c < 4; ++c) {
            const __m256d x = _mm256_cvtps_pd(_mm_load_ps(a + i + 4 * c));
            const __m256d y = _mm256_cvtps_pd(_mm_load_ps(b + i + 4 * c));
            sums[c] = _mm256_add_pd(sums[c], _mm256_mul_pd(x, y));
        }
    }
    std::array<double, kChains> chains{};
    for (std::size_t c = 0; c < 4; ++c) _mm256_storeu_pd(chains.data() + 4 * c, sums[c]);
    return add_chains(chains);
}

#define FACEGATE_TARGET_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

template <std::size_t Rows>
FACEGATE_TARGET_VNNI void coarse_group_vnni(const std::int8_t* rows, std::size_t width, const std::int16_t* probe,
                                            std::int32_t* out) {
    __m512i sums[Rows];
    for (auto& sum : sums) sum = _mm512_setzero_si512();
    for (std::size_t i = 0; i < width; i += 32) {
        const __m512i p = _mm512_load_si512(probe + i);
        for (std::size_t r = 0; r < Rows; ++r) {
            const __m256i codes = _mm256_load_si256(reinterpret_cast<const __m256i*>(rows + r * width + i));
            sums[r] = _mm512_dpwssd_epi32(sums[r], _mm512_cvtepi8_epi16(codes), p);
        }
    }
    for (std::size_t r = 0; r < Rows; ++r) out[r] = _mm512_reduce_add_epi32(sums[r]);
}

FACEGATE_TARGET_VNNI void coarse_vnni(const std::int8_t* rows, std::size_t count, std::size_t width,
                                      const std::int16_t* probe, std::int32_t* out) {
    std::size_t r = 0;
    for (; r + 4 <= count; r += 4) coarse_group_vnni<4>(rows + r * width, width, probe, out + r);
    for (; r < count; ++r) coarse_group_vnni<1>(rows + r * width, width, probe, out + r);
}

#pragma GCC diagnostic pop

#endif

constexpr std::array<DotKernels, 1> kPortable{DotKernels{"portable", coarse_portable, exact_portable}};
#if defined(__x86_64__)
constexpr std::array<DotKernels, 3> kAll{kPortable[0], DotKernels{"avx2", coarse_avx2, exact_avx2},
                                         DotKernels{"avx512-vnni", coarse_vnni, exact_avx2}};
#endif

std::span<const DotKernels> detect() {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2")) return kPortable;
    const bool vnni = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
    return std::span(kAll).first(vnni ? 3 : 2);
#else
    return kPortable;
#endif
}

}  // namespace

std::span<const DotKernels> usable_kernels() {
    static const std::span<const DotKernels> usable = detect();
    return usable;
}

const DotKernels& best_kernels() {
    return usable_kernels().back();
}

}  // namespace facegate::search
