#include "domain/keys/api_key.h"

#include <algorithm>

#include "domain/secret_token.h"
#include "domain/tenants/tenant.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kPublishableMark = "pub_";
constexpr std::size_t kGeneratedCharacters = 40;
constexpr std::size_t kMinCharacters = 32;
constexpr std::size_t kMaxCharacters = 128;
constexpr std::size_t kMaxNameBytes = 200;
constexpr std::chrono::minutes kTouchEvery{1};
constexpr std::string_view kColumns =
    "tenant_id, environment, id, name, created_at, last_used_at, expires_at, revoked_at, publishable";

Environment environment_in(const sql::Row& row, std::size_t column) {
    return row.integer(column) == static_cast<std::int64_t>(Environment::kLive) ? Environment::kLive
                                                                                : Environment::kTest;
}

KeyKind kind_in(const sql::Row& row, std::size_t column) {
    return row.boolean(column) ? KeyKind::kPublishable : KeyKind::kSecret;
}

ApiKey key_in(const sql::Row& row) {
    ApiKey key;
    key.scope = Scope{TenantId(row.text(0)), environment_in(row, 1)};
    key.id = KeyId(row.text(2));
    key.name = row.text(3);
    key.created_at = time_in(row, 4);
    key.last_used_at = maybe_time_in(row, 5);
    key.expires_at = maybe_time_in(row, 6);
    key.revoked_at = maybe_time_in(row, 7);
    key.kind = kind_in(row, 8);
    return key;
}

std::string generate_key_text(Environment environment, KeyKind kind, Random& random) {
    std::string text = std::string("fg_") + facegate::name_of(environment) + "_";
    if (kind == KeyKind::kPublishable) text += kPublishableMark;
    for (std::size_t i = 0; i < kGeneratedCharacters; ++i) {
        text += kAlphabet[random.below(static_cast<std::uint32_t>(kAlphabet.size()))];
    }
    return text;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) return false;
    text.remove_prefix(prefix.size());
    return true;
}

}  // namespace

std::optional<ParsedKey> parse_key(std::string_view text) {
    ParsedKey parsed;
    if (take_prefix(text, "fg_live_")) {
        parsed.environment = Environment::kLive;
    } else if (!take_prefix(text, "fg_test_")) {
        return std::nullopt;
    }
    parsed.publishable = take_prefix(text, kPublishableMark);
    const bool long_enough = text.size() >= kMinCharacters && text.size() <= kMaxCharacters;
    if (!long_enough || text.find_first_not_of(kAlphabet) != std::string_view::npos) return std::nullopt;
    return parsed;
}

Result<CreatedKey> create_key(sql::SystemTx& tx, Random& random, const Scope& scope, const std::string& name,
                              std::optional<TimeMs> expires_at, TimeMs now, KeyKind kind) {
    if (scope.environment != Environment::kTest && scope.environment != Environment::kLive) {
        return fail(ErrorCode::kValidationFailed, "A key belongs to the test or the live environment");
    }
    if (name.size() > kMaxNameBytes) return fail(ErrorCode::kValidationFailed, "A key's name has at most 200 bytes");
    if (expires_at && *expires_at <= now) return fail(ErrorCode::kValidationFailed, "A key expires in the future");
    if (scope.tenant == demo_tenant_id() || !find_tenant(tx, scope.tenant)) {
        return fail(ErrorCode::kNotFound, "There is no such tenant");
    }
    CreatedKey created;
    created.text = generate_key_text(scope.environment, kind, random);
    created.key.id = KeyId(random.id("key_"));
    created.key.scope = scope;
    created.key.kind = kind;
    created.key.name = name;
    created.key.created_at = now;
    created.key.expires_at = expires_at;
    tx.execute(
        "INSERT INTO api_keys (tenant_id, environment, id, name, key_hash, created_at, expires_at, publishable) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        {scope.tenant, static_cast<std::int64_t>(scope.environment), created.key.id, name,
         secret_token_hash(created.text), to_unix_ms(now), to_column(expires_at), kind == KeyKind::kPublishable});
    return created;
}

std::vector<ApiKey> list_keys(sql::SystemTx& tx, const std::optional<TenantId>& tenant) {
    const std::string select = "SELECT " + std::string(kColumns) + " FROM api_keys";
    const auto rows = tenant ? tx.query(select + " WHERE tenant_id = $1 ORDER BY created_at, id", {*tenant})
                             : tx.query(select + " ORDER BY created_at, id");
    std::vector<ApiKey> keys;
    for (const auto& row : rows) keys.push_back(key_in(row));
    return keys;
}

Result<ApiKey> revoke_key(sql::SystemTx& tx, const KeyId& id, TimeMs now) {
    const auto rows = tx.query(
        "UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1 RETURNING " + std::string(kColumns),
        {id, to_unix_ms(now)});
    if (rows.empty()) return fail(ErrorCode::kNotFound, "There is no such key");
    return key_in(rows.front());
}

Result<AuthenticatedKey> authenticate(sql::SystemTx& tx, std::string_view key_text, TimeMs now) {
    const auto refused = [] { return fail(ErrorCode::kUnauthorized, "Missing or invalid API key"); };
    const auto parsed = parse_key(key_text);
    if (!parsed) return refused();
    const auto rows = tx.query(
        "SELECT k.tenant_id, k.environment, k.id, k.last_used_at, k.expires_at, k.revoked_at, "
        "t.status, t.allowed_origins, t.default_role, k.publishable, t.publishable_enroll "
        "FROM api_keys k JOIN tenants t ON t.id = k.tenant_id WHERE k.key_hash = $1",
        {secret_token_hash(key_text)});
    if (rows.empty()) return refused();
    const auto& row = rows.front();
    const auto expires_at = maybe_time_in(row, 4);
    if (maybe_time_in(row, 5) || (expires_at && *expires_at <= now)) return refused();
    if (row.text(6) != name_of(TenantStatus::kActive)) {
        return fail(ErrorCode::kTenantSuspended, "This account is suspended");
    }
    AuthenticatedKey key;
    key.scope = Scope{TenantId(row.text(0)), environment_in(row, 1)};
    key.id = KeyId(row.text(2));
    key.last_used_at = maybe_time_in(row, 3);
    key.allowed_origins = split_origins(row.text(7));
    key.default_role = row.text(8);
    key.kind = kind_in(row, 9);
    key.publishable_enroll = row.boolean(10);
    key.expires_at = expires_at;
    return key;
}

bool touch_due(const std::optional<TimeMs>& last_used_at, TimeMs now) {
    return !last_used_at || *last_used_at + kTouchEvery <= now;
}

void touch_key(sql::SystemTx& tx, const KeyId& id, TimeMs now) {
    tx.execute("UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
               {id, to_unix_ms(now), to_unix_ms(now - kTouchEvery)});
}

}  // namespace facegate::domain
