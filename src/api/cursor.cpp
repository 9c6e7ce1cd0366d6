#include "api/cursor.h"

#include "base/bytes.h"
#include "crypto/secret.h"

namespace facegate::api {

namespace {

constexpr std::size_t kTagBytes = 16;

Bytes tag_of(const domain::Vault& vault, const Scope& scope, std::string_view list, std::string_view position) {
    std::string bound = domain::row_context("cursors", scope, list);
    bound += '\0';
    bound += position;
    const auto digest = crypto::hmac_sha256(vault.server_key(domain::ServerKey::kCursors).view(), as_bytes(bound));
    return {digest.begin(), digest.begin() + kTagBytes};
}

}  // namespace

std::unexpected<Error> invalid_cursor() {
    Error error{ErrorCode::kValidationFailed, "Validation failed", {}, {}};
    error.issues.push_back({"invalid_string", {"cursor"}, "Invalid cursor", {}, {}});
    return std::unexpected(std::move(error));
}

std::string make_cursor(const domain::Vault& vault, const Scope& scope, std::string_view list,
                        std::string_view position) {
    Bytes bytes = tag_of(vault, scope, list, position);
    const ByteView text = as_bytes(position);
    bytes.insert(bytes.end(), text.begin(), text.end());
    return to_base64url(bytes);
}

Result<std::string> read_cursor(const domain::Vault& vault, const Scope& scope, std::string_view list,
                                std::string_view cursor) {
    if (cursor.size() > kMaxCursor) return invalid_cursor();
    const auto bytes = from_base64url(cursor);
    if (!bytes || bytes->size() <= kTagBytes) return invalid_cursor();
    const ByteView tag = ByteView(*bytes).first(kTagBytes);
    const std::string position(as_text(ByteView(*bytes).subspan(kTagBytes)));
    if (!crypto::equal_in_constant_time(tag, tag_of(vault, scope, list, position))) return invalid_cursor();
    return position;
}

}  // namespace facegate::api
