#pragma once

#include <array>
#include <cstddef>

#include "search/dot_kernels.h"

namespace facegate::search {

constexpr std::size_t rounded_up(std::size_t count, std::size_t multiple) {
    return (count + multiple - 1) / multiple * multiple;
}

/// How the values of a vector are cut up for the passes of a search: first the lead, then the rest in three parts, each
/// of which is needed for fewer rows. Parts of the rest may be empty, behind those that are not.
struct VectorShape {
    static constexpr std::size_t kParts = 4;

    struct Part {
        std::size_t begin = 0;  ///< its first value
        std::size_t size = 0;   ///< how many values
        std::size_t width = 0;  ///< how many codes: padded, to kTileDepth in the lead and to kRowPadding in the rest
    };

    /// `dimension` is at most 16,384, `lead` at least 1 and at most `dimension`; std::invalid_argument otherwise.
    VectorShape(std::size_t dimension, std::size_t lead);

    std::size_t dimension;
    std::size_t width;  ///< of the floats, padded to kValuePadding
    std::array<Part, kParts> parts;
};

}  // namespace facegate::search
