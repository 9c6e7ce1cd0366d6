#pragma once

#include <boost/json.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/json_writer.h"
#include "api/schema.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "http/message.h"

namespace facegate::api {

/// Who is asking: what a presented key, or the demo, stands for.
struct Caller {
    Scope scope;
    KeyId key;
    bool publishable = false;                  ///< a browser's key, without the rights of a secret one
    std::vector<std::string> allowed_origins;  ///< pages that may use it, as `https://app.example.com`
    std::string default_role;                  ///< for users who enroll themselves
    bool publishable_enroll = false;           ///< the tenant lets them, with a publishable key
};

enum class Auth {
    kNone,       ///< anybody
    kApiKey,     ///< any valid key
    kSecretKey,  ///< a publishable key is answered 403 SECRET_KEY_REQUIRED
    kDemo,       ///< anybody, as the demo tenant; 404 where the demo is off
};

inline constexpr std::size_t kJsonBodyLimit = 256 * 1024;
inline constexpr std::size_t kImageBodyLimit = 10 * 1024 * 1024;

/// Everything about a route but its code. One instance per route, written where the handler is.
struct RouteInfo {
    std::string method = "GET";
    std::string path;          ///< `/v1/users/:id`; a last segment `*rest` takes everything that follows
    std::string summary = {};  ///< one line
    std::string doc = {};      ///< may be empty
    std::string tag = {};      ///< group in the OpenAPI document
    Auth auth = Auth::kApiKey;
    bool self_enrollment = false;  ///< a secret key's route that Caller::publishable_enroll opens to publishable ones
    std::size_t body_limit = kJsonBodyLimit;
    Milliseconds deadline{30'000};
    unsigned success_status = 200;
    std::vector<ErrorCode> errors = {};             ///< what it can answer besides what every such route can
    std::string content_type = "application/json";  ///< of a raw route's answer, for the document
    bool answers_credential = false;                ///< the answer to an Idempotency-Key is kept for ten minutes only
    bool reads_sender = false;                      ///< reads x-device-id, x-device-fingerprint and DPoP
    bool takes_demo_token = false;                  ///< reads a token of the demo as a bearer token
    bool on_io_thread = false;                      ///< answers at once, without blocking
    bool while_starting = false;                    ///< also answers while the server starts or drains
    bool in_openapi = true;
    unsigned other_status = 0;  ///< one more with the same body (health: 503); 0: none
};

/// What a handler is given beside its parsed request. Lives for one request, on one thread.
struct CallContext {
    const http::Request& request;
    Caller caller;                            ///< empty for Auth::kNone
    std::map<std::string, std::string> path;  ///< path parameters by name, percent-decoded, never empty
    std::string client_address;               ///< of the person's side, after trusted proxies
    std::vector<std::pair<std::string, std::string>> response_headers = {};  ///< added to the answer, errors included
    boost::json::object log = {};  ///< added to the request's log line; nothing secret or personal

    [[nodiscard]] const std::string& request_id() const { return request.request_id; }
    [[nodiscard]] const std::string& param(const std::string& name) const { return path.at(name); }
};

/// The same with the parsed request: the JSON body, or for GET and DELETE the query parameters.
template <class Req>
struct Call : CallContext {
    Req body;
};

template <class Req, class Res>
using Handler = std::function<Result<Res>(Call<Req>&)>;
using RawHandler = std::function<Result<http::Response>(CallContext&)>;
using SocketHandler = std::function<std::unique_ptr<http::SocketPeer>(CallContext&)>;

/// A route as the dispatcher and the OpenAPI document see it.
struct Route {
    RouteInfo info;
    const ObjectSchema* request = nullptr;   ///< null for raw and WebSocket routes
    const ObjectSchema* response = nullptr;  ///< null for WebSocket routes, and raw ones that answer no JSON
    RawHandler handle;                       ///< empty for WebSocket routes
    SocketHandler open;                      ///< only for WebSocket routes
    std::vector<std::string> segments;       ///< of the path template

    /// GET and DELETE take their request from the query.
    [[nodiscard]] bool from_query() const { return info.method == "GET" || info.method == "DELETE"; }
};

/// The request's JSON: the body (empty: `{}`), or the query parameters as members with numbers and booleans recognised
/// where the schema expects them. Fails with kUnsupportedMediaType, kInvalidJson, kPayloadTooLarge.
Result<boost::json::value> request_json(const http::Request& request, const ObjectSchema& schema, bool from_query);

/// A JSON answer.
http::Response json_response(unsigned status, const boost::json::value& body);

/// What a request of this caller is held to: the schema of its type, unless the type knows one for the caller.
template <Declared Req>
const Schema<Req>& schema_for([[maybe_unused]] const Caller& caller) {
    if constexpr (requires { Req::schema_for(caller); }) {
        return Req::schema_for(caller);
    } else {
        return Req::schema();
    }
}

/// Wraps a typed handler: parse and validate, call, write.
template <Declared Req, Declared Res>
Route make_endpoint(RouteInfo info, Handler<Req, Res> handler) {
    Route route;
    route.info = std::move(info);
    route.request = &Req::schema();
    route.response = &Res::schema();
    route.handle = [from_query = route.from_query(), status = route.info.success_status,
                    handler = std::move(handler)](CallContext& context) -> Result<http::Response> {
        const Schema<Req>& schema = schema_for<Req>(context.caller);
        Result<boost::json::value> json = request_json(context.request, schema, from_query);
        if (!json) return std::unexpected(std::move(json.error()));
        Result<Req> parsed = schema.parse(*json);
        if (!parsed) return std::unexpected(std::move(parsed.error()));
        Call<Req> call{
            {context.request, context.caller, context.path, context.client_address, {}, std::move(context.log)},
            std::move(*parsed)};
        Result<Res> result = handler(call);
        context.response_headers = std::move(call.response_headers);
        context.log = std::move(call.log);
        if (!result) return std::unexpected(std::move(result.error()));
        return json_response(status, Res::schema().write(*result));
    };
    return route;
}

}  // namespace facegate::api
