#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "api/endpoint.h"
#include "api/endpoints/sign_in.h"
#include "api/services.h"
#include "domain/issuers/key_proof.h"

namespace facegate::api {

/// The proof in the request's `DPoP` header, checked but for its use before: nothing if there is no such header. With
/// `token` the proof must name that token (`ath`). kInvalidKeyProof.
Result<std::optional<domain::KeyProof>> presented_proof(const Services& services, const CallContext& call,
                                                        std::optional<std::string_view> token = std::nullopt);
/// To be called in the transaction of what the proof is for. kInvalidKeyProof if it was used before.
Result<void> remember_proof(sql::TenantTx& tx, const std::optional<domain::KeyProof>& proof);

/// By what a request shows that it comes from where a token was issued to.
struct Sender {
    DeviceHeaders device;
    std::optional<domain::KeyProof> proof;
};
/// Both, checked one by one: a malformed device header is a validation error. kInvalidKeyProof.
Result<Sender> sender_of(const Services& services, const CallContext& call,
                         std::optional<std::string_view> token = std::nullopt);

/// Whether the sender may use what is bound so. `fingerprint`: the request's must be the same; without one a secret key
/// may, a publishable one may not (kDeviceMismatch). `key_thumbprint`: a proof of that key is needed whoever asks
/// (kInvalidKeyProof).
Result<void> check_sender(const Caller& caller, const Sender& sender, const std::optional<std::string>& fingerprint,
                          const std::optional<std::string>& key_thumbprint);

}  // namespace facegate::api
