#include "crypto/sigv4.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace facegate::crypto {
namespace {

constexpr std::size_t kMaxQueryBytes = 8 * 1024;
constexpr std::size_t kMaxParameters = 64;
constexpr int kMaxExpiresSeconds = 900;
constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kChunkAlgorithm = "AWS4-HMAC-SHA256-PAYLOAD";

std::unexpected<Error> unauthorized(std::string message) {
    return fail(ErrorCode::kUnauthorized, std::move(message));
}

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
           c == '.' || c == '~';
}

std::string percent_encode(std::string_view text, bool keep_slash) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (is_unreserved(c) || (keep_slash && c == '/')) {
            out.push_back(c);
        } else {
            fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out.push_back(text[i]);
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const auto byte = from_hex(text.substr(i + 1, 2));
        if (!byte) return std::nullopt;
        out.push_back(static_cast<char>(byte->front()));
        i += 2;
    }
    return out;
}

bool all_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int to_int(std::string_view digits) {
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

std::optional<TimeMs> from_amz_date(std::string_view text) {
    if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
    if (!all_digits(text.substr(0, 8)) || !all_digits(text.substr(9, 6))) return std::nullopt;
    const std::chrono::year_month_day day(std::chrono::year(to_int(text.substr(0, 4))),
                                          std::chrono::month(static_cast<unsigned>(to_int(text.substr(4, 2)))),
                                          std::chrono::day(static_cast<unsigned>(to_int(text.substr(6, 2)))));
    const int hour = to_int(text.substr(9, 2));
    const int minute = to_int(text.substr(11, 2));
    const int second = to_int(text.substr(13, 2));
    if (!day.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
    return TimeMs(std::chrono::sys_days(day)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second);
}

std::vector<std::string_view> split(std::string_view text, char separator, std::size_t max_parts) {
    std::vector<std::string_view> parts;
    while (parts.size() + 1 < max_parts) {
        const std::size_t at = text.find(separator);
        if (at == std::string_view::npos) break;
        parts.push_back(text.substr(0, at));
        text.remove_prefix(at + 1);
    }
    parts.push_back(text);
    return parts;
}

std::string_view without_port(std::string_view host) {
    // In `[::1]:8443` only what follows the bracket is a port.
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return host;
    return host.substr(0, colon);
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

Digest hmac_text(ByteView key, std::string_view text) {
    return hmac_sha256(key, as_bytes(text));
}

std::string scope_of(std::string_view date, std::string_view region, std::string_view service) {
    return fmt::format("{}/{}/{}/aws4_request", date, region, service);
}

std::string canonical_query(const QueryParameters& parameters) {
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : parameters) {
        if (name != "X-Amz-Signature") encoded.emplace_back(percent_encode(name, false), percent_encode(value, false));
    }
    std::ranges::sort(encoded);
    std::string out;
    for (const auto& [name, value] : encoded)
        fmt::format_to(std::back_inserter(out), "{}{}={}", out.empty() ? "" : "&", name, value);
    return out;
}

const std::string* find(const QueryParameters& parameters, std::string_view name) {
    const auto at = parameters.find(name);
    return at == parameters.end() ? nullptr : &at->second;
}

bool is_signature(std::string_view text) {
    return text.size() == 64 &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

SecretAccessKey::~SecretAccessKey() {
    for (char& c : text_) {
        volatile char* place = &c;
        *place = 0;
    }
}

Result<QueryParameters> parse_query(std::string_view query) {
    if (query.size() > kMaxQueryBytes) return fail(ErrorCode::kValidationFailed, "the query is too long");
    QueryParameters parameters;
    if (query.empty()) return parameters;
    const auto pairs = split(query, '&', kMaxParameters + 1);
    if (pairs.size() > kMaxParameters) return fail(ErrorCode::kValidationFailed, "too many query parameters");
    for (const std::string_view pair : pairs) {
        const std::size_t equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(pair.substr(0, equals));
        auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())));
        if (!name || name->empty() || !value) return fail(ErrorCode::kValidationFailed, "the query is malformed");
        if (!parameters.emplace(std::move(*name), std::move(*value)).second) {
            return fail(ErrorCode::kValidationFailed, "a query parameter is repeated");
        }
    }
    return parameters;
}

std::string PresignedClaims::scope() const {
    return scope_of(scope_date, region, service);
}

Result<PresignedClaims> read_presigned_claims(const QueryParameters& query) {
    const std::string* algorithm = find(query, "X-Amz-Algorithm");
    const std::string* credential = find(query, "X-Amz-Credential");
    const std::string* date = find(query, "X-Amz-Date");
    const std::string* expires = find(query, "X-Amz-Expires");
    const std::string* signed_headers = find(query, "X-Amz-SignedHeaders");
    const std::string* signature = find(query, "X-Amz-Signature");
    if (!algorithm || !credential || !date || !expires || !signed_headers || !signature) {
        return unauthorized("the request is not signed");
    }
    if (*algorithm != kAlgorithm || *signed_headers != "host") return unauthorized("unsupported signature");

    PresignedClaims claims;
    const auto parts = split(*credential, '/', 6);
    if (parts.size() != 5 || parts[4] != "aws4_request" ||
        std::ranges::any_of(parts, [](auto part) { return part.empty(); })) {
        return unauthorized("malformed credential scope");
    }
    claims.access_key_id = parts[0];
    claims.scope_date = parts[1];
    claims.region = parts[2];
    claims.service = parts[3];

    const auto time = from_amz_date(*date);
    if (!time || date->substr(0, 8) != claims.scope_date) return unauthorized("malformed signature date");
    claims.date = *time;
    if (!all_digits(*expires) || expires->size() > 3) return unauthorized("malformed signature lifetime");
    const int seconds = to_int(*expires);
    if (seconds < 1 || seconds > kMaxExpiresSeconds) return unauthorized("malformed signature lifetime");
    claims.expires = std::chrono::seconds(seconds);
    if (!is_signature(*signature)) return unauthorized("malformed signature");
    claims.signature = *signature;
    if (const std::string* token = find(query, "X-Amz-Security-Token")) claims.session_token = *token;
    return claims;
}

Result<void> verify_presigned(const PresignedRequest& request, const PresignedClaims& claims,
                              const SecretAccessKey& secret, TimeMs now) {
    if (now < claims.date - kMaxClockSkew) return unauthorized("the signature is from the future");
    if (now > claims.date + claims.expires) return unauthorized("the signature has expired");

    const auto parameters = parse_query(request.query);
    if (!parameters) return std::unexpected(parameters.error());
    // The path is encoded once more, as every service but S3 does.
    const std::string canonical =
        fmt::format("GET\n{}\n{}\nhost:{}\n\nhost\n{}", percent_encode(request.path, true),
                    canonical_query(*parameters), lower(without_port(request.host)), to_hex(sha256({})));
    const std::string to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, to_amz_date(claims.date), claims.scope(),
                                            to_hex(sha256(as_bytes(canonical))));
    const Digest key = signing_key(secret, claims.scope_date, claims.region, claims.service);
    const std::string expected = to_hex(hmac_text(key, to_sign));
    if (!equal_in_constant_time(as_bytes(expected), as_bytes(claims.signature))) return unauthorized("wrong signature");
    return {};
}

Digest signing_key(const SecretAccessKey& secret, std::string_view scope_date, std::string_view region,
                   std::string_view service) {
    std::string seed = "AWS4" + secret.text();
    const Digest day = hmac_text(as_bytes(seed), scope_date);
    wipe({reinterpret_cast<std::uint8_t*>(seed.data()), seed.size()});
    return hmac_text(hmac_text(hmac_text(day, region), service), "aws4_request");
}

std::string to_amz_date(TimeMs time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    const auto day = std::chrono::floor<std::chrono::days>(seconds);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(seconds - day);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                       clock.minutes().count(), clock.seconds().count());
}

ChunkSignatureChain::ChunkSignatureChain(SecretAccessKey secret, std::string region, std::string service,
                                         std::string seed_signature)
    : secret_(std::move(secret)),
      region_(std::move(region)),
      service_(std::move(service)),
      prior_(std::move(seed_signature)) {}

bool ChunkSignatureChain::accept(TimeMs date, ByteView encoded_date_header, ByteView inner_message,
                                 ByteView signature) {
    const std::string amz_date = to_amz_date(date);
    const std::string day = amz_date.substr(0, 8);
    if (day != key_date_) {
        key_ = signing_key(secret_, day, region_, service_);
        key_date_ = day;
    }
    const std::string to_sign =
        fmt::format("{}\n{}\n{}\n{}\n{}\n{}", kChunkAlgorithm, amz_date, scope_of(day, region_, service_), prior_,
                    to_hex(sha256(encoded_date_header)), to_hex(sha256(inner_message)));
    const Digest expected = hmac_text(key_, to_sign);
    if (!equal_in_constant_time(expected, signature)) return false;
    prior_ = to_hex(expected);
    return true;
}

}  // namespace facegate::crypto
