#include "search/row_store.h"

#include <string.h>

#include <algorithm>
#include <cmath>

#include "search/coding.h"

namespace facegate::search {
namespace {

static_assert(RowStore::kBlockRows % RowStore::kGroupRows == 0 && RowStore::kGroupRows % kTileRows == 0);
static_assert(RowStore::kGroupRows % kRowsAtOnce == 0);

/// A row's place in its tile.
class TileRow {
public:
    TileRow(std::byte* tile, std::size_t width, std::size_t row)
        : codes_(reinterpret_cast<std::uint8_t*>(tile) + kTileDepth * (row % kTileRows)),
          codings_(reinterpret_cast<TileCoding*>(tile + kTileRows * width)),
          row_(row % kTileRows) {}

    [[nodiscard]] std::uint8_t& code(std::size_t i) const {
        return codes_[i / kTileDepth * kTileDepth * kTileRows + i % kTileDepth];
    }
    [[nodiscard]] PartCoding coding() const {
        return {codings_->scale[row_], codings_->error[row_], codings_->from[row_], codings_->behind[row_]};
    }
    void set(const PartCoding& coding) const {
        codings_->scale[row_] = coding.scale;
        codings_->error[row_] = coding.error;
        codings_->from[row_] = coding.from;
        codings_->behind[row_] = coding.behind;
    }

private:
    std::uint8_t* codes_;
    TileCoding* codings_;
    std::size_t row_;
};

/// Codes a part of a row. `square` is that of the norm of the values behind it, and becomes that from this part on.
template <class CodeAt>
PartCoding encode_part(std::span<const float> values, double& square, CodeAt code_at) {
    // The scale is rounded to float first: the errors are those of the number that is kept.
    const auto scale = static_cast<float>(largest_magnitude(values) / kMaxRowCode);
    const CodingNorms norms = encode(values, static_cast<double>(scale), kMaxRowCode, [&](std::size_t i, int code) {
        code_at(i) = static_cast<std::uint8_t>(code + kCodeBias);
    });
    const auto norm = [&square] { return round_up(std::sqrt(square) * (1 + kRounding)); };
    PartCoding coding{scale, round_up(norms.error()), 0, norm()};
    square += norms.whole * norms.whole;
    coding.from = norm();
    return coding;
}

}  // namespace

RowStore::Layout::Layout(const VectorShape& shape) {
    std::size_t end = kBlockRows / kTileRows * tile_bytes(shape.parts[0].width);
    for (std::size_t part = 1; part < VectorShape::kParts; ++part) {
        codes[part] = end;
        end += kBlockRows * shape.parts[part].width;
        codings[part] = end;
        end += kBlockRows * sizeof(PartCoding);
    }
    values = end;
    bytes = values + kBlockRows * shape.width * sizeof(float);
}

RowStore::RowStore(const VectorShape& shape) : shape_(shape), layout_(shape) {}

RowStore::~RowStore() {
    for (std::size_t row = 0; row < size_; ++row) wipe_row(row);
}

std::byte* RowStore::tile_of(std::size_t row) const {
    return blocks_[row / kBlockRows].data() + row % kBlockRows / kTileRows * tile_bytes(shape_.parts[0].width);
}

std::byte* RowStore::entry(std::size_t row, std::size_t section, std::size_t bytes) const {
    return blocks_[row / kBlockRows].data() + section + row % kBlockRows * bytes;
}

float* RowStore::values_of(std::size_t row) const {
    return reinterpret_cast<float*>(entry(row, layout_.values, shape_.width * sizeof(float)));
}

std::uint8_t* RowStore::codes_of(std::size_t part, std::size_t row) const {
    return reinterpret_cast<std::uint8_t*>(entry(row, layout_.codes[part], shape_.parts[part].width));
}

PartCoding* RowStore::coding_of(std::size_t part, std::size_t row) const {
    return reinterpret_cast<PartCoding*>(entry(row, layout_.codings[part], sizeof(PartCoding)));
}

PartCoding RowStore::coding(std::size_t part, std::size_t row) const {
    return part == 0 ? TileRow(tile_of(row), shape_.parts[0].width, row).coding() : *coding_of(part, row);
}

RowGroup RowStore::group(std::size_t number) const {
    const std::size_t row = number * kGroupRows;
    RowGroup group{std::min(kGroupRows, size_ - row), tile_of(row), {}, {}};
    for (std::size_t part = 1; part < VectorShape::kParts; ++part) {
        group.codes[part] = codes_of(part, row);
        group.codings[part] = coding_of(part, row);
    }
    return group;
}

void RowStore::push_back(std::span<const float> vector) {
    const std::size_t row = size_;
    if (row == blocks_.size() * kBlockRows) {
        // Most collections never leave their first block: it grows by small pages.
        blocks_.emplace_back(layout_.bytes, blocks_.empty() ? PageSize::kSmall : PageSize::kHuge);
    }
    float* values = values_of(row);
    std::ranges::copy(vector, values);
    std::fill(values + shape_.dimension, values + shape_.width, 0.0F);

    double square = 0;
    for (std::size_t part = VectorShape::kParts - 1; part > 0; --part) {
        std::uint8_t* codes = codes_of(part, row);
        *coding_of(part, row) = encode_part(vector.subspan(shape_.parts[part].begin, shape_.parts[part].size), square,
                                            [codes](std::size_t i) -> std::uint8_t& { return codes[i]; });
    }
    const TileRow tile(tile_of(row), shape_.parts[0].width, row);
    tile.set(encode_part(vector.first(shape_.parts[0].size), square,
                         [&tile](std::size_t i) -> std::uint8_t& { return tile.code(i); }));
    ++size_;
}

void RowStore::copy_row(std::size_t from, std::size_t to) {
    std::copy_n(values_of(from), shape_.width, values_of(to));
    for (std::size_t part = 1; part < VectorShape::kParts; ++part) {
        std::copy_n(codes_of(part, from), shape_.parts[part].width, codes_of(part, to));
        *coding_of(part, to) = *coding_of(part, from);
    }
    const TileRow source(tile_of(from), shape_.parts[0].width, from);
    const TileRow target(tile_of(to), shape_.parts[0].width, to);
    for (std::size_t i = 0; i < shape_.parts[0].width; ++i) target.code(i) = source.code(i);
    target.set(source.coding());
}

void RowStore::wipe_row(std::size_t row) {
    ::explicit_bzero(values_of(row), shape_.width * sizeof(float));
    for (std::size_t part = 1; part < VectorShape::kParts; ++part) {
        ::explicit_bzero(codes_of(part, row), shape_.parts[part].width);
        ::explicit_bzero(coding_of(part, row), sizeof(PartCoding));
    }
    const TileRow tile(tile_of(row), shape_.parts[0].width, row);
    for (std::size_t i = 0; i < shape_.parts[0].width; i += kTileDepth) ::explicit_bzero(&tile.code(i), kTileDepth);
    tile.set({});
}

void RowStore::swap_remove(std::size_t row) {
    const std::size_t last = size_ - 1;
    if (row != last) copy_row(last, row);
    wipe_row(last);
    size_ = last;
    // One empty block is kept, so that a gallery at the border does not allocate at each change.
    if (blocks_.size() * kBlockRows >= size_ + 2 * kBlockRows) blocks_.pop_back();
}

}  // namespace facegate::search
