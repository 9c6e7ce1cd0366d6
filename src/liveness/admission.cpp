#include "liveness/admission.h"

#include <charconv>
#include <optional>

namespace facegate::liveness {
namespace {

std::string_view value_of(const crypto::QueryParameters& query, std::string_view name) {
    const auto at = query.find(name);
    return at == query.end() ? std::string_view() : std::string_view(at->second);
}

std::optional<int> side_of(std::string_view text) {
    int side = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), side);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (side < kMinVideoSide || side > kMaxVideoSide) return std::nullopt;
    return side;
}

/// True if the comma-separated list has an entry `name` + "_" + `major` + "." + anything.
bool lists_version(std::string_view list, std::string_view name, char major) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view entry = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (entry.size() > name.size() + 2 && entry.starts_with(name) && entry[name.size()] == '_' &&
            entry[name.size() + 1] == major && entry[name.size() + 2] == '.') {
            return true;
        }
    }
    return false;
}

}  // namespace

Result<AdmittedStream> admit_stream(const crypto::SecretKey& server_key, const crypto::PresignedRequest& request,
                                    TimeMs now) {
    if (!request.path.ends_with(kStreamPath)) return fail(ErrorCode::kNotFound, "no such stream");
    const auto query = crypto::parse_query(request.query);
    if (!query) return std::unexpected(query.error());
    const auto claims = crypto::read_presigned_claims(*query);
    if (!claims) return std::unexpected(claims.error());
    auto grant = check_credentials(server_key, claims->session_token, claims->access_key_id,
                                   value_of(*query, "session-id"), now);
    if (!grant) return std::unexpected(std::move(grant.error()));
    if (claims->service != "rekognition") return fail(ErrorCode::kUnauthorized, "the signature is for another service");
    const auto verified = crypto::verify_presigned(request, *claims, grant->secret_key, now);
    if (!verified) return std::unexpected(verified.error());

    const auto width = side_of(value_of(*query, "video-width"));
    const auto height = side_of(value_of(*query, "video-height"));
    if (!width || !height) return fail(ErrorCode::kValidationFailed, "unsupported video size");
    const std::string_view versions = value_of(*query, "challenge-versions");
    return AdmittedStream{
        grant->scope,
        grant->session,
        *width,
        *height,
        lists_version(versions, wire_name(ChallengeType::kMovementAndLight), '2'),
        lists_version(versions, wire_name(ChallengeType::kMovement), '1'),
        crypto::ChunkSignatureChain(std::move(grant->secret_key), claims->region, claims->service, claims->signature)};
}

}  // namespace facegate::liveness
