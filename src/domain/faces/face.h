#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// What is known of an enrolled face without opening its template.
struct Face {
    FaceId id;
    UserId user;
    std::string pack_id;  ///< the model pack its vector belongs to
    int photos = 1;       ///< independent photos in the template
    std::string angle = "front";
    double confidence = 0;  ///< of the detection, 0-100
    TimeMs created_at;
};

/// A face with its opened template.
struct FaceTemplate {
    Face face;
    std::vector<float> vector;
};

/// Seals and stores a face under the user's data key and appends the event. `face.id` and `created_at` are set here.
/// Throws VaultFailure if the user has no key.
Face add_face(sql::TenantTx& tx, const Vault& vault, Random& random, const Face& face, std::span<const float> vector,
              TimeMs now);
/// Oldest first.
std::vector<Face> faces_of_user(sql::TenantTx& tx, const UserId& user);
/// Deletes the rows and appends the events.
std::vector<FaceId> remove_faces_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now);
std::int64_t count_faces(sql::TenantTx& tx);

/// Nothing if it is gone. Throws VaultFailure.
std::optional<FaceTemplate> load_face(sql::TenantTx& tx, const Vault& vault, const FaceId& id);
/// Hands every face of the collection to `sink`, in bounded batches, and returns the event number this view of it
/// stands at (0 before the first event). One read transaction. Throws VaultFailure.
std::int64_t load_collection(sql::TenantTx& tx, const Vault& vault, const std::function<void(FaceTemplate&&)>& sink);

}  // namespace facegate::domain
