#include "search/face_table.h"

#include <utility>

namespace facegate::search {

FaceTable::FaceTable()
    : rows_by_face_(0, ByFace{faces_}, ByFace{faces_}), people_by_user_(0, ByUser{people_}, ByUser{people_}) {}

std::optional<RowNumber> FaceTable::row_of(const FaceId& face) const {
    const auto found = rows_by_face_.find(face);
    if (found == rows_by_face_.end()) return std::nullopt;
    return *found;
}

std::optional<PersonSlot> FaceTable::find_person(const UserId& user) const {
    const auto found = people_by_user_.find(user);
    if (found == people_by_user_.end()) return std::nullopt;
    return *found;
}

IndexedFace FaceTable::face(RowNumber row) const {
    const Face& face = faces_[row];
    return {face.face, people_[face.person].user, face.photos};
}

PersonSlot FaceTable::person_for(const UserId& user) {
    if (const auto known = find_person(user)) return *known;
    if (free_people_.empty()) {
        people_.emplace_back();
        free_people_.push_back(static_cast<PersonSlot>(people_.size() - 1));
    }
    const PersonSlot slot = free_people_.back();
    people_[slot].user = user;
    people_by_user_.insert(slot);
    free_people_.pop_back();
    return slot;
}

void FaceTable::push_back(const IndexedFace& face) {
    const auto row = static_cast<RowNumber>(faces_.size());
    const PersonSlot slot = person_for(face.user);
    faces_.push_back({face.face, slot, people_[slot].first, face.photos});
    people_[slot].first = row;
    rows_by_face_.insert(row);
}

RowNumber& FaceTable::link_to(PersonSlot person, RowNumber row) {
    RowNumber* link = &people_[person].first;
    while (*link != row) link = &faces_[*link].next;
    return *link;
}

void FaceTable::swap_remove(RowNumber row) {
    const auto last = static_cast<RowNumber>(faces_.size() - 1);
    const PersonSlot slot = faces_[row].person;
    // The sets read the ids: numbers leave them while they still mean the same.
    rows_by_face_.erase(rows_by_face_.find(row));
    link_to(slot, row) = faces_[row].next;
    if (people_[slot].first == kNoRow) {
        people_by_user_.erase(people_by_user_.find(slot));
        people_[slot] = {};
        free_people_.push_back(slot);
    }
    if (row != last) {
        auto moved = rows_by_face_.extract(last);
        link_to(faces_[last].person, last) = row;
        faces_[row] = std::move(faces_[last]);
        moved.value() = row;
        rows_by_face_.insert(std::move(moved));
    }
    faces_.pop_back();
}

}  // namespace facegate::search
