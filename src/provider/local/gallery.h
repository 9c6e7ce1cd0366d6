#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "domain/faces/face.h"
#include "domain/vault/vault.h"
#include "search/face_index.h"
#include "sql/database.h"
#include "vision/engine_set.h"

namespace facegate::provider {

/// The enrolled faces of every collection in memory, one FaceIndex for each model pack in use. Follows the database:
/// loaded at start, then kept in step by reading the face events after the last one seen, whichever process wrote them.
/// Only domain::faces_in_use are in it, so that a person is in the index of one pack. Thread-safe.
class Gallery {
public:
    /// Faces of packs that are not among `engines` are left out: nothing here can be compared with them.
    Gallery(sql::Database& database, const domain::Vault& vault, const vision::EngineSet& engines)
        : database_(database), vault_(vault), engines_(engines) {}

    /// Loads every collection that has faces. Throws sql::DatabaseFailure, domain::VaultFailure.
    void load();
    /// Applies what was committed since the last call to this one.
    void catch_up(const Scope& scope);
    /// The same for every collection, new ones included.
    void catch_up_all();

    /// The best people of one pack's index.
    [[nodiscard]] search::SearchResult search(const Scope& scope, const std::string& pack, std::span<const float> probe,
                                              std::size_t count) const;
    [[nodiscard]] std::optional<search::Candidate> best_of(const Scope& scope, const std::string& pack,
                                                           const UserId& user, std::span<const float> probe) const;
    /// Over all packs.
    [[nodiscard]] std::size_t faces(const Scope& scope) const;
    [[nodiscard]] std::size_t people(const Scope& scope) const;

    /// Held from the search for a duplicate to the commit of the new face, so that of two people enrolling the same
    /// face at once one sees the other.
    [[nodiscard]] std::unique_lock<std::mutex> enrolling(const Scope& scope);

private:
    struct Collection {
        explicit Collection(const vision::EngineSet& engines);
        std::map<std::string, search::FaceIndex, std::less<>> indexes;  ///< by pack; never changes
        std::mutex following;                                           ///< guards `seq` and the order of changes
        std::int64_t seq = 0;                                           ///< last event applied
        std::mutex enrolling;
    };

    Collection& collection(const Scope& scope);
    [[nodiscard]] const Collection* find(const Scope& scope) const;
    void apply_events(const Scope& scope, Collection& collection);
    /// Makes the indexes hold what of `stored`, all faces of `user`, is in use.
    void show(Collection& collection, const UserId& user, const std::vector<domain::FaceTemplate>& stored) const;

    sql::Database& database_;
    const domain::Vault& vault_;
    const vision::EngineSet& engines_;
    mutable std::shared_mutex mutex_;  ///< guards the map, not what it points to
    std::map<Scope, std::unique_ptr<Collection>> collections_;
};

}  // namespace facegate::provider
