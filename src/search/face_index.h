#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.h"
#include "search/dot_kernels.h"
#include "search/face_table.h"

namespace facegate::search {

struct Candidate {
    IndexedFace face;
    double dot = 0;  ///< inner product with the probe, summed in double
};

struct SearchResult {
    std::vector<Candidate> people;  ///< best face of each of the best people, highest first
    std::size_t people_total = 0;   ///< distinct people in the index
    std::size_t compared = 0;       ///< faces in the index: all are looked at, if only at their lead
    std::size_t codes_read = 0;     ///< bytes of 8-bit codes that were read
    std::size_t rescored = 0;       ///< faces whose exact product was computed
};

/// Exact 1:N search over the faces of one collection, in memory. Readers run in parallel; add and remove exclude them
/// for the time of one row's change. No I/O, no SQL. A vector of another dimension, or with a value that is not a
/// number or beyond 1e6, is a bug: std::invalid_argument.
///
/// The answer is that of computing every inner product. Faces are passed over only where an upper bound of theirs lies
/// below the exact product of the last of the best people found so far: first a bound from 8-bit codes of the vectors'
/// leads alone, then tighter ones from more of the codes.
class FaceIndex {
public:
    /// The first `lead` values of a vector, 1 to `dimension`, are looked at first: those of the embedder that says
    /// most. What is a good choice is a matter of speed only.
    FaceIndex(std::size_t dimension, std::size_t lead, const DotKernels& kernels = best_kernels());
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
