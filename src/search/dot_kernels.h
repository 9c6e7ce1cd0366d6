#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace facegate::search {

/// A row's codes -127 … 127 are stored as bytes with this added: the processors multiply unsigned by signed bytes.
constexpr int kCodeBias = 128;
/// A probe's codes are 64 * high + low with both planes within -63 … 63: then no pair of products of bytes leaves the
/// range of 16 bits, which one of the instructions sums pairs in.
constexpr int kPlaneFactor = 64;
constexpr int kMaxPlane = 63;

/// The leads of 16 rows interleaved, 4 values at a time: byte 64 * c + 4 * r + k is value 4 * c + k of row r. Sums then
/// build up one row in each lane, with nothing to add across lanes. Behind the codes: a TileCoding.
constexpr std::size_t kTileRows = 16;
constexpr std::size_t kTileDepth = 4;
/// Rows of codes that are not interleaved are padded to a multiple of this many values.
constexpr std::size_t kRowPadding = 64;
/// Rows of floats are padded with zeros to a multiple of this many values.
constexpr std::size_t kValuePadding = 16;

/// One part of a row besides its codes; see BoundTerms.
struct alignas(16) PartCoding {
    float scale = 0;   ///< value i of the part is about scale * code i
    float error = 0;   ///< at least the norm of what the codes leave out
    float from = 0;    ///< at least the norm of the row's values from this part to the end
    float behind = 0;  ///< at least the norm of those behind this part
};

/// The same for the leads of a tile's rows.
struct TileCoding {
    float scale[kTileRows];
    float error[kTileRows];
    float from[kTileRows];
    float behind[kTileRows];
};

/// One part of a probe as bytes; see kPlaneFactor.
struct PlanedCodes {
    const std::int8_t* high = nullptr;
    const std::int8_t* low = nullptr;
    std::uint32_t bias = 0;  ///< kCodeBias times the sum of all codes, modulo 2^32
};

/// What a part of a probe makes of a row's sum and PartCoding, in floats: the bound rises by
/// sum * (row.scale * scale) + row.error * error + row.from * from + row.behind * behind. "Sum" is the sum of products
/// of codes, which must fit in 32 bits (partial sums need not).
struct BoundTerms {
    float scale = 0;
    float error = 0;
    float from = 0;
    float behind = 0;
};

/// Bounds and places come in fours.
constexpr std::size_t kRowsAtOnce = 4;

/// The inner loops, one set for each instruction set. All sets give bit-identical results. Widths are multiples of the
/// paddings above, codes and floats are aligned to 64 bytes.
struct DotKernels {
    const char* name;
    /// Bounds of 16 * `tiles` rows into `bounds`, each risen from `start`. The tiles, of `width` values, lie one behind
    /// the other. Returns the highest.
    float (*bound_tiles)(const std::byte* tile, std::size_t tiles, std::size_t width, const PlanedCodes& probe,
                         const BoundTerms& terms, float start, float* bounds);
    /// Raises bounds[i] by row places[i] of `codes` and `codings`, for i < `count`. Both arrays go on to the next
    /// multiple of kRowsAtOnce, with valid places; their bounds change too.
    void (*raise_bounds)(const std::uint8_t* codes, const PartCoding* codings, const std::uint16_t* places,
                         std::size_t count, std::size_t width, const PlanedCodes& probe, const BoundTerms& terms,
                         float* bounds);
    /// Inner product of floats summed in double (products of floats are exact there).
    double (*exact)(const float* a, const float* b, std::size_t width);
};

/// Bytes of a tile of `width` values.
constexpr std::size_t tile_bytes(std::size_t width) {
    return kTileRows * width + sizeof(TileCoding);
}

/// The best set this processor has; chosen once.
const DotKernels& best_kernels();
/// Every set this processor can run, the portable one first.
std::span<const DotKernels> usable_kernels();

}  // namespace facegate::search
