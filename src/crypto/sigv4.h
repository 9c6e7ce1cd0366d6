#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "crypto/secret.h"

/// AWS Signature Version 4, the verifying side: presigned URLs and the signature chain of event-stream chunks.
namespace facegate::crypto {

/// An AWS secret access key; its memory is wiped on destruction.
class SecretAccessKey {
public:
    SecretAccessKey() = default;
    explicit SecretAccessKey(std::string text) : text_(std::move(text)) {}
    SecretAccessKey(const SecretAccessKey&) = default;
    SecretAccessKey& operator=(const SecretAccessKey&) = default;
    ~SecretAccessKey();
    [[nodiscard]] const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// A GET request with its signature in the query, as it arrived.
struct PresignedRequest {
    std::string path;   ///< still percent-encoded, starting with `/`
    std::string query;  ///< still percent-encoded, without `?`
    std::string host;   ///< the Host header; a port is ignored, as the signer leaves it out
};

/// Decoded query parameters by name.
using QueryParameters = std::map<std::string, std::string, std::less<>>;

/// Splits and percent-decodes a query of at most 8 KiB and 64 parameters. A name given twice or a broken escape is
/// kValidationFailed. `+` stays `+`.
Result<QueryParameters> parse_query(std::string_view query);

/// What a presigned query claims; nothing is verified yet.
struct PresignedClaims {
    std::string access_key_id;
    std::string scope_date;  ///< YYYYMMDD
    std::string region;
    std::string service;
    TimeMs date;
    Milliseconds expires{0};
    std::string session_token;  ///< may be empty
    std::string signature;      ///< 64 lower-case hex digits

    /// `YYYYMMDD/region/service/aws4_request`
    [[nodiscard]] std::string scope() const;
};

/// Reads the `X-Amz-` parameters. kUnauthorized when one is missing or malformed, when the algorithm is not
/// AWS4-HMAC-SHA256, the signed headers are not exactly `host`, or X-Amz-Expires is outside 1-900 s.
Result<PresignedClaims> read_presigned_claims(const QueryParameters& query);

inline constexpr Milliseconds kMaxClockSkew{5 * 60'000};

/// Verifies signature and time: `now` must be at most kMaxClockSkew before X-Amz-Date and at most X-Amz-Expires after
/// it. kUnauthorized otherwise, with a message that names no secret. Compares in constant time.
Result<void> verify_presigned(const PresignedRequest& request, const PresignedClaims& claims,
                              const SecretAccessKey& secret, TimeMs now);

/// kSigning of the SigV4 documents: the key for one day, region and service.
Digest signing_key(const SecretAccessKey& secret, std::string_view scope_date, std::string_view region,
                   std::string_view service);

/// `YYYYMMDDTHHMMSSZ`
std::string to_amz_date(TimeMs time);

/// The signature chain of a stream: every chunk's signature covers the one before it, the first one the URL's, so no
/// chunk can be dropped, reordered, repeated or changed. One per stream; not thread-safe.
class ChunkSignatureChain {
public:
    ChunkSignatureChain(SecretAccessKey secret, std::string region, std::string service, std::string seed_signature);

    /// True if `signature` signs this chunk as the next one; only then the chain moves on. `encoded_date_header` is the
    /// `:date` header as encoded. The scope follows the chunk's own date, so a stream may pass midnight.
    bool accept(TimeMs date, ByteView encoded_date_header, ByteView inner_message, ByteView signature);

private:
    SecretAccessKey secret_;
    std::string region_;
    std::string service_;
    std::string prior_;
    std::string key_date_;
    Digest key_{};
};

}  // namespace facegate::crypto
