#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "sql/database.h"

namespace facegate::domain {

enum class UserStatus { kActive, kSuspended, kLocked };

/// "active", "suspended" or "locked".
std::string_view name_of(UserStatus status);
std::optional<UserStatus> user_status_of(std::string_view name);

/// What the caller says about a person. Checked by the caller: sizes, and that `metadata` is a JSON object.
struct UserProfile {
    std::string name;
    std::string role;
    std::optional<std::string> email;
    std::optional<std::string> phone;
    std::optional<std::string> external_id;
    std::string metadata = "{}";  ///< JSON text
    bool enrolled_with_glasses = false;
};

/// An enrolled person of one collection.
struct User {
    UserId id;
    UserProfile profile;
    UserStatus status = UserStatus::kActive;
    TimeMs created_at;
    TimeMs updated_at;
    std::optional<TimeMs> last_verified_at;
    std::optional<TimeMs> expires_at;  ///< removed by a job after this time
    std::int64_t face_count = 0;
    /// Whom the face resembled when the enrollment allowed a duplicate, as long as that user exists.
    std::optional<UserId> duplicate_of;
};

/// kUserAlreadyEnrolled if the external id is taken (of concurrent calls one wins). The user has no data key and no
/// faces yet: see Vault::create_user_key and add_face.
Result<UserId> create_user(sql::TenantTx& tx, Random& random, const UserProfile& profile,
                           std::optional<TimeMs> expires_at, TimeMs now);

/// The faces were replaced, now by some that resemble `duplicate_of`, or nobody else.
void record_re_enrollment(sql::TenantTx& tx, const UserId& id, const std::optional<UserId>& duplicate_of, TimeMs now);
/// Remembers whom the user resembled at an enrollment.
void set_duplicate_of(sql::TenantTx& tx, const UserId& id, const UserId& other);
/// Forgets the resemblance to a user who is being deleted.
void forget_duplicates_of(sql::TenantTx& tx, const UserId& gone);

std::optional<User> find_user(sql::TenantTx& tx, const UserId& id);
std::optional<UserId> find_user_by_external_id(sql::TenantTx& tx, std::string_view external_id);
/// Several people may share an address: at most 10, oldest first. Case is ignored (ASCII).
std::vector<UserId> find_users_by_email(sql::TenantTx& tx, std::string_view email);

std::int64_t count_users(sql::TenantTx& tx);

/// kNotFound. `active` also forgets the user's failed attempts and what they locked.
Result<void> set_user_status(sql::TenantTx& tx, const UserId& id, UserStatus status, TimeMs now);
/// The outcome of a user's state for signing in: kUserSuspended, kUserLocked, or nothing wrong.
Result<void> check_may_sign_in(const User& user);
/// Also keeps the user's templates from expiring (domain/retention).
void record_verification(sql::TenantTx& tx, const UserId& id, TimeMs now);

/// Users of any tenant whose time is over, for the job that removes them.
struct ExpiredUser {
    Scope scope;
    UserId user;
};
std::vector<ExpiredUser> expired_users(sql::SystemTx& tx, TimeMs now, int limit);

}  // namespace facegate::domain
