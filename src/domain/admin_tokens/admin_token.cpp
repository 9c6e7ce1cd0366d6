#include "domain/admin_tokens/admin_token.h"

#include "crypto/secret.h"
#include "domain/secret_token.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kPrefix = "fga_";
constexpr std::size_t kMaxNameBytes = 200;
constexpr std::chrono::hours kListed{400 * 24};
constexpr std::string_view kColumns = "id, name, created_at, expires_at, last_used_at, revoked_at";

AdminToken token_in(const sql::Row& row) {
    return {row.text(0), row.text(1), time_in(row, 2), time_in(row, 3), maybe_time_in(row, 4), maybe_time_in(row, 5)};
}

std::string valid_tokens(std::string_view columns) {
    return "SELECT " + std::string(columns) + " FROM admin_tokens WHERE revoked_at IS NULL AND expires_at > $1";
}

}  // namespace

Result<CreatedAdminToken> create_admin_token(sql::SystemTx& tx, Random& random, const std::string& name, int days,
                                             TimeMs now) {
    if (name.size() > kMaxNameBytes) {
        return fail(ErrorCode::kValidationFailed, "An admin token's name has at most 200 bytes");
    }
    if (days < 1 || days > kMaxAdminTokenDays) {
        return fail(ErrorCode::kValidationFailed, "An admin token is valid for 1 to 366 days");
    }
    if (tx.query(valid_tokens("id"), {to_unix_ms(now)}).size() >= static_cast<std::size_t>(kValidAdminTokens)) {
        return fail(ErrorCode::kValidationFailed,
                    "Two admin tokens are valid already: revoke the one that is not needed any more");
    }
    CreatedAdminToken created;
    created.token = {random.id("adm_"), name, now, now + std::chrono::hours(24) * days, std::nullopt, std::nullopt};
    created.text = new_secret_token(random, kPrefix);
    tx.execute("INSERT INTO admin_tokens (id, name, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
               {created.token.id, name, secret_token_hash(created.text), to_unix_ms(now),
                to_unix_ms(created.token.expires_at)});
    return created;
}

std::vector<AdminToken> list_admin_tokens(sql::SystemTx& tx, TimeMs now) {
    std::vector<AdminToken> tokens;
    const auto rows = tx.query(
        "SELECT " + std::string(kColumns) + " FROM admin_tokens WHERE created_at > $1 ORDER BY created_at DESC, id",
        {to_unix_ms(now - kListed)});
    for (const auto& row : rows) tokens.push_back(token_in(row));
    return tokens;
}

Result<AdminToken> revoke_admin_token(sql::SystemTx& tx, const std::string& id, TimeMs now) {
    const auto rows =
        tx.query("UPDATE admin_tokens SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1 RETURNING " +
                     std::string(kColumns),
                 {id, to_unix_ms(now)});
    if (rows.empty()) return fail(ErrorCode::kNotFound, "There is no such admin token");
    return token_in(rows.front());
}

Result<AdminToken> authenticate_admin(sql::SystemTx& tx, std::string_view text, TimeMs now) {
    const Bytes presented = secret_token_hash(text);
    std::optional<AdminToken> found;
    const auto rows = tx.query(valid_tokens("id, name, created_at, expires_at, last_used_at, revoked_at, token_hash"),
                               {to_unix_ms(now)});
    for (const auto& row : rows) {
        if (crypto::equal_in_constant_time(presented, row.blob(6))) found = token_in(row);
    }
    if (!found) return fail(ErrorCode::kUnauthorized, "Missing or invalid admin token");
    return std::move(*found);
}

void touch_admin_token(sql::SystemTx& tx, const std::string& id, TimeMs now) {
    tx.execute("UPDATE admin_tokens SET last_used_at = $2 WHERE id = $1", {id, to_unix_ms(now)});
}

}  // namespace facegate::domain
