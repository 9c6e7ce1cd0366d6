#include "api/openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <stdexcept>

#include "api/error_map.h"
#include "api/schema_example.h"

namespace facegate::api {

namespace {

using boost::json::array;
using boost::json::object;

constexpr std::string_view kKeySetType = "application/jwk-set+json";
constexpr const char* kExampleRequestId = "0f3c9a52-7d1e-4b68-9c2a-5e8f7b6d4a10";

object reference(std::string_view name) {
    return object{{"$ref", fmt::format("#/components/schemas/{}", name)}};
}

/// The named schemas, each once.
class Components {
public:
    void add(const ObjectSchema& schema, Role role) {
        object json = json_schema(schema, role);
        if (const boost::json::value* known = schemas_.if_contains(schema.name())) {
            if (*known != boost::json::value(json)) {
                throw std::logic_error(fmt::format("two types are named {} in the OpenAPI document", schema.name()));
            }
            return;
        }
        schemas_[schema.name()] = std::move(json);
        for (const FieldInfo& field : schema.fields()) add_inner(field.shape, role);
    }
    void add(std::string_view name, object schema) { schemas_[name] = std::move(schema); }
    [[nodiscard]] object take() { return std::move(schemas_); }

private:
    void add_inner(const Shape& shape, Role role) {
        if (shape.object) add(shape.object(), role);
        if (shape.items) add_inner(*shape.items, role);
    }

    object schemas_;
};

object string_schema(std::string_view description) {
    return object{{"type", "string"}, {"description", description}};
}

object issue_schema() {
    const object step{{"anyOf", array{object{{"type", "string"}}, object{{"type", "integer"}}}}};
    object properties;
    properties["code"] = string_schema("Kind of the issue, such as `invalid_type` or `too_small`.");
    properties["path"] = object{{"type", "array"}, {"items", step}};
    properties["message"] = string_schema("For people.");
    properties["expected"] = string_schema("What should have been there.");
    properties["received"] = string_schema("What was there.");
    return object{{"type", "object"}, {"properties", properties}, {"required", array{"code", "path", "message"}}};
}

object error_schema() {
    object properties;
    properties["error"] = string_schema("What went wrong, for programs.");
    properties["message"] = string_schema("What went wrong, for people.");
    properties["request_id"] = string_schema("Names the request in the server's log.");
    properties["details"] = object{{"anyOf", array{object{{"type", "array"}, {"items", reference("ValidationIssue")}},
                                                   object{{"type", "object"}}}}};
    return object{
        {"type", "object"}, {"properties", properties}, {"required", array{"error", "message", "request_id"}}};
}

bool needs_key(const Route& route) {
    return route.info.auth == Auth::kApiKey || route.info.auth == Auth::kSecretKey;
}

/// Whether an Idempotency-Key makes it happen once.
bool is_idempotent_by_key(const Route& route) {
    return route.info.method == "POST" && route.info.auth != Auth::kNone;
}

bool takes_body(const Route& route) {
    return route.request != nullptr && !route.from_query() && !route.request->fields().empty();
}

/// What the route declares and what every route of its kind can answer, by status.
std::map<unsigned, std::vector<ErrorCode>> errors_of(const Route& route) {
    using enum ErrorCode;
    std::vector<ErrorCode> codes = route.info.errors;
    if (needs_key(route)) codes.insert(codes.end(), {kUnauthorized, kTenantSuspended, kOriginNotAllowed});
    if (route.info.auth != Auth::kNone) codes.push_back(kRateLimited);
    if (is_idempotent_by_key(route))
        codes.insert(codes.end(), {kBadRequest, kIdempotencyKeyReused, kIdempotencyInProgress});
    if (route.info.auth == Auth::kSecretKey) codes.push_back(kSecretKeyRequired);
    if (route.request != nullptr && !route.from_query()) {
        codes.insert(codes.end(), {kInvalidJson, kUnsupportedMediaType, kPayloadTooLarge});
    }
    if (route.request != nullptr && !route.request->fields().empty()) codes.push_back(kValidationFailed);
    if (!route.info.on_io_thread) codes.insert(codes.end(), {kOverloaded, kInternalError, kDatabaseError});
    if (!route.info.while_starting) codes.push_back(kStarting);
    if (route.open) codes.push_back(kUpgradeRequired);
    std::sort(codes.begin(), codes.end());
    codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
    std::map<unsigned, std::vector<ErrorCode>> by_status;
    for (const ErrorCode code : codes) by_status[error_row(code).status].push_back(code);
    return by_status;
}

/// The answer as the server writes it, with what errors of that kind tell beside their name.
object error_example(ErrorCode code) {
    Error error{code, {}, {}, {}};
    if (code == ErrorCode::kValidationFailed) {
        error.issues.push_back({"invalid_type", {"name"}, "Required", "string", "undefined"});
    }
    return object{{"value", error_body(error, kExampleRequestId)}};
}

object error_response(const std::vector<ErrorCode>& codes) {
    std::string description;
    array names;
    object examples;
    for (const ErrorCode code : codes) {
        const ErrorRow& row = error_row(code);
        description += fmt::format("{}`{}`: {}", description.empty() ? "" : "\n\n", row.name, row.doc);
        names.emplace_back(row.name);
        examples[row.name] = error_example(code);
    }
    const object narrowed{{"properties", object{{"error", object{{"enum", std::move(names)}}}}}};
    const object schema{{"allOf", array{reference("Error"), narrowed}}};
    return object{{"description", description},
                  {"content", object{{"application/json", object{{"schema", schema}, {"examples", examples}}}}}};
}

/// RFC 7517; the coordinates are those of RFC 7515, A.3.
object key_set_example() {
    return object{{"keys", array{{{"kty", "EC"},
                                  {"crv", "P-256"},
                                  {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
                                  {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
                                  {"kid", "mE3bC9xQ2tRf7VnK5pLdYw8Hj1GzS4Ua6TiB0oXqNcM"},
                                  {"use", "sig"},
                                  {"alg", "ES256"}}}}};
}

object success_response(const Route& route) {
    if (route.open) return object{{"description", "The WebSocket is open."}};
    object media;
    if (route.response != nullptr) {
        const bool is_empty = route.response->fields().empty();
        media["schema"] = is_empty ? object{{"type", "object"}} : reference(route.response->name());
        media["example"] = example_of(*route.response, Role::kResponse);
    }
    if (route.info.content_type == kKeySetType) media["example"] = key_set_example();
    return object{{"description", "Success."}, {"content", object{{route.info.content_type, std::move(media)}}}};
}

object responses_of(const Route& route) {
    object responses;
    responses[fmt::to_string(route.open ? 101U : route.info.success_status)] = success_response(route);
    for (const auto& [status, codes] : errors_of(route)) {
        const std::string key = fmt::to_string(status);
        if (!responses.contains(key)) responses[key] = error_response(codes);
    }
    return responses;
}

array parameters_of(const Route& route) {
    array parameters;
    for (const std::string& segment : route.segments) {
        if (!segment.starts_with(':') && !segment.starts_with('*')) continue;
        const std::string name = segment.substr(1);
        const char* description = segment.starts_with('*') ? "What follows in the path." : "Which one.";
        parameters.push_back(object{{"name", name},
                                    {"in", "path"},
                                    {"required", true},
                                    {"description", description},
                                    {"schema", object{{"type", "string"}}}});
    }
    if (is_idempotent_by_key(route)) {
        const object text{{"type", "string"}, {"minLength", 1}, {"maxLength", 255}};
        const char* time = route.info.answers_credential ? "ten minutes" : "24 hours";
        parameters.push_back(object{
            {"name", "Idempotency-Key"},
            {"in", "header"},
            {"required", false},
            {"description",
             fmt::format("Chosen at random by the caller. A repeated request gets the first one's answer for {}.",
                         time)},
            {"schema", text}});
    }
    if (route.request == nullptr || !route.from_query()) return parameters;
    for (const FieldInfo& field : route.request->fields()) {
        object schema = json_schema(field.shape);
        if (field.default_value) schema["default"] = *field.default_value;
        if (field.example) schema["examples"] = array{*field.example};
        parameters.push_back(object{{"name", field.name},
                                    {"in", "query"},
                                    {"required", !field.optional},
                                    {"description", field.doc},
                                    {"schema", std::move(schema)}});
    }
    return parameters;
}

/// "/v1/users/:id" -> "/v1/users/{id}"
std::string openapi_path(const Route& route) {
    std::string path;
    for (const std::string& segment : route.segments) {
        const bool is_param = segment.starts_with(':') || segment.starts_with('*');
        path += is_param ? "/{" + segment.substr(1) + "}" : "/" + segment;
    }
    return path;
}

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

/// "get_v1_users_id"
std::string operation_id(const Route& route) {
    std::string id = lower(route.info.method);
    for (const char c : route.info.path) {
        const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (is_word) {
            id += c;
        } else if (id.back() != '_') {
            id += '_';
        }
    }
    return id;
}

object operation_of(const Route& route, Components& components) {
    object operation{{"operationId", operation_id(route)}, {"summary", route.info.summary}};
    if (!route.info.doc.empty()) operation["description"] = route.info.doc;
    if (!route.info.tag.empty()) operation["tags"] = array{route.info.tag};
    array parameters = parameters_of(route);
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (takes_body(route)) {
        components.add(*route.request, Role::kRequest);
        const object media{{"schema", reference(route.request->name())},
                           {"example", example_of(*route.request, Role::kRequest)}};
        operation["requestBody"] =
            object{{"required", route.request->has_required_field()}, {"content", object{{"application/json", media}}}};
    }
    if (route.response != nullptr && !route.response->fields().empty())
        components.add(*route.response, Role::kResponse);
    operation["responses"] = responses_of(route);
    if (needs_key(route)) {
        operation["security"] = array{object{{"bearer", array{}}}, object{{"header", array{}}}};
    } else {
        operation["security"] = array{};
    }
    return operation;
}

object security_schemes() {
    return object{
        {"bearer",
         object{{"type", "http"}, {"scheme", "bearer"}, {"description", "An API key, `fg_test_…` or `fg_live_…`."}}},
        {"header",
         object{{"type", "apiKey"}, {"in", "header"}, {"name", "x-api-key"}, {"description", "The same key."}}}};
}

}  // namespace

object openapi_document(const RouteTable& routes, const OpenApiInfo& info) {
    Components components;
    components.add("Error", error_schema());
    components.add("ValidationIssue", issue_schema());
    object paths;
    array tags;
    for (const Route& route : routes.routes()) {
        if (!route.info.in_openapi) continue;
        boost::json::value& item = paths[openapi_path(route)];
        if (item.is_null()) item = object{};
        item.as_object()[lower(route.info.method)] = operation_of(route, components);
        const object tag{{"name", route.info.tag}};
        if (!route.info.tag.empty() && std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
    }
    object document{{"openapi", "3.1.0"}};
    document["info"] = object{{"title", info.title}, {"version", info.version}, {"description", info.description}};
    document["servers"] = array{object{{"url", info.server_url}}};
    document["tags"] = std::move(tags);
    document["paths"] = std::move(paths);
    document["components"] = object{{"schemas", components.take()}, {"securitySchemes", security_schemes()}};
    return document;
}

}  // namespace facegate::api
