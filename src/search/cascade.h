#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "search/dot_kernels.h"
#include "search/probe.h"
#include "search/row_store.h"
#include "search/top_people.h"

namespace facegate::search {

/// What a search needs for itself: 4 bytes a row, and few besides.
struct Scratch {
    /// A stretch of RowStore::kGroupRows rows and their highest upper bound.
    struct Group {
        float upper = 0;
        std::uint32_t number = 0;
    };
    /// A row that may yet be among the best.
    struct Contender {
        double upper = 0;
        RowNumber row = 0;
    };
    std::vector<float> upper;  ///< each row's upper bound by its lead
    std::vector<Group> groups;
    std::vector<Contender> put_off;
};

/// Hands out scratch that keeps its memory, so that a search over many rows faults no page in. As many exist as
/// searches run at once; kKept stay. Thread-safe.
class ScratchPool {
public:
    static constexpr std::size_t kKept = 4;

    [[nodiscard]] std::unique_ptr<Scratch> take();
    void give_back(std::unique_ptr<Scratch> scratch);

private:
    std::mutex mutex_;
    std::vector<std::unique_ptr<Scratch>> spare_;
};

/// One search for the best people, in passes that each look closer at fewer rows. Needs the rows unchanged meanwhile.
class Cascade {
public:
    struct Work {
        std::size_t codes_read = 0;  ///< bytes
        std::size_t rescored = 0;
    };

    Cascade(const RowStore& rows, const DotKernels& kernels, const Probe& probe, TopPeople& best, Scratch& scratch)
        : rows_(rows), kernels_(kernels), probe_(probe), best_(best), scratch_(scratch) {}

    /// Offers `best` every row whose product could be among them, exactly.
    Work run();

private:
    /// Rows of one group that may be among the best, by their place in it.
    struct Contenders {
        std::array<float, RowStore::kGroupRows> upper;
        std::array<std::uint16_t, RowStore::kGroupRows> place;
        std::size_t count = 0;
    };

    void bound_leads();
    void look_closer(std::size_t number);
    /// Drops the rows whose bound lies below the threshold, unless all `all` rows are there and most of them stay.
    void drop_most(Contenders& found, std::size_t all) const;
    void drop_hopeless(Contenders& found) const;
    /// By how much at most a row's product lies below its bound, when all its codes are known.
    [[nodiscard]] double error(RowNumber row) const;
    void rescore(RowNumber row);

    const RowStore& rows_;
    const DotKernels& kernels_;
    const Probe& probe_;
    TopPeople& best_;
    Scratch& scratch_;
    Work work_;
};

}  // namespace facegate::search
