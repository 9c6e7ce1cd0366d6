#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/database.h"

namespace facegate::domain {

/// People who have a face of one model pack, over all tenants.
struct PackCount {
    std::string pack_id;
    std::int64_t people = 0;
    std::int64_t waiting = 0;  ///< of these, those without a face of the current pack
};
/// Every pack but `current` that there are faces of.
std::vector<PackCount> other_packs(sql::SystemTx& tx, const std::string& current);

/// How far one collection has come in changing its model pack.
struct PackProgress {
    Scope scope;
    std::string pack_id;
    std::int64_t faces = 0;
    std::int64_t people = 0;
    std::int64_t waiting = 0;  ///< of these people, those without a face of the current pack
};
std::vector<PackProgress> pack_progress(sql::SystemTx& tx, const std::string& current);

/// Whose faces of `pack` have no use any more, since they have one of the pack `current`; at most `limit`.
struct RetiredFaces {
    Scope scope;
    UserId user;
    std::vector<FaceId> faces;
};
std::vector<RetiredFaces> faces_to_retire(sql::SystemTx& tx, const std::string& pack, const std::string& current,
                                          int limit);

}  // namespace facegate::domain
