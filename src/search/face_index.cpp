#include "search/face_index.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <utility>

#include "search/cascade.h"
#include "search/probe.h"
#include "search/row_store.h"
#include "search/top_people.h"

namespace facegate::search {
namespace {

constexpr float kMaxMagnitude = 1e6F;

}  // namespace

struct FaceIndex::State {
    State(std::size_t dimension, std::size_t lead, const DotKernels& kernel_set)
        : kernels(kernel_set), rows(VectorShape(dimension, lead)) {}

    void check(std::span<const float> vector) const {
        const auto fits = [](float v) { return std::abs(v) <= kMaxMagnitude; };  // not so if it is not a number
        if (vector.size() != rows.shape().dimension || !std::ranges::all_of(vector, fits)) {
            throw std::invalid_argument("a face vector of another dimension, not finite, or far too large");
        }
    }

    // Out of memory half-way the tables would contradict each other: these two end the process instead.
    void insert(const IndexedFace& face, std::span<const float> vector) noexcept {
        table.push_back(face);
        rows.push_back(vector);
    }
    void remove_row(RowNumber row) noexcept {
        table.swap_remove(row);
        rows.swap_remove(row);
    }
    /// Readers alone could keep a std::shared_mutex for good: here whoever waits to change something keeps new ones
    /// out.
    [[nodiscard]] std::unique_lock<std::shared_mutex> changing() {
        const std::lock_guard queued(queue);
        return std::unique_lock(mutex);
    }
    [[nodiscard]] std::shared_lock<std::shared_mutex> reading() const {
        const std::lock_guard queued(queue);
        return std::shared_lock(mutex);
    }
    [[nodiscard]] Candidate candidate(const TopPeople::Entry& entry) const {
        return {table.face(entry.row), entry.product};
    }

    const DotKernels& kernels;
    mutable std::mutex queue;
    mutable std::shared_mutex mutex;
    RowStore rows;
    FaceTable table;
    mutable ScratchPool scratch;
};

FaceIndex::FaceIndex(std::size_t dimension, std::size_t lead, const DotKernels& kernels)
    : state_(std::make_unique<State>(dimension, lead, kernels)) {}

FaceIndex::~FaceIndex() = default;

void FaceIndex::add(const IndexedFace& face, std::span<const float> vector) {
    State& state = *state_;
    state.check(vector);
    const auto lock = state.changing();
    if (const auto row = state.table.row_of(face.face)) state.remove_row(*row);
    state.insert(face, vector);
}

bool FaceIndex::remove(const FaceId& face) {
    State& state = *state_;
    const auto lock = state.changing();
    const auto row = state.table.row_of(face);
    if (row) state.remove_row(*row);
    return row.has_value();
}

std::size_t FaceIndex::remove_user(const UserId& user) {
    State& state = *state_;
    const auto lock = state.changing();
    const std::size_t before = state.table.faces();
    while (const auto person = state.table.find_person(user)) state.remove_row(state.table.first_row(*person));
    return before - state.table.faces();
}

SearchResult FaceIndex::search(std::span<const float> probe, std::size_t count) const {
    const State& state = *state_;
    state.check(probe);
    const Probe prepared(probe, state.rows.shape());
    const auto lock = state.reading();

    SearchResult result;
    result.people_total = state.table.people();
    result.compared = state.table.faces();
    if (count == 0 || result.compared == 0) return result;
    TopPeople best(state.table, count);
    auto scratch = state.scratch.take();
    const Cascade::Work work = Cascade(state.rows, state.kernels, prepared, best, *scratch).run();
    state.scratch.give_back(std::move(scratch));
    result.codes_read = work.codes_read;
    result.rescored = work.rescored;
    for (const auto& entry : best.entries()) result.people.push_back(state.candidate(entry));
    return result;
}

std::optional<Candidate> FaceIndex::best_of(const UserId& user, std::span<const float> probe) const {
    const State& state = *state_;
    state.check(probe);
    const Probe prepared(probe, state.rows.shape());
    const auto lock = state.reading();
    const auto person = state.table.find_person(user);
    if (!person) return std::nullopt;
    TopPeople best(state.table, 1);
    for (RowNumber row = state.table.first_row(*person); row != FaceTable::kNoRow; row = state.table.next_row(row)) {
        best.offer(row, state.kernels.exact(state.rows.values(row), prepared.values(), state.rows.shape().width));
    }
    return state.candidate(best.entries().front());
}

std::size_t FaceIndex::faces() const {
    const auto lock = state_->reading();
    return state_->table.faces();
}

std::size_t FaceIndex::people() const {
    const auto lock = state_->reading();
    return state_->table.people();
}

}  // namespace facegate::search
