#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "search/dot_kernels.h"
#include "search/secret_memory.h"
#include "search/vector_shape.h"

namespace facegate::search {

/// Some rows one behind the other, to be read. Codes and codings of parts 1 … kParts - 1 have one entry a row; nothing
/// is at those of part 0, which is in the tiles.
struct RowGroup {
    std::size_t rows = 0;
    const std::byte* tiles = nullptr;  ///< of 16 rows each; the last one's unused rows are zero
    std::array<const std::uint8_t*, VectorShape::kParts> codes{};
    std::array<const PartCoding*, VectorShape::kParts> codings{};
};

/// Vectors in rows 0 … size() - 1, each as floats and as 8-bit codes of its parts. In blocks, so that growing never
/// copies (and leaves behind) a vector. Rows are wiped when removed, all of them at the end. Not thread-safe.
class RowStore {
public:
    static constexpr std::size_t kGroupRows = 1024;
    static constexpr std::size_t kBlockRows = 4096;  ///< that are allocated at once

    explicit RowStore(const VectorShape& shape);
    ~RowStore();
    RowStore(const RowStore&) = delete;
    RowStore& operator=(const RowStore&) = delete;

    [[nodiscard]] const VectorShape& shape() const { return shape_; }
    [[nodiscard]] std::size_t size() const { return size_; }

    /// Appends a row of `dimension` finite values. Throws std::bad_alloc, with nothing changed.
    void push_back(std::span<const float> vector);
    /// Moves the last row into `row`'s place and wipes where it was.
    void swap_remove(std::size_t row);

    [[nodiscard]] const float* values(std::size_t row) const { return values_of(row); }
    [[nodiscard]] PartCoding coding(std::size_t part, std::size_t row) const;
    /// Rows kGroupRows * number onwards.
    [[nodiscard]] RowGroup group(std::size_t number) const;

private:
    /// Where a block's sections begin, each with one entry a row. The tiles come first.
    struct Layout {
        explicit Layout(const VectorShape& shape);
        std::array<std::size_t, VectorShape::kParts> codes{};
        std::array<std::size_t, VectorShape::kParts> codings{};
        std::size_t values = 0;
        std::size_t bytes = 0;
    };

    [[nodiscard]] std::byte* tile_of(std::size_t row) const;
    [[nodiscard]] std::byte* entry(std::size_t row, std::size_t section, std::size_t bytes) const;
    [[nodiscard]] float* values_of(std::size_t row) const;
    [[nodiscard]] std::uint8_t* codes_of(std::size_t part, std::size_t row) const;
    [[nodiscard]] PartCoding* coding_of(std::size_t part, std::size_t row) const;
    void copy_row(std::size_t from, std::size_t to);
    void wipe_row(std::size_t row);

    const VectorShape shape_;
    const Layout layout_;
    std::vector<Pages> blocks_;
    std::size_t size_ = 0;
};

}  // namespace facegate::search
