#include "evaluation/cross_scores.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "evaluation/dot_tiles.h"

namespace facegate::evaluation {
namespace {

constexpr std::size_t kGroup = VectorTable::kGroup;
/// Rows and columns of a block, in groups: two of 96 rows of a thousand values fit the second-level cache.
constexpr std::size_t kBlockGroups = 6;
constexpr std::size_t kBlock = kBlockGroups * kGroup;

std::size_t groups_of(const VectorTable& table) {
    return (table.count() + kGroup - 1) / kGroup;
}

struct BlockPlace {
    std::size_t row_group = 0;
    std::size_t column_group = 0;
};

/// Hands out blocks to the threads and keeps the first exception.
class BlockRun {
public:
    BlockRun(const VectorTable& a, const VectorTable& b, float bias, const std::atomic<bool>* stop)
        : a_(a), b_(b), bias_(bias), stop_(stop) {
        if (a.dimension() != b.dimension()) throw std::invalid_argument("tables of different dimensions");
    }

    void run(const std::vector<BlockPlace>& places, std::size_t threads, const BlockVisitor& visit) {
        const auto work = [&](std::size_t thread) {
            try {
                std::vector<float> scores(kBlock * kBlock);
                for (std::size_t i = next_++; i < places.size() && !ended(); i = next_++) {
                    visit(thread, block_at(places[i], scores));
                }
            } catch (...) {
                const std::lock_guard lock(mutex_);
                if (!failure_) failure_ = std::current_exception();
                failed_ = true;
            }
        };
        std::vector<std::jthread> others;
        for (std::size_t thread = 1; thread < threads; ++thread) others.emplace_back(work, thread);
        work(0);
        others.clear();
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    [[nodiscard]] bool ended() const { return failed_ || (stop_ != nullptr && *stop_); }

    [[nodiscard]] ScoreBlock block_at(const BlockPlace& place, std::vector<float>& scores) const {
        const std::size_t row_end = std::min(place.row_group + kBlockGroups, groups_of(a_));
        const std::size_t column_end = std::min(place.column_group + kBlockGroups, groups_of(b_));
        for (std::size_t row = place.row_group; row < row_end; ++row) {
            for (std::size_t column = place.column_group; column < column_end; ++column) {
                float* out =
                    scores.data() + (row - place.row_group) * kGroup * kBlock + (column - place.column_group) * kGroup;
                multiply_(a_.group(row), b_.group(column), a_.dimension(), bias_, out, kBlock);
            }
        }
        ScoreBlock block{place.row_group * kGroup, place.column_group * kGroup, 0, 0, scores.data(), kBlock};
        block.rows = std::min(row_end * kGroup, a_.count()) - block.row;
        block.columns = std::min(column_end * kGroup, b_.count()) - block.column;
        return block;
    }

    const VectorTable& a_;
    const VectorTable& b_;
    float bias_;
    const std::atomic<bool>* stop_;
    MultiplyTile multiply_ = usable_tile_kernels().back().multiply;
    std::atomic<std::size_t> next_{0};
    std::atomic<bool> failed_{false};
    std::mutex mutex_;
    std::exception_ptr failure_;
};

}  // namespace

VectorTable::VectorTable(std::size_t count, std::size_t dimension)
    : count_(count), dimension_(dimension), values_((count + kGroup - 1) / kGroup * kGroup * dimension) {}

void VectorTable::set(std::size_t row, std::span<const float> vector) {
    if (row >= count_ || vector.size() != dimension_) throw std::invalid_argument("no such row or a wrong length");
    float* out = values_.data() + row / kGroup * kGroup * dimension_ + row % kGroup;
    for (std::size_t k = 0; k < dimension_; ++k) out[k * kGroup] = vector[k];
}

void score_all(const VectorTable& a, const VectorTable& b, float bias, std::size_t threads, const BlockVisitor& visit,
               const std::atomic<bool>* stop) {
    std::vector<BlockPlace> places;
    for (std::size_t row = 0; row < groups_of(a); row += kBlockGroups) {
        for (std::size_t column = 0; column < groups_of(b); column += kBlockGroups) places.push_back({row, column});
    }
    BlockRun(a, b, bias, stop).run(places, threads, visit);
}

void score_pairs(const VectorTable& table, float bias, std::size_t threads, const BlockVisitor& visit,
                 const std::atomic<bool>* stop) {
    std::vector<BlockPlace> places;
    for (std::size_t row = 0; row < groups_of(table); row += kBlockGroups) {
        for (std::size_t column = row; column < groups_of(table); column += kBlockGroups)
            places.push_back({row, column});
    }
    BlockRun(table, table, bias, stop).run(places, threads, visit);
}

}  // namespace facegate::evaluation
