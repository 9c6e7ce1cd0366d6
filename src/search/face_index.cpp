#include "search/face_index.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "search/dot_kernels.h"
#include "search/row_store.h"

namespace facegate::search {
namespace {

using PersonSlot = std::uint32_t;
using RowNumber = std::size_t;
constexpr float kMaxMagnitude = 1e6F;
constexpr double kNothing = -std::numeric_limits<double>::infinity();

/// The best `count` people seen so far, each with its highest value.
class TopPeople {
public:
    struct Entry {
        double value = kNothing;
        PersonSlot person = 0;
        RowNumber row = 0;
    };

    explicit TopPeople(std::size_t count) : count_(count) {}

    /// What the last of them has; minus infinity while there are fewer than `count`.
    [[nodiscard]] double threshold() const { return threshold_; }
    [[nodiscard]] std::vector<Entry>& entries() { return entries_; }

    /// `better(a, b)`: a goes before b.
    template <class Better>
    void offer(const Entry& entry, Better better) {
        const auto same = std::ranges::find(entries_, entry.person, &Entry::person);
        if (same != entries_.end()) {
            if (better(entry, *same)) *same = entry;
        } else if (entries_.size() < count_) {
            entries_.push_back(entry);
        } else {
            const auto last = std::ranges::max_element(entries_, better);
            if (better(entry, *last)) *last = entry;
        }
        if (entries_.size() == count_) threshold_ = std::ranges::min(entries_, {}, &Entry::value).value;
    }

private:
    std::size_t count_;
    double threshold_ = kNothing;
    std::vector<Entry> entries_;
};

}  // namespace

struct FaceIndex::State {
    struct Face {
        IndexedFace face;
        PersonSlot person = 0;
    };
    struct Person {
        std::vector<RowNumber> rows;
    };
    /// A row whose product may be among the best.
    struct Contender {
        double upper = 0;
        RowNumber row = 0;
    };

    explicit State(std::size_t dimension) : rows(dimension) {}

    void check(std::span<const float> vector) const {
        const auto fits = [](float v) { return std::abs(v) <= kMaxMagnitude; };  // not so if it is not a number
        if (vector.size() != rows.dimension() || !std::ranges::all_of(vector, fits)) {
            throw std::invalid_argument("a face vector of another dimension, not finite, or far too large");
        }
    }

    // Out of memory half-way the tables would contradict each other: these two end the process instead.
    void insert(const IndexedFace& face, std::span<const float> vector) noexcept;
    void remove_row(RowNumber row) noexcept;
    PersonSlot slot_for(const UserId& user);
    [[nodiscard]] double exact(RowNumber row, const Probe& probe) const {
        return kernels.exact(rows.values(row), probe.values(), rows.width());
    }
    /// Equal products are ordered by id, so that the answer does not depend on the order of enrolment.
    [[nodiscard]] auto by_product() const {
        return [this](const TopPeople::Entry& a, const TopPeople::Entry& b) {
            return a.value != b.value ? a.value > b.value : faces[a.row].face.face < faces[b.row].face.face;
        };
    }
    [[nodiscard]] std::vector<Contender> contenders(const Probe& probe, std::size_t count) const;
    [[nodiscard]] Candidate candidate(const TopPeople::Entry& entry) const {
        return {faces[entry.row].face, entry.value};
    }

    const DotKernels& kernels = best_kernels();
    mutable std::shared_mutex mutex;
    RowStore rows;
    std::vector<Face> faces;  // one a row
    std::vector<Person> people;
    std::vector<PersonSlot> free_slots;
    std::unordered_map<UserId, PersonSlot> slot_of;
    std::unordered_map<FaceId, RowNumber> row_of;
};

PersonSlot FaceIndex::State::slot_for(const UserId& user) {
    if (const auto found = slot_of.find(user); found != slot_of.end()) return found->second;
    if (free_slots.empty()) {
        people.emplace_back();
        free_slots.push_back(static_cast<PersonSlot>(people.size() - 1));
    }
    const PersonSlot slot = free_slots.back();
    slot_of.emplace(user, slot);
    free_slots.pop_back();
    return slot;
}

void FaceIndex::State::insert(const IndexedFace& face, std::span<const float> vector) noexcept {
    const RowNumber row = rows.size();
    const PersonSlot person = slot_for(face.user);
    rows.push_back(vector);
    faces.push_back({face, person});
    people[person].rows.push_back(row);
    row_of.emplace(face.face, row);
}

void FaceIndex::State::remove_row(RowNumber row) noexcept {
    const RowNumber last = rows.size() - 1;
    const PersonSlot person = faces[row].person;
    row_of.erase(faces[row].face.face);
    std::erase(people[person].rows, row);
    if (people[person].rows.empty()) {
        slot_of.erase(faces[row].face.user);
        free_slots.push_back(person);
    }
    if (row != last) {
        faces[row] = std::move(faces[last]);
        row_of[faces[row].face.face] = row;
        std::ranges::replace(people[faces[row].person].rows, last, row);
    }
    faces.pop_back();
    rows.swap_remove(row);
}

std::vector<FaceIndex::State::Contender> FaceIndex::State::contenders(const Probe& probe, std::size_t count) const {
    // The products of at least `count` people are no less than the threshold of this list of lower bounds.
    TopPeople surest(count);
    std::vector<double> upper(rows.size());
    std::array<std::int32_t, RowStore::kBlockRows> sums;
    for (RowNumber begin = 0; begin < rows.size(); begin += RowStore::kBlockRows) {
        const std::size_t in_block = std::min(RowStore::kBlockRows, rows.size() - begin);
        kernels.coarse(rows.codes(begin), in_block, rows.width(), probe.codes(), sums.data());
        for (std::size_t i = 0; i < in_block; ++i) {
            const RowNumber row = begin + i;
            const Quantised& quantised = rows.quantised(row);
            const double estimate = probe.estimate(quantised, sums[i]);
            const double error = probe.error(quantised);
            upper[row] = estimate + error;
            if (estimate - error > surest.threshold()) {
                surest.offer({estimate - error, faces[row].person, row},
                             [](const auto& a, const auto& b) { return a.value > b.value; });
            }
        }
    }
    std::vector<Contender> found;
    for (RowNumber row = 0; row < upper.size(); ++row) {
        if (upper[row] >= surest.threshold()) found.push_back({upper[row], row});
    }
    std::ranges::sort(found, std::ranges::greater(), &Contender::upper);
    return found;
}

FaceIndex::FaceIndex(std::size_t dimension) : state_(std::make_unique<State>(dimension)) {}

FaceIndex::~FaceIndex() = default;

void FaceIndex::add(const IndexedFace& face, std::span<const float> vector) {
    State& state = *state_;
    state.check(vector);
    const std::unique_lock lock(state.mutex);
    if (const auto found = state.row_of.find(face.face); found != state.row_of.end()) state.remove_row(found->second);
    state.insert(face, vector);
}

bool FaceIndex::remove(const FaceId& face) {
    State& state = *state_;
    const std::unique_lock lock(state.mutex);
    const auto found = state.row_of.find(face);
    if (found == state.row_of.end()) return false;
    state.remove_row(found->second);
    return true;
}

std::size_t FaceIndex::remove_user(const UserId& user) {
    State& state = *state_;
    const std::unique_lock lock(state.mutex);
    const auto found = state.slot_of.find(user);
    if (found == state.slot_of.end()) return 0;
    auto& rows = state.people[found->second].rows;
    const std::size_t count = rows.size();
    for (std::size_t i = 0; i < count; ++i) state.remove_row(rows.back());
    return count;
}

SearchResult FaceIndex::search(std::span<const float> probe, std::size_t count) const {
    const State& state = *state_;
    state.check(probe);
    const Probe prepared(probe, state.rows.width());
    const std::shared_lock lock(state.mutex);

    SearchResult result;
    result.people_total = state.slot_of.size();
    result.compared = state.rows.size();
    if (count == 0 || result.compared == 0) return result;
    TopPeople best(count);
    for (const auto& contender : state.contenders(prepared, count)) {
        // They come by falling upper bound: nobody behind this one can get in.
        if (contender.upper < best.threshold()) break;
        const double product = state.exact(contender.row, prepared);
        ++result.rescored;
        best.offer({product, state.faces[contender.row].person, contender.row}, state.by_product());
    }
    std::ranges::sort(best.entries(), state.by_product());
    for (const auto& entry : best.entries()) result.people.push_back(state.candidate(entry));
    return result;
}

std::optional<Candidate> FaceIndex::best_of(const UserId& user, std::span<const float> probe) const {
    const State& state = *state_;
    state.check(probe);
    const Probe prepared(probe, state.rows.width());
    const std::shared_lock lock(state.mutex);
    const auto found = state.slot_of.find(user);
    if (found == state.slot_of.end()) return std::nullopt;
    TopPeople best(1);
    for (const RowNumber row : state.people[found->second].rows) {
        best.offer({state.exact(row, prepared), found->second, row}, state.by_product());
    }
    return state.candidate(best.entries().front());
}

std::size_t FaceIndex::faces() const {
    const std::shared_lock lock(state_->mutex);
    return state_->faces.size();
}

std::size_t FaceIndex::people() const {
    const std::shared_lock lock(state_->mutex);
    return state_->slot_of.size();
}

}  // namespace facegate::search
