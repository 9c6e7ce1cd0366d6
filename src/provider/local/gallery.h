#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>

#include "base/ids.h"
#include "domain/vault/vault.h"
#include "search/face_index.h"
#include "sql/database.h"

namespace facegate::provider {

/// The enrolled faces of every collection in memory, one FaceIndex each. Follows the database: loaded at start, then
/// kept in step by reading the face events after the last one seen, whichever process wrote them. Thread-safe.
class Gallery {
public:
    /// Faces of another pack than `pack_id` are left out: their vectors mean something else. `dimension` and `lead` are
    /// those of search::FaceIndex.
    Gallery(sql::Database& database, const domain::Vault& vault, std::size_t dimension, std::size_t lead,
            std::string pack_id);

    /// Loads every collection that has faces. Throws sql::DatabaseFailure, domain::VaultFailure.
    void load();
    /// Applies what was committed since the last call to this one.
    void catch_up(const Scope& scope);
    /// The same for every collection, new ones included.
    void catch_up_all();

    [[nodiscard]] search::SearchResult search(const Scope& scope, std::span<const float> probe,
                                              std::size_t count) const;
    [[nodiscard]] std::optional<search::Candidate> best_of(const Scope& scope, const UserId& user,
                                                           std::span<const float> probe) const;
    [[nodiscard]] std::size_t faces(const Scope& scope) const;
    [[nodiscard]] std::size_t people(const Scope& scope) const;

    /// Held from the search for a duplicate to the commit of the new face, so that of two people enrolling the same
    /// face at once one sees the other.
    [[nodiscard]] std::unique_lock<std::mutex> enrolling(const Scope& scope);

private:
    struct Collection {
        Collection(std::size_t dimension, std::size_t lead) : index(dimension, lead) {}
        search::FaceIndex index;
        std::mutex following;  ///< guards `seq` and the order of changes
        std::int64_t seq = 0;  ///< last event applied
        std::mutex enrolling;
    };

    Collection& collection(const Scope& scope);
    [[nodiscard]] const Collection* find(const Scope& scope) const;
    void apply_events(const Scope& scope, Collection& collection);

    sql::Database& database_;
    const domain::Vault& vault_;
    std::size_t dimension_;
    std::size_t lead_;
    std::string pack_id_;
    mutable std::shared_mutex mutex_;  ///< guards the map, not what it points to
    std::map<Scope, std::unique_ptr<Collection>> collections_;
};

}  // namespace facegate::provider
