#include <fmt/format.h>

#include "api/endpoints/policy_types.h"
#include "api/services.h"
#include "domain/policies/saved_policy.h"

namespace facegate::api {

namespace {

template <class Config>
struct PolicyAnswer {
    std::string policy_type = Config::kType;
    Config config;

    static const Schema<PolicyAnswer>& schema() {
        static const Schema<PolicyAnswer> kSchema(
            Config::schema().name() + "Answer",
            {field("policy_type", &PolicyAnswer::policy_type, "Which policy it is.").one_of({Config::kType}),
             field("config", &PolicyAnswer::config, "Everything of it; what was never set has its default.")});
        return kSchema;
    }
};

template <class Config>
struct PolicySaved {
    std::string policy_type = Config::kType;
    std::string action;
    Config config;

    static const Schema<PolicySaved>& schema() {
        static const Schema<PolicySaved> kSchema(
            Config::schema().name() + "Saved",
            {field("policy_type", &PolicySaved::policy_type, "Which policy it is.").one_of({Config::kType}),
             field("action", &PolicySaved::action, "Whether the tenant had one of this type already.")
                 .one_of({"created", "updated"}),
             field("config", &PolicySaved::config, "Everything of it; what was never set has its default.")});
        return kSchema;
    }
};

template <class Config>
Result<PolicySaved<Config>> save(Services& services, const Call<typename Config::Request>& call) {
    return services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<PolicySaved<Config>> {
        const TimeMs now = services.clock.now();
        PolicySaved<Config> answer;
        answer.action = domain::has_saved_policy(tx, Config::kType) ? "updated" : "created";
        if (Result<void> changed = Config::change(tx, call.body, now); !changed) {
            return std::unexpected(std::move(changed.error()));
        }
        answer.config = Config::read(tx);
        services.audit.append(tx,
                              {call.caller.key.value, fmt::format("policy.{}_changed", Config::kType),
                               tx.scope().tenant.value, boost::json::serialize(Config::schema().write(answer.config))},
                              now);
        return answer;
    });
}

template <class Config>
void add_policy(RouteTable& routes, Services& services, const std::string& what) {
    const std::string path = fmt::format("/v1/policy/{}", Config::kType);
    routes.add<typename Config::Request, PolicySaved<Config>>(
        {.method = "POST",
         .path = path,
         .summary = "Set " + what,
         .doc =
             "Creates or updates the tenant's one policy of this type in the key's environment. Fields left out keep "
             "their saved or default value.",
         .tag = "Policies",
         .auth = Auth::kSecretKey},
        [&services](Call<typename Config::Request>& call) { return save<Config>(services, call); });
    routes.add<Nothing, PolicyAnswer<Config>>(
        {.method = "GET", .path = path, .summary = "Read " + what, .tag = "Policies", .auth = Auth::kSecretKey},
        [&services](Call<Nothing>& call) -> Result<PolicyAnswer<Config>> {
            PolicyAnswer<Config> answer;
            answer.config =
                services.database.read(call.caller.scope, [](sql::TenantTx& tx) { return Config::read(tx); });
            return answer;
        });
}

/// A JSON Schema, as far as it is the same for every policy.
struct PolicyFields {
    std::string dialect;
    std::string title;
    std::string type;
    boost::json::object properties;

    static const Schema<PolicyFields>& schema() {
        static const Schema<PolicyFields> kSchema(
            "PolicyFields",
            {field("$schema", &PolicyFields::dialect, "The dialect of JSON Schema.").example(kDialect),
             field("title", &PolicyFields::title, "Name of the request's type.").example("RotationPolicyRequest"),
             field("type", &PolicyFields::type, "What a request is.").one_of({"object"}),
             field("properties", &PolicyFields::properties, "The policy's fields by name, each with its JSON Schema.")
                 .example(json_schema(RotationRequest::schema(), Role::kRequest).at("properties"))});
        return kSchema;
    }

    static constexpr const char* kDialect = "https://json-schema.org/draft/2020-12/schema";
};

/// JSON Schema of what POST /v1/policy/<type> takes, by type.
const std::map<std::string, const ObjectSchema*>& request_schemas() {
    static const std::map<std::string, const ObjectSchema*> kSchemas{
        {RotationConfig::kType, &RotationRequest::schema()},
        {RiskConfig::kType, &RiskRequest::schema()},
        {ContinuousConfig::kType, &ContinuousRequest::schema()},
        {LivenessConfig::kType, &LivenessRequest::schema()}};
    return kSchemas;
}

Result<http::Response> schema_of(const CallContext& call) {
    const auto found = request_schemas().find(call.param("type"));
    if (found == request_schemas().end()) return fail(ErrorCode::kNotFound, "There is no policy of that type");
    boost::json::object schema{{"$schema", PolicyFields::kDialect}, {"title", found->second->name()}};
    for (const auto& member : json_schema(*found->second, Role::kRequest)) schema[member.key()] = member.value();
    return json_response(200, schema);
}

}  // namespace

void add_policy_routes(RouteTable& routes, Services& services) {
    add_policy<RotationConfig>(routes, services, "how long an enrollment is good for");
    add_policy<RiskConfig>(routes, services, "risk thresholds and lockout rules");
    add_policy<ContinuousConfig>(routes, services, "how long a sign-in may be trusted");
    add_policy<LivenessConfig>(routes, services, "what counts as proof of a living person");
    routes.add_raw(
        {.method = "GET",
         .path = "/v1/policy/:type/schema",
         .summary = "JSON Schema of a policy's fields",
         .doc = "Draft 2020-12, for `rotation`, `risk`, `continuous` or `liveness`: names, types, ranges and "
                "meaning, to build a form from.",
         .tag = "Policies",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [](CallContext& call) { return schema_of(call); }, &PolicyFields::schema());
}

}  // namespace facegate::api
