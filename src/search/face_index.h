#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"

namespace facegate::search {

/// One enrolled face as the index knows it.
struct IndexedFace {
    FaceId face;
    UserId user;
    int photos = 1;  ///< independent photos in the template
};

struct Candidate {
    IndexedFace face;
    double dot = 0;  ///< inner product with the probe, summed in double
};

struct SearchResult {
    std::vector<Candidate> people;  ///< best face of each of the best people, highest first
    std::size_t people_total = 0;   ///< distinct people in the index
    std::size_t compared = 0;       ///< faces looked at in the coarse pass
    std::size_t rescored = 0;       ///< faces whose exact product was needed
};

/// Exact 1:N search over the faces of one collection, in memory. Readers run in parallel; add and remove exclude them
/// for the time of one row's change. No I/O, no SQL. A vector of another dimension, or with a value that is not a
/// number or beyond 1e6, is a bug: std::invalid_argument.
///
/// A coarse pass over 8-bit codes bounds every inner product from both sides; only faces whose upper bound reaches the
/// lower bound of the last of the best people are computed exactly, so the answer is that of computing all of them.
class FaceIndex {
public:
    explicit FaceIndex(std::size_t dimension);
    ~FaceIndex();
    FaceIndex(const FaceIndex&) = delete;
    FaceIndex& operator=(const FaceIndex&) = delete;

    /// Replaces a face of the same id. `vector` has `dimension` values.
    void add(const IndexedFace& face, std::span<const float> vector);
    /// False if there is no such face. The vector's memory is wiped.
    bool remove(const FaceId& face);
    /// Removes all faces of a person; returns how many.
    std::size_t remove_user(const UserId& user);

    /// The `count` best people over the whole index, exactly; equal products by rising face id. For counts up to some
    /// hundreds.
    [[nodiscard]] SearchResult search(std::span<const float> probe, std::size_t count) const;
    /// The best face of one person; nothing if the person has none.
    [[nodiscard]] std::optional<Candidate> best_of(const UserId& user, std::span<const float> probe) const;

    [[nodiscard]] std::size_t faces() const;
    [[nodiscard]] std::size_t people() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace facegate::search
