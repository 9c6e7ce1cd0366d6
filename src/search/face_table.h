#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/ids.h"

namespace facegate::search {

/// One enrolled face as the index knows it.
struct IndexedFace {
    FaceId face;
    UserId user;
    int photos = 1;  ///< independent photos in the template
};

using RowNumber = std::uint32_t;
using PersonSlot = std::uint32_t;

/// Whose face each row of a RowStore is. Keeps every id once and looks them up in place. Not thread-safe.
class FaceTable {
public:
    FaceTable();
    FaceTable(const FaceTable&) = delete;
    FaceTable& operator=(const FaceTable&) = delete;

    [[nodiscard]] std::size_t faces() const { return faces_.size(); }
    [[nodiscard]] std::size_t people() const { return people_by_user_.size(); }

    [[nodiscard]] std::optional<RowNumber> row_of(const FaceId& face) const;
    [[nodiscard]] std::optional<PersonSlot> find_person(const UserId& user) const;
    [[nodiscard]] const FaceId& face_id(RowNumber row) const { return faces_[row].face; }
    [[nodiscard]] PersonSlot person_of(RowNumber row) const { return faces_[row].person; }
    [[nodiscard]] IndexedFace face(RowNumber row) const;
    /// A person's rows: from `first_row` on by `next_row`, until kNoRow.
    [[nodiscard]] RowNumber first_row(PersonSlot person) const { return people_[person].first; }
    [[nodiscard]] RowNumber next_row(RowNumber row) const { return faces_[row].next; }

    /// The face of row faces(); it must not be there yet.
    void push_back(const IndexedFace& face);
    /// Takes the last row's face into `row`'s place.
    void swap_remove(RowNumber row);

    static constexpr RowNumber kNoRow = 0xffffffff;

private:
    struct Face {
        FaceId face;
        PersonSlot person = 0;
        RowNumber next = kNoRow;  ///< of the same person
        int photos = 1;
    };
    struct Person {
        UserId user;
        RowNumber first = kNoRow;
    };

    /// Hash and equality of a set of numbers that is searched by the ids found at those numbers.
    struct ByFace {
        using is_transparent = void;
        const std::deque<Face>& faces;
        const FaceId& id(RowNumber row) const { return faces[row].face; }
        const FaceId& id(const FaceId& face) const { return face; }
        std::size_t operator()(const auto& key) const noexcept { return std::hash<FaceId>{}(id(key)); }
        bool operator()(const auto& a, const auto& b) const { return id(a) == id(b); }
    };
    struct ByUser {
        using is_transparent = void;
        const std::deque<Person>& people;
        const UserId& id(PersonSlot slot) const { return people[slot].user; }
        const UserId& id(const UserId& user) const { return user; }
        std::size_t operator()(const auto& key) const noexcept { return std::hash<UserId>{}(id(key)); }
        bool operator()(const auto& a, const auto& b) const { return id(a) == id(b); }
    };

    PersonSlot person_for(const UserId& user);
    /// The link, in `person` or in one of the person's faces, that holds `row`.
    RowNumber& link_to(PersonSlot person, RowNumber row);

    // Deques: they grow without copying and without room to spare.
    std::deque<Face> faces_;
    std::deque<Person> people_;
    std::vector<PersonSlot> free_people_;
    std::unordered_set<RowNumber, ByFace, ByFace> rows_by_face_;
    std::unordered_set<PersonSlot, ByUser, ByUser> people_by_user_;
};

}  // namespace facegate::search
