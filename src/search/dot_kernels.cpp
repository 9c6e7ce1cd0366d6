#include "search/dot_kernels.h"

#include <algorithm>
#include <array>
#include <limits>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace facegate::search {
namespace {

// The exact sums run in 16 chains, value i in chain i % 16, and are added up in one fixed order, so that every
// instruction set rounds alike.
constexpr std::size_t kChains = 16;
constexpr float kLowest = -std::numeric_limits<float>::infinity();

double add_chains(const std::array<double, kChains>& chains) {
    double sum = 0;
    for (const double chain : chains) sum += chain;
    return sum;
}

const TileCoding& coding_of(const std::byte* tile, std::size_t width) {
    return *reinterpret_cast<const TileCoding*>(tile + kTileRows * width);
}

std::uint32_t product(std::uint8_t code, const PlanedCodes& probe, std::size_t i) {
    return static_cast<std::uint32_t>(int{code} * (kPlaneFactor * int{probe.high[i]} + int{probe.low[i]}));
}

/// The one order in which all sets multiply and add up. No multiplication may be fused with an addition.
float raised(float bound, std::uint32_t sum, const PartCoding& row, const BoundTerms& terms) {
    const float by_codes = static_cast<float>(static_cast<std::int32_t>(sum)) * (row.scale * terms.scale);
    const float by_norms = row.error * terms.error + (row.from * terms.from + row.behind * terms.behind);
    return bound + (by_codes + by_norms);
}

float bound_tiles_portable(const std::byte* tile, std::size_t tiles, std::size_t width, const PlanedCodes& probe,
                           const BoundTerms& terms, float start, float* bounds) {
    float highest = kLowest;
    for (; tiles > 0; --tiles, tile += tile_bytes(width), bounds += kTileRows) {
        std::array<std::uint32_t, kTileRows> sums{};
        const auto* codes = reinterpret_cast<const std::uint8_t*>(tile);
        for (std::size_t i = 0; i < width; i += kTileDepth) {
            for (std::size_t r = 0; r < kTileRows; ++r) {
                for (std::size_t k = 0; k < kTileDepth; ++k) sums[r] += product(*codes++, probe, i + k);
            }
        }
        const TileCoding& rows = coding_of(tile, width);
        for (std::size_t r = 0; r < kTileRows; ++r) {
            const PartCoding row{rows.scale[r], rows.error[r], rows.from[r], rows.behind[r]};
            bounds[r] = raised(start, sums[r] - probe.bias, row, terms);
            highest = std::max(highest, bounds[r]);
        }
    }
    return highest;
}

void raise_bounds_portable(const std::uint8_t* codes, const PartCoding* codings, const std::uint16_t* places,
                           std::size_t count, std::size_t width, const PlanedCodes& probe, const BoundTerms& terms,
                           float* bounds) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint8_t* row = codes + places[i] * width;
        std::uint32_t sum = 0;
        for (std::size_t k = 0; k < width; ++k) sum += product(row[k], probe, k);
        bounds[i] = raised(bounds[i], sum - probe.bias, codings[places[i]], terms);
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

constexpr std::size_t kCacheLine = 64;

/// The loop of raise_bounds. Rows are asked for well ahead, into the second-level cache: the first level has too few
/// places for lines that are on their way. Those that lie scattered are summed four at a time, which share the loads of
/// the probe's codes; those that lie one behind the other come faster one by one.
template <class RaiseFour>
void raise_by_fours(const std::uint8_t* codes, const std::uint16_t* places, std::size_t count, std::size_t width,
                    RaiseFour raise_four) {
    constexpr std::size_t kAhead = 4 * kRowsAtOnce;
    const bool scattered = count > 0 && std::size_t{places[count - 1]} - places[0] != count - 1;
    for (std::size_t i = 0; i < count; i += kRowsAtOnce) {
        for (std::size_t next = i + kAhead; next < std::min(count, i + kAhead + kRowsAtOnce); ++next) {
            const std::uint8_t* row = codes + places[next] * width;
            for (std::size_t k = 0; k < width; k += kCacheLine) __builtin_prefetch(row + k, 0, 2);
        }
        const std::uint8_t* rows[kRowsAtOnce];
        for (std::size_t r = 0; r < kRowsAtOnce; ++r) rows[r] = codes + places[i + r] * width;
        raise_four(i, rows, scattered);
    }
}

// GCC 12's own intrinsics start from undefined vectors, which it then warns about.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

#define FACEGATE_TARGET_AVX2 __attribute__((target("avx2")))
#define FACEGATE_TARGET_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

/// Four codes of a plane, as one 32-bit lane.
int four_codes(const std::int8_t* plane) {
    int four = 0;
    __builtin_memcpy(&four, plane, sizeof(four));
    return four;
}

FACEGATE_TARGET_AVX2 __m256i load(const void* at) {
    return _mm256_load_si256(static_cast<const __m256i*>(at));
}

/// Adds 32 products to 8 sums: 64 * row * high + row * low, four neighbours into each lane.
FACEGATE_TARGET_AVX2 __m256i add_products(__m256i sums, __m256i row, __m256i high, __m256i low) {
    const __m256i of_high = _mm256_madd_epi16(_mm256_maddubs_epi16(row, high), _mm256_set1_epi16(kPlaneFactor));
    const __m256i of_low = _mm256_madd_epi16(_mm256_maddubs_epi16(row, low), _mm256_set1_epi16(1));
    return _mm256_add_epi32(sums, _mm256_add_epi32(of_high, of_low));
}

FACEGATE_TARGET_AVX2 __m256 bounds_of_half(__m256i sums, const TileCoding& rows, std::size_t half,
                                           const BoundTerms& terms, float start) {
    const __m256 scale = _mm256_mul_ps(_mm256_load_ps(rows.scale + half), _mm256_set1_ps(terms.scale));
    const __m256 error = _mm256_mul_ps(_mm256_load_ps(rows.error + half), _mm256_set1_ps(terms.error));
    const __m256 from = _mm256_mul_ps(_mm256_load_ps(rows.from + half), _mm256_set1_ps(terms.from));
    const __m256 behind = _mm256_mul_ps(_mm256_load_ps(rows.behind + half), _mm256_set1_ps(terms.behind));
    const __m256 by_codes = _mm256_mul_ps(_mm256_cvtepi32_ps(sums), scale);
    const __m256 by_norms = _mm256_add_ps(error, _mm256_add_ps(from, behind));
    return _mm256_add_ps(_mm256_set1_ps(start), _mm256_add_ps(by_codes, by_norms));
}

FACEGATE_TARGET_AVX2 float bound_tiles_avx2(const std::byte* tile, std::size_t tiles, std::size_t width,
                                            const PlanedCodes& probe, const BoundTerms& terms, float start,
                                            float* bounds) {
    constexpr std::size_t kHalf = kTileRows / 2;
    const __m256i bias = _mm256_set1_epi32(static_cast<int>(probe.bias));
    __m256 highest = _mm256_set1_ps(kLowest);
    for (; tiles > 0; --tiles, tile += tile_bytes(width), bounds += kTileRows) {
        __m256i first = _mm256_setzero_si256();
        __m256i second = _mm256_setzero_si256();
        for (std::size_t i = 0; i < width; i += kTileDepth) {
            const __m256i high = _mm256_set1_epi32(four_codes(probe.high + i));
            const __m256i low = _mm256_set1_epi32(four_codes(probe.low + i));
            first = add_products(first, load(tile + kTileRows * i), high, low);
            second = add_products(second, load(tile + kTileRows * i + 32), high, low);
        }
        const TileCoding& rows = coding_of(tile, width);
        const __m256 of_first = bounds_of_half(_mm256_sub_epi32(first, bias), rows, 0, terms, start);
        const __m256 of_second = bounds_of_half(_mm256_sub_epi32(second, bias), rows, kHalf, terms, start);
        _mm256_storeu_ps(bounds, of_first);
        _mm256_storeu_ps(bounds + kHalf, of_second);
        highest = _mm256_max_ps(highest, _mm256_max_ps(of_first, of_second));
    }
    std::array<float, kHalf> lanes{};
    _mm256_storeu_ps(lanes.data(), highest);
    return *std::ranges::max_element(lanes);
}

/// Raises four bounds, of rows whose sums are those over the lanes of `lanes`.
FACEGATE_TARGET_AVX2 void raise_four(const __m128i (&lanes)[kRowsAtOnce], const PartCoding* codings,
                                     const std::uint16_t* places, std::uint32_t bias, const BoundTerms& terms,
                                     float* bounds) {
    __m128i sums = _mm_hadd_epi32(_mm_hadd_epi32(lanes[0], lanes[1]), _mm_hadd_epi32(lanes[2], lanes[3]));
    sums = _mm_sub_epi32(sums, _mm_set1_epi32(static_cast<int>(bias)));
    __m128 scale = _mm_load_ps(&codings[places[0]].scale);
    __m128 error = _mm_load_ps(&codings[places[1]].scale);
    __m128 from = _mm_load_ps(&codings[places[2]].scale);
    __m128 behind = _mm_load_ps(&codings[places[3]].scale);
    _MM_TRANSPOSE4_PS(scale, error, from, behind);
    const __m128 by_codes = _mm_mul_ps(_mm_cvtepi32_ps(sums), _mm_mul_ps(scale, _mm_set1_ps(terms.scale)));
    from = _mm_mul_ps(from, _mm_set1_ps(terms.from));
    behind = _mm_mul_ps(behind, _mm_set1_ps(terms.behind));
    error = _mm_mul_ps(error, _mm_set1_ps(terms.error));
    const __m128 by_norms = _mm_add_ps(error, _mm_add_ps(from, behind));
    _mm_storeu_ps(bounds, _mm_add_ps(_mm_loadu_ps(bounds), _mm_add_ps(by_codes, by_norms)));
}

/// Sums over rows as they lie in the lanes.
template <std::size_t Rows>
FACEGATE_TARGET_AVX2 void sum_avx2(const std::uint8_t* const* rows, std::size_t width, const PlanedCodes& probe,
                                   __m128i* lanes) {
    __m256i totals[Rows];
    for (auto& total : totals) total = _mm256_setzero_si256();
    for (std::size_t i = 0; i < width; i += 32) {
        const __m256i high = load(probe.high + i);
        const __m256i low = load(probe.low + i);
        for (std::size_t r = 0; r < Rows; ++r) totals[r] = add_products(totals[r], load(rows[r] + i), high, low);
    }
    for (std::size_t r = 0; r < Rows; ++r) {
        lanes[r] = _mm_add_epi32(_mm256_castsi256_si128(totals[r]), _mm256_extracti128_si256(totals[r], 1));
    }
}

FACEGATE_TARGET_AVX2 void raise_bounds_avx2(const std::uint8_t* codes, const PartCoding* codings,
                                            const std::uint16_t* places, std::size_t count, std::size_t width,
                                            const PlanedCodes& probe, const BoundTerms& terms, float* bounds) {
    raise_by_fours(codes, places, count, width,
                   [&](std::size_t i, const std::uint8_t* const* rows, bool scattered) FACEGATE_TARGET_AVX2 {
                       __m128i lanes[kRowsAtOnce];
                       if (scattered) {
                           sum_avx2<kRowsAtOnce>(rows, width, probe, lanes);
                       } else {
                           for (std::size_t r = 0; r < kRowsAtOnce; ++r) sum_avx2<1>(rows + r, width, probe, lanes + r);
                       }
                       raise_four(lanes, codings, places + i, probe.bias, terms, bounds + i);
                   });
}

FACEGATE_TARGET_AVX2 double exact_avx2(const float* a, const float* b, std::size_t width) {
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

/// 64 * high + low - bias.
FACEGATE_TARGET_VNNI __m512i joined(__m512i high, __m512i low, std::uint32_t bias) {
    const __m512i sum = _mm512_add_epi32(_mm512_slli_epi32(high, 6), low);
    return _mm512_sub_epi32(sum, _mm512_set1_epi32(static_cast<int>(bias)));
}
static_assert(kPlaneFactor == 1 << 6);

FACEGATE_TARGET_VNNI float bound_tiles_vnni(const std::byte* tile, std::size_t tiles, std::size_t width,
                                            const PlanedCodes& probe, const BoundTerms& terms, float start,
                                            float* bounds) {
    __m512 highest = _mm512_set1_ps(kLowest);
    for (; tiles > 0; --tiles, tile += tile_bytes(width), bounds += kTileRows) {
        __m512i high = _mm512_setzero_si512();
        __m512i low = _mm512_setzero_si512();
        for (std::size_t i = 0; i < width; i += kTileDepth) {
            const __m512i codes = _mm512_load_si512(tile + kTileRows * i);
            high = _mm512_dpbusd_epi32(high, codes, _mm512_set1_epi32(four_codes(probe.high + i)));
            low = _mm512_dpbusd_epi32(low, codes, _mm512_set1_epi32(four_codes(probe.low + i)));
        }
        const TileCoding& rows = coding_of(tile, width);
        const __m512 sums = _mm512_cvtepi32_ps(joined(high, low, probe.bias));
        const __m512 scale = _mm512_mul_ps(_mm512_load_ps(rows.scale), _mm512_set1_ps(terms.scale));
        const __m512 error = _mm512_mul_ps(_mm512_load_ps(rows.error), _mm512_set1_ps(terms.error));
        const __m512 from = _mm512_mul_ps(_mm512_load_ps(rows.from), _mm512_set1_ps(terms.from));
        const __m512 behind = _mm512_mul_ps(_mm512_load_ps(rows.behind), _mm512_set1_ps(terms.behind));
        const __m512 by_norms = _mm512_add_ps(error, _mm512_add_ps(from, behind));
        const __m512 by_all = _mm512_add_ps(_mm512_mul_ps(sums, scale), by_norms);
        const __m512 bound = _mm512_add_ps(_mm512_set1_ps(start), by_all);
        _mm512_storeu_ps(bounds, bound);
        highest = _mm512_max_ps(highest, bound);
    }
    return _mm512_reduce_max_ps(highest);
}

template <std::size_t Rows>
FACEGATE_TARGET_VNNI void sum_vnni(const std::uint8_t* const* rows, std::size_t width, const PlanedCodes& probe,
                                   __m128i* lanes) {
    __m512i highs[Rows];
    __m512i lows[Rows];
    for (auto& high : highs) high = _mm512_setzero_si512();
    for (auto& low : lows) low = _mm512_setzero_si512();
    for (std::size_t i = 0; i < width; i += 64) {
        const __m512i high = _mm512_load_si512(probe.high + i);
        const __m512i low = _mm512_load_si512(probe.low + i);
        for (std::size_t r = 0; r < Rows; ++r) {
            const __m512i codes = _mm512_load_si512(rows[r] + i);
            highs[r] = _mm512_dpbusd_epi32(highs[r], codes, high);
            lows[r] = _mm512_dpbusd_epi32(lows[r], codes, low);
        }
    }
    for (std::size_t r = 0; r < Rows; ++r) {
        const __m512i sum = joined(highs[r], lows[r], 0);
        const __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
        lanes[r] = _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    }
}

FACEGATE_TARGET_VNNI void raise_bounds_vnni(const std::uint8_t* codes, const PartCoding* codings,
                                            const std::uint16_t* places, std::size_t count, std::size_t width,
                                            const PlanedCodes& probe, const BoundTerms& terms, float* bounds) {
    raise_by_fours(codes, places, count, width,
                   [&](std::size_t i, const std::uint8_t* const* rows, bool scattered) FACEGATE_TARGET_VNNI {
                       __m128i lanes[kRowsAtOnce];
                       if (scattered) {
                           sum_vnni<kRowsAtOnce>(rows, width, probe, lanes);
                       } else {
                           for (std::size_t r = 0; r < kRowsAtOnce; ++r) sum_vnni<1>(rows + r, width, probe, lanes + r);
                       }
                       raise_four(lanes, codings, places + i, probe.bias, terms, bounds + i);
                   });
}

#pragma GCC diagnostic pop

#endif

constexpr std::array<DotKernels, 1> kPortable{
    DotKernels{"portable", bound_tiles_portable, raise_bounds_portable, exact_portable}};
#if defined(__x86_64__)
constexpr std::array<DotKernels, 3> kAll{kPortable[0],
                                         DotKernels{"avx2", bound_tiles_avx2, raise_bounds_avx2, exact_avx2},
                                         DotKernels{"avx512-vnni", bound_tiles_vnni, raise_bounds_vnni, exact_avx2}};
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
