#include "search/cascade.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

namespace facegate::search {
namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

}  // namespace

std::unique_ptr<Scratch> ScratchPool::take() {
    const std::lock_guard lock(mutex_);
    if (spare_.empty()) return std::make_unique<Scratch>();
    auto scratch = std::move(spare_.back());
    spare_.pop_back();
    return scratch;
}

void ScratchPool::give_back(std::unique_ptr<Scratch> scratch) {
    const std::lock_guard lock(mutex_);
    if (spare_.size() < kKept) spare_.push_back(std::move(scratch));
}

Cascade::Work Cascade::run() {
    bound_leads();
    // The most promising rows first: the sooner the threshold is high, the fewer rows have to be completed.
    std::ranges::sort(scratch_.groups, std::ranges::greater(), &Scratch::Group::upper);
    scratch_.put_off.clear();
    for (const Scratch::Group& group : scratch_.groups) {
        if (group.upper < best_.threshold()) break;
        look_closer(group.number);
    }
    std::ranges::sort(scratch_.put_off, std::ranges::greater(), &Scratch::Contender::upper);
    for (const Scratch::Contender& contender : scratch_.put_off) {
        if (contender.upper < best_.threshold()) break;
        rescore(contender.row);
    }
    return work_;
}

void Cascade::bound_leads() {
    const PlanedCodes codes = probe_.part(0).codes();
    const std::size_t groups = rounded_up(rows_.size(), RowStore::kGroupRows) / RowStore::kGroupRows;
    scratch_.upper.resize(groups * RowStore::kGroupRows);
    scratch_.groups.resize(groups);
    for (std::size_t number = 0; number < groups; ++number) {
        const RowGroup group = rows_.group(number);
        // The last tile's unused rows get bounds as well, which can only make the group look better than it is.
        const float upper = kernels_.bound_tiles(group.tiles, rounded_up(group.rows, kTileRows) / kTileRows,
                                                 rows_.shape().parts[0].width, codes, probe_.terms(0), Probe::kStart,
                                                 scratch_.upper.data() + number * RowStore::kGroupRows);
        work_.codes_read += group.rows * rows_.shape().parts[0].width;
        scratch_.groups[number] = {upper, static_cast<std::uint32_t>(number)};
    }
}

void Cascade::look_closer(std::size_t number) {
    const RowGroup group = rows_.group(number);
    const std::size_t begin = number * RowStore::kGroupRows;
    Contenders found;
    found.count = group.rows;
    std::copy_n(scratch_.upper.data() + begin, RowStore::kGroupRows, found.upper.data());
    std::iota(found.place.begin(), found.place.end(), std::uint16_t{0});
    for (std::size_t part = 1; part < VectorShape::kParts && rows_.shape().parts[part].size > 0; ++part) {
        drop_most(found, group.rows);
        const std::size_t width = rows_.shape().parts[part].width;
        kernels_.raise_bounds(group.codes[part], group.codings[part], found.place.data(), found.count, width,
                              probe_.part(part).codes(), probe_.terms(part), found.upper.data());
        work_.codes_read += found.count * width;
    }
    drop_hopeless(found);
    for (std::size_t i = 0; i < found.count; ++i) {
        const auto row = static_cast<RowNumber>(begin + found.place[i]);
        const auto upper = static_cast<double>(found.upper[i]);
        // Computed at once if that will probably raise the threshold, else when it has risen as far as it will.
        if (upper - error(row) > best_.threshold()) {
            rescore(row);
        } else if (upper >= best_.threshold()) {
            scratch_.put_off.push_back({upper, row});
        }
    }
}

void Cascade::drop_most(Contenders& found, std::size_t all) const {
    // Reading all rows in a row takes no longer than picking half of them.
    const auto hopeful = std::ranges::count_if(std::span(found.upper).first(found.count), [this](float upper) {
        return static_cast<double>(upper) >= best_.threshold();
    });
    if (found.count < all || 2 * static_cast<std::size_t>(hopeful) < all) drop_hopeless(found);
}

void Cascade::drop_hopeless(Contenders& found) const {
    // Rounded down, so that no row is dropped for the rounding.
    const float threshold = std::nextafter(static_cast<float>(best_.threshold()), kLowest);
    std::size_t left = 0;
    for (std::size_t i = 0; i < found.count; ++i) {
        const float upper = found.upper[i];
        found.upper[left] = upper;
        found.place[left] = found.place[i];
        left += std::size_t{upper >= threshold};
    }
    // Kernels go on to the next multiple of kRowsAtOnce.
    for (std::size_t i = left; i < rounded_up(left, kRowsAtOnce); ++i) found.place[i] = found.place[left - 1];
    found.count = left;
}

double Cascade::error(RowNumber row) const {
    double sum = 0;
    for (std::size_t part = 0; part < VectorShape::kParts; ++part) sum += probe_.error(part, rows_.coding(part, row));
    return sum;
}

void Cascade::rescore(RowNumber row) {
    ++work_.rescored;
    best_.offer(row, kernels_.exact(rows_.values(row), probe_.values(), rows_.shape().width));
}

}  // namespace facegate::search
