#include "domain/issuers/key_proof.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>

#include "crypto/jwt.h"

namespace facegate::domain {

namespace {

namespace json = boost::json;

constexpr std::size_t kLongestId = 256;
constexpr std::int64_t kLatestSecond = 1'000'000'000'000;  // keeps the milliseconds within 64 bits

std::unexpected<Error> refused(const char* why) {
    return fail(ErrorCode::kInvalidKeyProof, why);
}

json::object object_of(const std::string& text) {
    boost::system::error_code error;
    json::value value = json::parse(text, error);
    return !error && value.is_object() ? std::move(value.get_object()) : json::object{};
}

/// Empty if the member is missing or no text.
std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

/// The public P-256 key of a JWK; nothing if it is another kind, or a private one.
std::optional<crypto::EcPublicKey> public_key_of(const json::object& header) {
    const json::value* jwk = header.if_contains("jwk");
    if (jwk == nullptr || !jwk->is_object()) return std::nullopt;
    const json::object& key = jwk->get_object();
    if (text_of(key, "kty") != "EC" || text_of(key, "crv") != "P-256" || key.contains("d")) return std::nullopt;
    return crypto::EcPublicKey::from_coordinates(text_of(key, "x"), text_of(key, "y"));
}

/// Scheme and host in lower case, without default port, query and fragment (RFC 9449 4.3, RFC 3986 6.2.2 and 6.2.3).
std::string normalised(std::string_view url) {
    std::string text(url.substr(0, url.find_first_of("?#")));
    const std::size_t scheme_end = text.find("://");
    if (scheme_end == std::string::npos) return text;
    const std::size_t path = std::min(text.find('/', scheme_end + 3), text.size());
    std::transform(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(path), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string_view port = text.starts_with("https://") ? ":443" : ":80";
    if (path >= port.size() && std::string_view(text).substr(path - port.size(), port.size()) == port) {
        text.erase(path - port.size(), port.size());
    }
    if (text.find('/', scheme_end + 3) == std::string::npos) text += '/';
    return text;
}

std::optional<TimeMs> issued_at(const json::object& claims) {
    const json::value* value = claims.if_contains("iat");
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    const std::int64_t seconds = value->get_int64();
    if (seconds < 0 || seconds > kLatestSecond) return std::nullopt;
    return from_unix_ms(seconds * 1000);
}

}  // namespace

Result<KeyProof> check_key_proof(std::string_view proof, const ProofPurpose& purpose, TimeMs now) {
    const auto parts = crypto::split_jws(proof);
    if (!parts) return refused("The DPoP proof is no JWT");
    const json::object header = object_of(parts->header);
    if (text_of(header, "typ") != "dpop+jwt" || text_of(header, "alg") != "ES256" || header.contains("crit")) {
        return refused("The DPoP proof must have typ dpop+jwt and alg ES256");
    }
    const auto key = public_key_of(header);
    if (!key) return refused("The DPoP proof must carry a public P-256 key as jwk");
    if (!key->verify(as_bytes(parts->signing_input), parts->signature)) {
        return refused("The DPoP proof is not signed by the key it carries");
    }
    const json::object claims = object_of(parts->claims);
    const std::string id = text_of(claims, "jti");
    if (id.empty() || id.size() > kLongestId) return refused("The DPoP proof needs a jti of 1 to 256 characters");
    if (text_of(claims, "htm") != purpose.method) return refused("The DPoP proof is for another method");
    if (normalised(text_of(claims, "htu")) != normalised(purpose.url)) {
        return refused("The DPoP proof is for another URL");
    }
    const auto issued = issued_at(claims);
    if (!issued || *issued < now - kProofWindow || *issued > now + kProofWindow) {
        return refused("The DPoP proof is too old, or from the future");
    }
    if (purpose.token && text_of(claims, "ath") != to_base64url(crypto::sha256(as_bytes(*purpose.token)))) {
        return refused("The DPoP proof was made for another token");
    }
    KeyProof checked;
    checked.thumbprint = key->thumbprint();
    checked.hash = crypto::sha256(as_bytes(checked.thumbprint + "." + id));
    checked.expires_at = *issued + kProofWindow + Milliseconds(1);
    return checked;
}

Result<void> record_key_proof(sql::TenantTx& tx, const KeyProof& proof) {
    const auto recorded = tx.execute(
        "INSERT INTO key_proofs (tenant_id, environment, proof_hash, expires_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (tenant_id, environment, proof_hash) DO NOTHING",
        {Bytes(proof.hash.begin(), proof.hash.end()), to_unix_ms(proof.expires_at)});
    if (recorded == 0) return refused("The DPoP proof was used before");
    return {};
}

std::int64_t purge_key_proofs(sql::SystemTx& tx, TimeMs now) {
    return tx.execute("DELETE FROM key_proofs WHERE expires_at < $1", {to_unix_ms(now)});
}

}  // namespace facegate::domain
