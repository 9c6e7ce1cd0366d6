#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::domain {

/// Where a template comes from.
enum class FaceSource {
    kEnrolled,
    kLearned,      ///< grown from another one by later sign-ins
    kCarriedOver,  ///< made with a newer model pack at a sign-in that an older template recognised
};
/// `enrolled`, `learned` or `carried_over`.
std::string_view name_of(FaceSource source);

/// What is known of a stored face without opening its template.
struct Face {
    FaceId id;
    UserId user;
    std::string pack_id;  ///< the model pack its vector belongs to
    int photos = 1;       ///< independent photos in the template
    std::string angle = "front";
    double confidence = 0;  ///< of the detection, 0-100
    TimeMs created_at;
    FaceSource source = FaceSource::kEnrolled;
    std::optional<FaceId> based_on;  ///< unless enrolled: the template it grew from or was recognised by
};

/// A face with its opened template.
struct FaceTemplate {
    Face face;
    std::vector<float> vector;
};

/// Seals and stores a face under the user's data key and appends the event; the user's templates count as used now.
/// `face.id` and `created_at` are set here.
/// Throws VaultFailure if the user has no key.
Face add_face(sql::TenantTx& tx, const Vault& vault, Random& random, const Face& face, std::span<const float> vector,
              TimeMs now);
/// Oldest first.
std::vector<Face> faces_of_user(sql::TenantTx& tx, const UserId& user);
/// Which of one person's faces are compared, as positions in `faces`. Of the model packs in `packs` (the current one
/// first) only the first that the person has a face of: an older template counts until there is a newer one. A learned
/// template takes the place of the one it is based on.
std::vector<std::size_t> faces_in_use(std::span<const Face> faces, std::span<const std::string> packs);

/// Whether a face was stored for the user after `since`, even if it is gone again.
bool face_added_since(sql::TenantTx& tx, const UserId& user, TimeMs since);
/// Deletes `old`; what was based on it is based on `by` now.
void replace_face(sql::TenantTx& tx, const FaceId& old, const FaceId& by, TimeMs now);
/// `face` and everything that was based on it, directly or through others, as positions in `faces`.
std::vector<std::size_t> descendants_of(std::span<const Face> faces, const FaceId& face);
/// Deletes one face's row and appends the event. False if it is not there (any more).
bool remove_face(sql::TenantTx& tx, const FaceId& face, TimeMs now);
/// Deletes the rows and appends the events.
std::vector<FaceId> remove_faces_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now);
std::int64_t count_faces(sql::TenantTx& tx);

/// The faces of one person with their templates, oldest first. Throws VaultFailure.
std::vector<FaceTemplate> load_faces_of_user(sql::TenantTx& tx, const Vault& vault, const UserId& user);
/// Hands the faces of every person of the collection to `sink`, person by person, in bounded batches, and returns the
/// event number this view of it stands at (0 before the first event). One read transaction. Throws VaultFailure.
std::int64_t load_collection(sql::TenantTx& tx, const Vault& vault,
                             const std::function<void(std::vector<FaceTemplate>&&)>& sink);

}  // namespace facegate::domain
