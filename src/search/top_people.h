#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "search/face_table.h"

namespace facegate::search {

/// The best `count` people seen so far, each with the best of their faces; equal products by rising face id, so that
/// the answer depends on no order of looking.
class TopPeople {
public:
    struct Entry {
        double product = 0;
        RowNumber row = 0;
        PersonSlot person = 0;
    };

    TopPeople(const FaceTable& table, std::size_t count) : table_(table), count_(count) {}

    /// What the last of them has; minus infinity while there are fewer than `count`. Who has less cannot get in, who
    /// has the same can.
    [[nodiscard]] double threshold() const { return threshold_; }

    void offer(RowNumber row, double product) {
        const Entry entry{product, row, table_.person_of(row)};
        const auto same = std::ranges::find(entries_, entry.person, &Entry::person);
        if (same != entries_.end()) {
            if (!better(entry, *same)) return;
            entries_.erase(same);
        } else if (entries_.size() == count_) {
            if (!better(entry, entries_.back())) return;
            entries_.pop_back();
        }
        const auto before = [this](const Entry& a, const Entry& b) { return better(a, b); };
        entries_.insert(std::ranges::upper_bound(entries_, entry, before), entry);
        if (entries_.size() == count_) threshold_ = entries_.back().product;
    }

    /// Highest first.
    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

private:
    [[nodiscard]] bool better(const Entry& a, const Entry& b) const {
        return a.product != b.product ? a.product > b.product : table_.face_id(a.row) < table_.face_id(b.row);
    }

    const FaceTable& table_;
    const std::size_t count_;
    double threshold_ = -std::numeric_limits<double>::infinity();
    std::vector<Entry> entries_;
};

}  // namespace facegate::search
