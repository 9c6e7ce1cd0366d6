#include "domain/re_enrollment/re_enrollment_token.h"

#include "domain/secret_token.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kPrefix = "re_";

}  // namespace

std::string create_re_enrollment_token(sql::TenantTx& tx, Random& random, const UserId& user, TimeMs now) {
    std::string token = new_secret_token(random, kPrefix);
    tx.execute(
        "INSERT INTO re_enrollment_tokens (tenant_id, environment, user_id, token_hash, expires_at) "
        "VALUES ($1, $2, $3, $4, $5) "
        "ON CONFLICT (tenant_id, environment, user_id) DO UPDATE SET token_hash = $4, expires_at = $5",
        {user, secret_token_hash(token), to_unix_ms(now + kReEnrollWithin)});
    return token;
}

Result<UserId> take_re_enrollment_token(sql::TenantTx& tx, std::string_view token, TimeMs now) {
    const auto taken = tx.query(
        "DELETE FROM re_enrollment_tokens WHERE tenant_id = $1 AND environment = $2 AND token_hash = $3 "
        "AND expires_at > $4 RETURNING user_id",
        {secret_token_hash(token), to_unix_ms(now)});
    if (taken.empty()) {
        return fail(ErrorCode::kReEnrollmentTokenInvalid, "The re-enrollment token is unknown, used, or too old");
    }
    return UserId(taken.front().text(0));
}

Result<UserId> find_re_enrollment_token(sql::TenantTx& tx, std::string_view token, TimeMs now) {
    const auto found = tx.query(
        "SELECT user_id FROM re_enrollment_tokens WHERE tenant_id = $1 AND environment = $2 AND token_hash = $3 "
        "AND expires_at > $4",
        {secret_token_hash(token), to_unix_ms(now)});
    if (found.empty()) {
        return fail(ErrorCode::kReEnrollmentTokenInvalid, "The re-enrollment token is unknown, used, or too old");
    }
    return UserId(found.front().text(0));
}

void forget_re_enrollment_token(sql::TenantTx& tx, const UserId& user) {
    tx.execute("DELETE FROM re_enrollment_tokens WHERE tenant_id = $1 AND environment = $2 AND user_id = $3", {user});
}

std::int64_t purge_re_enrollment_tokens(sql::SystemTx& tx, TimeMs now) {
    return tx.execute("DELETE FROM re_enrollment_tokens WHERE expires_at <= $1", {to_unix_ms(now)});
}

}  // namespace facegate::domain
