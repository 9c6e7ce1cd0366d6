#include "provider/local/gallery.h"

#include <vector>

#include "domain/faces/face.h"
#include "domain/faces/face_events.h"

namespace facegate::provider {

namespace {

constexpr int kEventsPerRead = 1000;

}  // namespace

Gallery::Gallery(sql::Database& database, const domain::Vault& vault, std::size_t dimension, std::size_t lead,
                 std::string pack_id)
    : database_(database), vault_(vault), dimension_(dimension), lead_(lead), pack_id_(std::move(pack_id)) {}

Gallery::Collection& Gallery::collection(const Scope& scope) {
    {
        const std::shared_lock lock(mutex_);
        const auto found = collections_.find(scope);
        if (found != collections_.end()) return *found->second;
    }
    const std::unique_lock lock(mutex_);
    auto& entry = collections_[scope];
    if (!entry) entry = std::make_unique<Collection>(dimension_, lead_);
    return *entry;
}

const Gallery::Collection* Gallery::find(const Scope& scope) const {
    const std::shared_lock lock(mutex_);
    const auto found = collections_.find(scope);
    return found == collections_.end() ? nullptr : found->second.get();
}

void Gallery::load() {
    const auto heads = database_.read_system([](sql::SystemTx& tx) { return domain::collection_heads(tx); });
    for (const domain::CollectionHead& head : heads) {
        Collection& into = collection(head.scope);
        const std::lock_guard lock(into.following);
        into.seq = database_.read(head.scope, [&](sql::TenantTx& tx) {
            return domain::load_collection(tx, vault_, [&](domain::FaceTemplate&& face) {
                if (face.face.pack_id != pack_id_ || face.vector.size() != dimension_) return;
                into.index.add({face.face.id, face.face.user, face.face.photos}, face.vector);
            });
        });
    }
}

void Gallery::apply_events(const Scope& scope, Collection& collection) {
    const std::lock_guard lock(collection.following);
    bool more = true;
    while (more) {
        more = database_.read(scope, [&](sql::TenantTx& tx) {
            const auto events = domain::face_events_after(tx, collection.seq, kEventsPerRead);
            for (const domain::FaceEvent& event : events) {
                if (event.change == domain::FaceChange::kRemoved) {
                    collection.index.remove(event.face);
                } else if (const auto face = domain::load_face(tx, vault_, event.face)) {
                    // A face that is gone again by now has its own removal event further on.
                    if (face->face.pack_id == pack_id_ && face->vector.size() == dimension_) {
                        collection.index.add({face->face.id, face->face.user, face->face.photos}, face->vector);
                    }
                }
                collection.seq = event.seq;
            }
            return events.size() == static_cast<std::size_t>(kEventsPerRead);
        });
    }
}

void Gallery::catch_up(const Scope& scope) {
    apply_events(scope, collection(scope));
}

void Gallery::catch_up_all() {
    const auto heads = database_.read_system([](sql::SystemTx& tx) { return domain::collection_heads(tx); });
    for (const domain::CollectionHead& head : heads) {
        Collection& known = collection(head.scope);
        {
            const std::lock_guard lock(known.following);
            if (known.seq == head.seq) continue;
        }
        apply_events(head.scope, known);
    }
}

search::SearchResult Gallery::search(const Scope& scope, std::span<const float> probe, std::size_t count) const {
    const Collection* known = find(scope);
    return known == nullptr ? search::SearchResult{} : known->index.search(probe, count);
}

std::optional<search::Candidate> Gallery::best_of(const Scope& scope, const UserId& user,
                                                  std::span<const float> probe) const {
    const Collection* known = find(scope);
    return known == nullptr ? std::nullopt : known->index.best_of(user, probe);
}

std::size_t Gallery::faces(const Scope& scope) const {
    const Collection* known = find(scope);
    return known == nullptr ? 0 : known->index.faces();
}

std::size_t Gallery::people(const Scope& scope) const {
    const Collection* known = find(scope);
    return known == nullptr ? 0 : known->index.people();
}

std::unique_lock<std::mutex> Gallery::enrolling(const Scope& scope) {
    return std::unique_lock(collection(scope).enrolling);
}

}  // namespace facegate::provider
