#include "provider/local/gallery.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "domain/faces/face_events.h"

namespace facegate::provider {

namespace {

constexpr int kEventsPerRead = 1000;

}  // namespace

Gallery::Collection::Collection(const vision::EngineSet& engines) {
    for (const std::string& pack : engines.packs()) {
        const vision::FaceEngine& engine = *engines.find(pack);
        indexes.emplace(std::piecewise_construct, std::forward_as_tuple(pack),
                        std::forward_as_tuple(engine.dimension(), engine.lead_dimension()));
    }
}

Gallery::Collection& Gallery::collection(const Scope& scope) {
    {
        const std::shared_lock lock(mutex_);
        const auto found = collections_.find(scope);
        if (found != collections_.end()) return *found->second;
    }
    const std::unique_lock lock(mutex_);
    auto& entry = collections_[scope];
    if (!entry) entry = std::make_unique<Collection>(engines_);
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
            return domain::load_collection(tx, vault_, [&](std::vector<domain::FaceTemplate>&& person) {
                show(into, person.front().face.user, person);
            });
        });
    }
}

void Gallery::show(Collection& collection, const UserId& user, const std::vector<domain::FaceTemplate>& stored) const {
    std::vector<domain::Face> faces;
    for (const domain::FaceTemplate& face : stored) faces.push_back(face.face);
    std::set<FaceId> shown;
    // What is new comes in before anything goes out: a person must not be missing in between.
    for (const std::size_t used : domain::faces_in_use(faces, engines_.packs())) {
        const domain::Face& face = faces[used];
        search::FaceIndex& index = collection.indexes.at(face.pack_id);
        if (stored[used].vector.size() != engines_.find(face.pack_id)->dimension()) continue;
        index.add({face.id, user, face.photos}, stored[used].vector);
        shown.insert(face.id);
    }
    for (const domain::Face& face : faces) {
        if (shown.contains(face.id)) continue;
        const auto index = collection.indexes.find(face.pack_id);
        if (index != collection.indexes.end()) index->second.remove(face.id);
    }
}

void Gallery::apply_events(const Scope& scope, Collection& collection) {
    const std::lock_guard lock(collection.following);
    bool more = true;
    while (more) {
        more = database_.read(scope, [&](sql::TenantTx& tx) {
            const auto events = domain::face_events_after(tx, collection.seq, kEventsPerRead);
            std::set<UserId> changed;
            for (const domain::FaceEvent& event : events) changed.insert(event.user);
            // As they are now, not as each event left them: what comes after has its own event.
            for (const UserId& user : changed) show(collection, user, domain::load_faces_of_user(tx, vault_, user));
            for (const domain::FaceEvent& event : events) {
                if (event.change != domain::FaceChange::kRemoved) continue;
                for (auto& [pack, index] : collection.indexes) index.remove(event.face);
            }
            if (!events.empty()) collection.seq = events.back().seq;
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

search::SearchResult Gallery::search(const Scope& scope, const std::string& pack, std::span<const float> probe,
                                     std::size_t count) const {
    const Collection* known = find(scope);
    return known == nullptr ? search::SearchResult{} : known->indexes.at(pack).search(probe, count);
}

std::optional<search::Candidate> Gallery::best_of(const Scope& scope, const std::string& pack, const UserId& user,
                                                  std::span<const float> probe) const {
    const Collection* known = find(scope);
    return known == nullptr ? std::nullopt : known->indexes.at(pack).best_of(user, probe);
}

std::size_t Gallery::faces(const Scope& scope) const {
    const Collection* known = find(scope);
    std::size_t count = 0;
    if (known != nullptr) {
        for (const auto& [pack, index] : known->indexes) count += index.faces();
    }
    return count;
}

std::size_t Gallery::people(const Scope& scope) const {
    const Collection* known = find(scope);
    std::size_t count = 0;
    if (known != nullptr) {
        for (const auto& [pack, index] : known->indexes) count += index.people();
    }
    return count;
}

std::unique_lock<std::mutex> Gallery::enrolling(const Scope& scope) {
    return std::unique_lock(collection(scope).enrolling);
}

}  // namespace facegate::provider
