#include "api/openapi.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "api/openapi_answers.h"
#include "api/schema_example.h"

namespace facegate::api {

namespace {

using boost::json::array;
using boost::json::object;

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

bool takes_body(const Route& route) {
    return route.request != nullptr && !route.from_query() && !route.request->fields().empty();
}

struct IdDoc {
    std::string_view segment;  ///< before `:id`
    const char* text;
};
constexpr std::array kIdDocs{IdDoc{"users", "Id of the user."},       IdDoc{"session", "Id of the session."},
                             IdDoc{"sessions", "Id of the session."}, IdDoc{"devices", "Id of the device."},
                             IdDoc{"consent", "Id of the consent."},  IdDoc{"tenants", "Id of the tenant."},
                             IdDoc{"keys", "Id of the API key."},     IdDoc{"tokens", "Id of the admin token."}};

const char* path_doc(const std::string& before, const std::string& name) {
    if (name == "sessionId") return "Id of the liveness session.";
    if (name == "face_id") return "Id of the face.";
    if (name == "type") return "Which policy: `rotation`, `risk`, `continuous` or `liveness`.";
    const auto found = std::ranges::find(kIdDocs, before, &IdDoc::segment);
    return found == kIdDocs.end() ? "What follows in the path." : found->text;
}

object header_parameter(const char* name, std::string_view description, object schema) {
    return object{{"name", name},
                  {"in", "header"},
                  {"required", false},
                  {"description", description},
                  {"schema", std::move(schema)}};
}

void add_header_parameters(array& parameters, const Route& route, const OpenApiInfo& info) {
    if (is_idempotent_by_key(route, info.administration)) {
        const char* time = route.info.answers_credential ? "ten minutes" : "24 hours";
        parameters.push_back(header_parameter(
            "Idempotency-Key",
            fmt::format("Chosen at random by the caller. A repeated request gets the first one's answer for {}.", time),
            {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}}));
    }
    if (!route.info.reads_sender) return;
    parameters.push_back(header_parameter(
        "x-device-id",
        "The device's stable id: letters, digits, `-`, `_`, `.` and `:`. Without one the id is made from the "
        "fingerprint, else it is a new one; verify answers it as `device_id`.",
        {{"type", "string"}, {"minLength", 1}, {"maxLength", 128}, {"examples", array{"dev_9Sg3yLp7CvMk4Za5TnBx1E"}}}));
    parameters.push_back(
        header_parameter("x-device-fingerprint", "A SHA-256 that only this device makes. Tokens are bound to it.",
                         {{"type", "string"},
                          {"format", "sha256-hex"},
                          {"examples", array{"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}}}));
    parameters.push_back(
        header_parameter("DPoP", "A proof of possession (RFC 9449) for this request. Tokens are bound to its key.",
                         {{"type", "string"}}));
}

array parameters_of(const Route& route, const OpenApiInfo& info) {
    array parameters;
    std::string before;
    for (const std::string& segment : route.segments) {
        if (segment.starts_with(':') || segment.starts_with('*')) {
            const std::string name = segment.substr(1);
            parameters.push_back(object{{"name", name},
                                        {"in", "path"},
                                        {"required", true},
                                        {"description", path_doc(before, name)},
                                        {"schema", object{{"type", "string"}}}});
        }
        before = segment;
    }
    add_header_parameters(parameters, route, info);
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

/// The alternatives of which a caller presents one.
array security_of(const Route& route, const OpenApiInfo& info) {
    const auto either = [](std::initializer_list<const char*> schemes) {
        array list;
        for (const char* scheme : schemes) list.push_back(object{{scheme, array{}}});
        return list;
    };
    if (route.info.takes_demo_token) return either({"demoToken"});
    if (!needs_key(route)) return {};
    if (info.administration) return either({"adminToken", "adminTokenHeader"});
    if (route.info.auth == Auth::kSecretKey) return either({"secretKey", "secretKeyHeader"});
    return either({"secretKey", "secretKeyHeader", "publishableKey", "publishableKeyHeader"});
}

object operation_of(const Route& route, const OpenApiInfo& info, Components& components) {
    object operation{{"operationId", operation_id(route)}, {"summary", route.info.summary}};
    if (!route.info.doc.empty()) operation["description"] = route.info.doc;
    if (!route.info.tag.empty()) operation["tags"] = array{route.info.tag};
    array parameters = parameters_of(route, info);
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (takes_body(route)) {
        components.add(*route.request, Role::kRequest);
        const object media{{"schema", schema_reference(route.request->name())},
                           {"example", example_of(*route.request, Role::kRequest)}};
        operation["requestBody"] =
            object{{"required", route.request->has_required_field()}, {"content", object{{"application/json", media}}}};
    }
    if (route.response != nullptr && !route.response->fields().empty())
        components.add(*route.response, Role::kResponse);
    operation["responses"] = responses_of(route, info.administration);
    operation["security"] = security_of(route, info);
    return operation;
}

/// One scheme for each way in that some operation names.
object security_schemes(const object& paths) {
    const auto bearer = [](const char* description) {
        return object{{"type", "http"}, {"scheme", "bearer"}, {"description", description}};
    };
    const auto header = [](const char* description) {
        return object{{"type", "apiKey"}, {"in", "header"}, {"name", "x-api-key"}, {"description", description}};
    };
    const object all{
        {"secretKey", bearer("A secret key, `fg_test_…` or `fg_live_…`: for servers, with every right.")},
        {"secretKeyHeader", header("The same secret key.")},
        {"publishableKey", bearer("A publishable key, `fg_test_pub_…` or `fg_live_pub_…`: for pages and apps.")},
        {"publishableKeyHeader", header("The same publishable key.")},
        {"demoToken", bearer("The verification token that `POST /demo/verify` answered.")},
        {"adminToken", bearer("An admin token, `fga_…`.")},
        {"adminTokenHeader", header("The same token.")}};
    object used;
    for (const auto& [name, scheme] : all) {
        const bool named = std::ranges::any_of(paths, [&, wanted = std::string(name)](const auto& path) {
            return std::ranges::any_of(path.value().as_object(), [&](const auto& operation) {
                return std::ranges::any_of(operation.value().at("security").as_array(),
                                           [&](const auto& one) { return one.as_object().contains(wanted); });
            });
        });
        if (named) used[name] = scheme;
    }
    return used;
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
        item.as_object()[lower(route.info.method)] = operation_of(route, info, components);
        const object tag{{"name", route.info.tag}};
        if (!route.info.tag.empty() && std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
    }
    object document{{"openapi", "3.1.0"}};
    document["info"] = object{{"title", info.title}, {"version", info.version}, {"description", info.description}};
    document["servers"] = array{object{{"url", info.server_url}}};
    document["tags"] = std::move(tags);
    object schemes = security_schemes(paths);
    document["paths"] = std::move(paths);
    document["components"] = object{{"schemas", components.take()},
                                    {"headers", header_components(info.administration)},
                                    {"securitySchemes", std::move(schemes)}};
    return document;
}

}  // namespace facegate::api
