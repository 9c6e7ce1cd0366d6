#include "domain/users/user.h"

#include <algorithm>

#include "domain/lockout/failed_attempts.h"
#include "domain/time_columns.h"
#include "domain/users/user_row.h"

namespace facegate::domain {

const std::string_view kSelectUsers =
    "SELECT u.id, u.role, u.status, u.enrolled_with_glasses, u.created_at, u.updated_at, u.last_verified_at, "
    "u.expires_at, "
    "p.name, p.email, p.phone, p.external_id, p.metadata, u.duplicate_of, "
    "(SELECT COUNT(*) FROM faces f WHERE f.tenant_id = u.tenant_id AND f.environment = u.environment AND f.user_id = "
    "u.id AND (f.source = 'enrolled' OR NOT EXISTS (SELECT 1 FROM faces b WHERE b.tenant_id = f.tenant_id AND "
    "b.environment = f.environment AND b.id = f.based_on))) "
    "FROM users u JOIN user_profiles p "
    "ON p.tenant_id = u.tenant_id AND p.environment = u.environment AND p.user_id = u.id "
    "WHERE u.tenant_id = $1 AND u.environment = $2";

User user_in(const sql::Row& row) {
    User user;
    user.id = UserId(row.text(0));
    user.profile.role = row.text(1);
    // A status this version does not know must not let anyone in.
    user.status = user_status_of(row.text(2)).value_or(UserStatus::kSuspended);
    user.profile.enrolled_with_glasses = row.boolean(3);
    user.created_at = time_in(row, 4);
    user.updated_at = time_in(row, 5);
    user.last_verified_at = maybe_time_in(row, 6);
    user.expires_at = maybe_time_in(row, 7);
    user.profile.name = row.text(8);
    user.profile.email = row.maybe_text(9);
    user.profile.phone = row.maybe_text(10);
    user.profile.external_id = row.maybe_text(11);
    user.profile.metadata = row.text(12);
    if (auto other = row.maybe_text(13)) user.duplicate_of = UserId(std::move(*other));
    user.face_count = row.integer(14);
    return user;
}

namespace {

std::string lower_ascii(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lower;
}

}  // namespace

std::string_view name_of(UserStatus status) {
    switch (status) {
        case UserStatus::kActive: return "active";
        case UserStatus::kSuspended: return "suspended";
        case UserStatus::kLocked: return "locked";
    }
    return "suspended";
}

std::optional<UserStatus> user_status_of(std::string_view name) {
    for (const auto status : {UserStatus::kActive, UserStatus::kSuspended, UserStatus::kLocked}) {
        if (name == name_of(status)) return status;
    }
    return std::nullopt;
}

Result<UserId> create_user(sql::TenantTx& tx, Random& random, const UserProfile& profile,
                           std::optional<TimeMs> expires_at, TimeMs now) {
    const UserId id(random.id("user_"));
    tx.execute(
        "INSERT INTO users (tenant_id, environment, id, role, status, enrolled_with_glasses, created_at, updated_at, "
        "expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
        {id, profile.role, name_of(UserStatus::kActive), profile.enrolled_with_glasses, to_unix_ms(now),
         to_column(expires_at)});
    const auto lookup = profile.email ? std::optional(lower_ascii(*profile.email)) : std::nullopt;
    const auto inserted = tx.execute(
        "INSERT INTO user_profiles (tenant_id, environment, user_id, name, email, email_lookup, phone, external_id, "
        "metadata) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (tenant_id, environment, external_id) DO NOTHING",
        {id, profile.name, profile.email, lookup, profile.phone, profile.external_id, profile.metadata});
    if (inserted == 0) return fail(ErrorCode::kUserAlreadyEnrolled, "A user with this external_id is already enrolled");
    return id;
}

void record_re_enrollment(sql::TenantTx& tx, const UserId& id, const std::optional<UserId>& duplicate_of, TimeMs now) {
    tx.execute(
        "UPDATE users SET duplicate_of = $4, updated_at = $5 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
        {id, duplicate_of, to_unix_ms(now)});
}

void set_duplicate_of(sql::TenantTx& tx, const UserId& id, const UserId& other) {
    tx.execute("UPDATE users SET duplicate_of = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3", {id, other});
}

void forget_duplicates_of(sql::TenantTx& tx, const UserId& gone) {
    tx.execute("UPDATE users SET duplicate_of = NULL WHERE tenant_id = $1 AND environment = $2 AND duplicate_of = $3",
               {gone});
}

std::optional<User> find_user(sql::TenantTx& tx, const UserId& id) {
    const auto rows = tx.query(std::string(kSelectUsers) + " AND u.id = $3", {id});
    if (rows.empty()) return std::nullopt;
    return user_in(rows.front());
}

std::optional<UserId> find_user_by_external_id(sql::TenantTx& tx, std::string_view external_id) {
    const auto rows =
        tx.query("SELECT user_id FROM user_profiles WHERE tenant_id = $1 AND environment = $2 AND external_id = $3",
                 {external_id});
    if (rows.empty()) return std::nullopt;
    return UserId(rows.front().text(0));
}

std::vector<UserId> find_users_by_email(sql::TenantTx& tx, std::string_view email) {
    const auto rows = tx.query(
        "SELECT p.user_id FROM user_profiles p JOIN users u "
        "ON u.tenant_id = p.tenant_id AND u.environment = p.environment AND u.id = p.user_id "
        "WHERE p.tenant_id = $1 AND p.environment = $2 AND p.email_lookup = $3 ORDER BY u.created_at, u.id LIMIT 10",
        {lower_ascii(email)});
    std::vector<UserId> users;
    for (const auto& row : rows) users.emplace_back(row.text(0));
    return users;
}

std::int64_t count_users(sql::TenantTx& tx) {
    return tx.query("SELECT COUNT(*) FROM users WHERE tenant_id = $1 AND environment = $2").front().integer(0);
}

Result<void> set_user_status(sql::TenantTx& tx, const UserId& id, UserStatus status, TimeMs now) {
    const auto changed = tx.execute(
        "UPDATE users SET status = $4, updated_at = $5 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
        {id, name_of(status), to_unix_ms(now)});
    if (changed == 0) return fail(ErrorCode::kNotFound, "User not found");
    if (status == UserStatus::kActive) clear_failures(tx, id);
    return {};
}

Result<void> check_may_sign_in(const User& user) {
    switch (user.status) {
        case UserStatus::kActive: return {};
        case UserStatus::kSuspended: return fail(ErrorCode::kUserSuspended, "This user is suspended");
        case UserStatus::kLocked: return fail(ErrorCode::kUserLocked, "This user is locked");
    }
    return fail(ErrorCode::kUserSuspended, "This user is suspended");
}

void record_verification(sql::TenantTx& tx, const UserId& id, TimeMs now) {
    tx.execute(
        "UPDATE users SET last_verified_at = $4, templates_used_at = CASE WHEN templates_used_at IS NULL THEN NULL "
        "ELSE $4 END WHERE tenant_id = $1 AND environment = $2 AND id = $3",
        {id, to_unix_ms(now)});
}

std::vector<ExpiredUser> expired_users(sql::SystemTx& tx, TimeMs now, int limit) {
    const auto rows =
        tx.query("SELECT tenant_id, environment, id FROM users WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2",
                 {to_unix_ms(now), limit});
    std::vector<ExpiredUser> users;
    for (const auto& row : rows) {
        users.push_back({Scope{TenantId(row.text(0)), static_cast<Environment>(row.integer(1))}, UserId(row.text(2))});
    }
    return users;
}

}  // namespace facegate::domain
