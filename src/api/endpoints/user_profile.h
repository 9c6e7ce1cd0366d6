#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/schema.h"
#include "base/clock.h"
#include "base/ids.h"
#include "domain/users/user.h"
#include "sql/database.h"

namespace facegate::api {

/// A user in a list.
struct UserItem {
    UserId id;
    std::string name;
    std::string role;
    std::optional<std::string> email;
    std::string status;
    TimeMs created_at;
    std::int64_t face_count = 0;

    static const Schema<UserItem>& schema();
    static UserItem of(const domain::User& user);
};

/// A stored face in a profile.
struct StoredFace {
    FaceId face_id;
    std::string angle;
    double confidence = 0;
    TimeMs created_at;
    std::optional<std::string> source;

    static const Schema<StoredFace>& schema();
};

/// Everything about a user that the tenant may see at once: the members of the item and more.
struct UserProfileAnswer {
    UserItem item;
    std::optional<std::string> external_id;
    std::optional<std::string> phone;
    boost::json::object metadata;
    TimeMs updated_at;
    std::optional<TimeMs> last_verified_at;
    std::vector<StoredFace> enrollments;
    std::optional<bool> possible_duplicate;

    static const Schema<UserProfileAnswer>& schema();
};

/// kNotFound.
Result<UserProfileAnswer> profile_of(sql::TenantTx& tx, const UserId& id);

std::unexpected<Error> unknown_user();

}  // namespace facegate::api
