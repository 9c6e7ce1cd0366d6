#include "api/idempotency.h"

#include <algorithm>

#include "api/json_reader.h"
#include "api/json_writer.h"
#include "api/visit_limit.h"
#include "base/log.h"
#include "crypto/secret.h"

namespace facegate::api {

namespace {

constexpr std::string_view kHeader = "idempotency-key";
constexpr std::size_t kMaxKeyBytes = 255;

/// Each part with its length, so that no two lists of parts are the same bytes.
Bytes digest_of(std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) {
        text += std::to_string(part.size()) + ":";
        text += part;
    }
    const crypto::Digest digest = crypto::sha256(as_bytes(text));
    return Bytes(digest.begin(), digest.end());
}

Result<std::string_view> key_of(const http::Request& request) {
    std::optional<std::string_view> found;
    for (const auto& [name, value] : request.headers) {
        if (name != kHeader) continue;
        const bool printable = std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; });
        if (value.empty() || value.size() > kMaxKeyBytes || !printable || (found && *found != value)) {
            return fail(ErrorCode::kBadRequest, "Idempotency-Key is one header of 1 to 255 printable ASCII characters");
        }
        found = value;
    }
    return found.value_or("");
}

domain::RequestIdentity identity_of(const CallContext& call, std::string_view key) {
    const http::Request& request = call.request;
    // Visitors of the demo share one caller: what one of them was told is nobody else's.
    const bool is_demo = call.caller.scope.environment == Environment::kDemo;
    const std::string visitor = is_demo ? network_of(call.client_address) : std::string();
    return {digest_of({call.caller.key.value, visitor, request.path, key}),
            // Tokens are bound to the device: for another one it is another request.
            digest_of({request.body, request.query, request.header("x-device-id"),
                       request.header("x-device-fingerprint"), request.header("dpop")}),
            call.caller.key};
}

/// Whom an answer concerns: its `user_id`, its `sub`, or the `id` of its `user`.
std::optional<UserId> user_in(const boost::json::value& body) {
    const auto* object = body.if_object();
    if (object == nullptr) return std::nullopt;
    const boost::json::value* id = object->if_contains("user_id");
    if (id == nullptr) id = object->if_contains("sub");
    if (id == nullptr) {
        const boost::json::value* user = object->if_contains("user");
        if (user != nullptr && user->is_object()) id = user->get_object().if_contains("id");
    }
    if (id == nullptr || !id->is_string()) return std::nullopt;
    return UserId(std::string(id->get_string()));
}

std::string written(const http::Response& response) {
    boost::json::array headers;
    for (const auto& [name, value] : response.headers) headers.push_back({name, value});
    return write_json(boost::json::object{{"headers", std::move(headers)}, {"body", response.content()}});
}

http::Response replayed(const domain::KeptAnswer& answer) {
    const boost::json::value content = boost::json::parse(answer.content);
    http::Response response;
    response.status = answer.status;
    for (const boost::json::value& header : content.at("headers").as_array()) {
        response.headers.emplace_back(header.at(0).as_string(), header.at(1).as_string());
    }
    response.headers.emplace_back("Idempotent-Replayed", "true");
    response.body = content.at("body").as_string();
    return response;
}

bool is_kept(const http::Response& response) {
    return response.status < 500 && response.status != 429 && response.content().size() <= Idempotency::kMaxAnswerBytes;
}

}  // namespace

bool Idempotency::wanted(const Route& route, const CallContext& call) {
    if (route.info.method != "POST" || call.caller.scope.tenant.empty()) return false;
    const auto& headers = call.request.headers;
    return std::any_of(headers.begin(), headers.end(), [](const auto& header) { return header.first == kHeader; });
}

Result<http::Response> Idempotency::answer(const Route& route, const CallContext& call,
                                           const std::function<http::Response()>& handle) {
    const Result<std::string_view> key = key_of(call.request);
    if (!key) return std::unexpected(key.error());
    const domain::RequestIdentity request = identity_of(call, *key);
    const Scope& scope = call.caller.scope;
    // Repeated requests are read, not written.
    const auto kept = database_.read(
        scope, [&](sql::TenantTx& tx) { return domain::find_answer(tx, vault_, request, clock_.now()); });
    if (!kept) return std::unexpected(kept.error());
    if (*kept) return replayed(**kept);
    const Result<domain::Claim> claim = database_.write(scope, [&](sql::TenantTx& tx) {
        const TimeMs now = clock_.now();
        return domain::claim_request(tx, vault_, random_, request, now + route.info.deadline, now);
    });
    if (!claim) return std::unexpected(claim.error());
    if (claim->answer) return replayed(*claim->answer);
    http::Response response = handle();
    try {
        keep(route, call, request.key, claim->reservation, response);
    } catch (const sql::DatabaseFailure& failure) {
        // What was asked for has happened: the caller hears of it all the same.
        spdlog::error(R"("event":"answer_not_kept","request_id":{},"what":{})", log::json_string(call.request_id()),
                      log::json_string(failure.what()));
    }
    return response;
}

void Idempotency::keep(const Route& route, const CallContext& call, const Bytes& key, const std::string& reservation,
                       const http::Response& response) {
    database_.write(call.caller.scope, [&](sql::TenantTx& tx) {
        if (!is_kept(response)) return domain::release_request(tx, key, reservation);
        const Result<boost::json::value> body = read_json(response.content());
        const std::optional<UserId> user = body ? user_in(*body) : std::nullopt;
        const Milliseconds time = route.info.answers_credential ? Milliseconds(kCredentialKept) : Milliseconds(kKept);
        domain::keep_answer(tx, vault_, random_, key, reservation, {response.status, written(response)}, user,
                            clock_.now() + time);
    });
}

}  // namespace facegate::api
