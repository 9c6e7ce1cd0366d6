#include "api/endpoints/sender.h"

#include <algorithm>

namespace facegate::api {

Result<std::optional<domain::KeyProof>> presented_proof(const Services& services, const CallContext& call,
                                                        std::optional<std::string_view> token) {
    const auto sent = std::ranges::count(call.request.headers, "dpop", [](const auto& header) { return header.first; });
    if (sent == 0) return std::nullopt;
    if (sent > 1) return fail(ErrorCode::kInvalidKeyProof, "There is more than one DPoP header");
    const std::string url = services.public_url + call.request.path;
    Result<domain::KeyProof> proof =
        domain::check_key_proof(call.request.header("dpop"), {call.request.method, url, token}, services.clock.now());
    if (!proof) return std::unexpected(std::move(proof.error()));
    return std::optional(std::move(*proof));
}

Result<void> remember_proof(sql::TenantTx& tx, const std::optional<domain::KeyProof>& proof) {
    if (!proof) return {};
    return domain::record_key_proof(tx, *proof);
}

Result<Sender> sender_of(const Services& services, const CallContext& call, std::optional<std::string_view> token) {
    Result<DeviceHeaders> device = device_headers(call.request);
    if (!device) return std::unexpected(std::move(device.error()));
    auto proof = presented_proof(services, call, token);
    if (!proof) return std::unexpected(std::move(proof.error()));
    return Sender{std::move(*device), std::move(*proof)};
}

Result<void> check_sender(const Caller& caller, const Sender& sender, const std::optional<std::string>& fingerprint,
                          const std::optional<std::string>& key_thumbprint) {
    if (fingerprint) {
        const std::optional<std::string>& sent = sender.device.fingerprint;
        if (sent && *sent != *fingerprint) {
            return fail(ErrorCode::kDeviceMismatch, "The token is bound to another device");
        }
        if (!sent && caller.publishable) {
            return fail(ErrorCode::kDeviceMismatch, "The token is bound to a device: send x-device-fingerprint");
        }
    }
    if (key_thumbprint) {
        if (!sender.proof) return fail(ErrorCode::kInvalidKeyProof, "The token is bound to a key: send a DPoP proof");
        if (sender.proof->thumbprint != *key_thumbprint) {
            return fail(ErrorCode::kInvalidKeyProof, "The DPoP proof is of another key than the token's");
        }
    }
    return {};
}

}  // namespace facegate::api
