#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/secret.h"
#include "crypto/sigv4.h"
#include "liveness/event_stream.h"

namespace facegate::liveness::testing {

inline Bytes to_bytes(std::string_view text) {
    return Bytes(as_bytes(text).begin(), as_bytes(text).end());
}

/// The client's side of the chunk signatures, written from the protocol's description and not with the verifier.
class ChunkSigner {
public:
    ChunkSigner(crypto::SecretAccessKey secret, std::string region, std::string seed_signature)
        : secret_(std::move(secret)), region_(std::move(region)), prior_(std::move(seed_signature)) {}

    Bytes sign(const Bytes& inner, TimeMs date) {
        const std::string stamp = crypto::to_amz_date(date);
        const std::string day = stamp.substr(0, 8);
        const std::string text =
            fmt::format("AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}/{}/rekognition/aws4_request\n{}\n{}\n{}", stamp, day, region_,
                        prior_, to_hex(crypto::sha256(encode_date_header(date))), to_hex(crypto::sha256(inner)));
        const auto mac = [](ByteView key, std::string_view data) { return crypto::hmac_sha256(key, as_bytes(data)); };
        const auto key =
            mac(mac(mac(mac(as_bytes("AWS4" + secret_.text()), day), region_), "rekognition"), "aws4_request");
        const auto signature = mac(key, text);
        prior_ = to_hex(signature);
        return encode_message(
            {{{":date", date}, {":chunk-signature", Bytes(signature.begin(), signature.end())}}, inner});
    }

    Bytes event(std::string_view type, std::string_view json, TimeMs date) {
        return sign(encode_event(type, json), date);
    }

private:
    crypto::SecretAccessKey secret_;
    std::string region_;
    std::string prior_;
};

}  // namespace facegate::liveness::testing
