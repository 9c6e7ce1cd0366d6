#include "app/admin/admin_requests.h"

namespace facegate::app {

using api::field;
using api::Schema;

namespace {

template <class T>
api::Field<T> environment_field(std::string T::* member) {
    return field("environment", member, "Which of the tenant's environments.").one_of({"test", "live"});
}

/// A filter of the audit search inside the administration's request: the answer is flat.
template <class Member>
api::Field<AdminAuditRequest> search_field(const char* name, Member api::AuditSearch::* member, const char* doc) {
    api::Field<AdminAuditRequest> made;
    made.info.name = name;
    made.info.doc = doc;
    made.info.shape = api::Codec<Member>::shape();
    made.info.optional = true;
    made.read = [member](const boost::json::value& value, AdminAuditRequest& owner) {
        owner.search.*member = api::Codec<Member>::read(value);
    };
    made.write = [member](const AdminAuditRequest& owner) { return api::Codec<Member>::write(owner.search.*member); };
    return made;
}

}  // namespace

Environment environment_named(std::string_view name) {
    if (name == facegate::name_of(Environment::kLive)) return Environment::kLive;
    return name == facegate::name_of(Environment::kDemo) ? Environment::kDemo : Environment::kTest;
}

domain::TenantChange TenantRequest::change() const {
    domain::TenantChange change{name, {}, allowed_origins, default_role, plan, publishable_enroll, retention_days};
    if (status) {
        change.status = *status == "active" ? domain::TenantStatus::kActive : domain::TenantStatus::kSuspended;
    }
    return change;
}

const Schema<TenantRequest>& TenantRequest::schema() {
    using Request = TenantRequest;
    static const Schema<Request> kSchema(
        "TenantChange",
        {field("name", &Request::name, "What to call it; needed for a new one.")
             .min_length(1)
             .max_length(200)
             .example("Acme"),
         field("status", &Request::status, "`suspended` answers 403 to all of its keys.")
             .one_of({"active", "suspended"}),
         field("allowed_origins", &Request::allowed_origins,
               "Web origins that may use the tenant's keys, e.g. https://app.example.com; replaces the list.")
             .max_items(100)
             .example(boost::json::array{"https://app.example.com"}),
         field("default_role", &Request::default_role, "Role of users where the caller may not choose it.")
             .min_length(1)
             .max_length(100),
         field("plan", &Request::plan, "Name of a configured plan.").min_length(1).max_length(50),
         field("publishable_enroll", &Request::publishable_enroll,
               "`true`: people may enroll themselves, with a publishable key, by a liveness session; their role is "
               "`default_role`."),
         field("retention_days", &Request::retention_days,
               "Templates that nobody used, by a verification or an enrollment, for so many days are destroyed. A "
               "smaller number counts at once, for those that are there already.")
             .min(1)
             .max(domain::kMaxRetentionDays)});
    return kSchema;
}

const Schema<EnvironmentRequest>& EnvironmentRequest::schema() {
    static const Schema<EnvironmentRequest> kSchema("EnvironmentRequest",
                                                    {environment_field(&EnvironmentRequest::environment)});
    return kSchema;
}

std::optional<domain::MatchPolicyChange> SettingsRequest::matching() const {
    if (!target_fmr && !target_fpir && !duplicate_fmr && !learn_templates) return std::nullopt;
    return domain::MatchPolicyChange{target_fmr, target_fpir, duplicate_fmr, learn_templates};
}

std::optional<domain::LivenessPolicyChange> SettingsRequest::liveness() const {
    if (!challenge && !movement_step_up && !min_confidence) return std::nullopt;
    return domain::LivenessPolicyChange{challenge ? domain::challenge_choice(*challenge) : std::nullopt,
                                        movement_step_up, min_confidence};
}

const Schema<SettingsRequest>& SettingsRequest::schema() {
    using Request = SettingsRequest;
    static const Schema<Request> kSchema(
        "TenantSettingsChange",
        {environment_field(&Request::environment),
         field("target_fmr", &Request::target_fmr, "1:1 false-match rate, 1e-9 to 1e-2.").example(1e-5),
         field("target_fpir", &Request::target_fpir, "False positives of a search, 1e-9 to 1e-1."),
         field("duplicate_fmr", &Request::duplicate_fmr, "Duplicates at enrollment, 1e-9 to 1e-2."),
         field("learn_templates", &Request::learn_templates, "Whether very sure sign-ins improve templates."),
         field("challenge", &Request::challenge,
               "`movement_allowed`: a client may ask for a liveness check without flashing light.")
             .one_of({"movement_and_light", "movement_allowed"}),
         field("movement_step_up", &Request::movement_step_up,
               "Whether a sign-in by movement alone gets a step-up token only."),
         field("min_confidence", &Request::min_confidence,
               "From which confidence on a person counts as living, 90-100.")
             .example(95)});
    return kSchema;
}

SettingsItem SettingsItem::of(const Scope& scope, const TenantSettings& settings) {
    return {scope.tenant,
            facegate::name_of(scope.environment),
            settings.matching.target_fmr,
            settings.matching.target_fpir,
            settings.matching.duplicate_fmr,
            settings.matching.learn_templates,
            std::string(domain::name_of(settings.liveness.challenge)),
            settings.liveness.movement_step_up,
            settings.liveness.min_confidence};
}

const Schema<SettingsItem>& SettingsItem::schema() {
    using Item = SettingsItem;
    static const Schema<Item> kSchema(
        "TenantSettings",
        {field("tenant_id", &Item::tenant_id, "Whose settings they are."),
         field("environment", &Item::environment, "Of which environment."),
         field("target_fmr", &Item::target_fmr, "1:1 false-match rate."),
         field("target_fpir", &Item::target_fpir, "False positives of a search."),
         field("duplicate_fmr", &Item::duplicate_fmr, "Duplicates at enrollment."),
         field("learn_templates", &Item::learn_templates, "Whether very sure sign-ins improve templates."),
         field("challenge", &Item::challenge, "Which liveness challenges clients may choose from."),
         field("movement_step_up", &Item::movement_step_up,
               "Whether a sign-in by movement alone gets a step-up token only."),
         field("min_confidence", &Item::min_confidence, "From which confidence on a person counts as living.")});
    return kSchema;
}

const Schema<KeyRequest>& KeyRequest::schema() {
    static const Schema<KeyRequest> kSchema(
        "NewApiKey",
        {environment_field(&KeyRequest::environment),
         field("name", &KeyRequest::name, "What it is for.").max_length(200).default_value(""),
         field("expires_days", &KeyRequest::expires_days, "Days it is valid; 0: until it is revoked.")
             .min(0)
             .max(36500)
             .default_value(0),
         field("publishable", &KeyRequest::publishable,
               "For web pages and apps, where everybody can read it; otherwise the key is secret and may do "
               "everything.")
             .default_value(false)});
    return kSchema;
}

const Schema<TokenRequest>& TokenRequest::schema() {
    static const Schema<TokenRequest> kSchema(
        "NewAdminToken", {field("name", &TokenRequest::name, "Who uses it.").max_length(200).default_value(""),
                          field("days", &TokenRequest::days, "Days it is valid.")
                              .min(1)
                              .max(domain::kMaxAdminTokenDays)
                              .default_value(domain::kAdminTokenDays)});
    return kSchema;
}

const Schema<AdminAuditRequest>& AdminAuditRequest::schema() {
    using Search = api::AuditSearch;
    static const Schema<AdminAuditRequest> kSchema(
        "AdminAuditSearch",
        {field("tenant_id", &AdminAuditRequest::tenant_id, "Whose record; `server` for what concerns no tenant.")
             .min_length(1)
             .max_length(128),
         field("environment", &AdminAuditRequest::environment, "Which environment; `live` for `server`.")
             .one_of({"test", "live", "demo"}),
         search_field("action", &Search::action, "Only this action.").min_length(1).max_length(100),
         search_field("actor", &Search::actor, "Only what this actor did.").min_length(1).max_length(128),
         search_field("subject", &Search::subject, "Only what was done to this id.").min_length(1).max_length(128),
         search_field("request_id", &Search::request_id, "Only sign-ins and enrollments of this request.")
             .min_length(1)
             .max_length(128),
         search_field("from", &Search::from, "At or after this time."),
         search_field("to", &Search::to, "Before this time."),
         search_field("limit", &Search::limit, "At most so many, 1 to 200.").min(1).max(200).default_value(50),
         search_field("cursor", &Search::cursor, "`next_cursor` of the page before; with the same filters.")
             .min_length(1)
             .max_length(512)});
    return kSchema;
}

const Schema<WhyRequest>& WhyRequest::schema() {
    static const Schema<WhyRequest> kSchema(
        "WhyRequest",
        {field("id", &WhyRequest::id, "Id of the liveness session, of the sign-in session, or of the request.")
             .example("a1b2c3d4-0f5e-4a6b-8c7d-9e0f1a2b3c4d")
             .min_length(1)
             .max_length(128),
         field("tenant_id", &WhyRequest::tenant_id, "Only this tenant.").min_length(1).max_length(128),
         field("environment", &WhyRequest::environment, "Only this environment.").one_of({"test", "live", "demo"})});
    return kSchema;
}

template <>
const Schema<ListOf<TenantItem>>& ListOf<TenantItem>::schema() {
    static const Schema<ListOf> kSchema("Tenants", {field("tenants", &ListOf::items, "Oldest first.")});
    return kSchema;
}

template <>
const Schema<ListOf<KeyItem>>& ListOf<KeyItem>::schema() {
    static const Schema<ListOf> kSchema("ApiKeys", {field("keys", &ListOf::items, "Oldest first; never their text.")});
    return kSchema;
}

template <>
const Schema<ListOf<AdminTokenItem>>& ListOf<AdminTokenItem>::schema() {
    static const Schema<ListOf> kSchema("AdminTokens",
                                        {field("tokens", &ListOf::items, "Newest first; never their text.")});
    return kSchema;
}

template <>
const Schema<ListOf<PlanItem>>& ListOf<PlanItem>::schema() {
    static const Schema<ListOf> kSchema("Plans", {field("plans", &ListOf::items, "As configured.")});
    return kSchema;
}

}  // namespace facegate::app
