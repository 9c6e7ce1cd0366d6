#include "app/admin/admin_cli.h"

#include "app/admin/admin_commands.h"
#include "app/admin/doctor.h"
#include "domain/admin_tokens/admin_token.h"

namespace facegate::app {

namespace {

void add_audit_commands(CLI::App& app, CommonOptions& common) {
    CLI::App* audit = app.add_subcommand("audit", "The audit record");
    audit->require_subcommand(1);

    static AuditVerifyOrder verification;
    CLI::App* verify = audit->add_subcommand(
        "verify", "Check the chains and their signed heads; exit status 1 if one was changed, cut or rolled back");
    verify->add_option("--tenant", verification.tenant, "Only this tenant's");
    verify->add_option("--env", verification.environment, "Only this environment")
        ->check(CLI::IsMember({"test", "live", "demo"}));
    verify
        ->add_option("--heads", verification.heads,
                     "File of published heads (default: the server's setting, else audit-heads.jsonl in the data "
                     "directory)")
        ->envname("FACEGATE_AUDIT_HEADS");
    verify
        ->add_option("--heads-minutes", verification.heads_minutes,
                     "How often the server publishes: older records without any published head are a problem")
        ->envname("FACEGATE_AUDIT_HEADS_MINUTES")
        ->check(CLI::Range(1, 10'080))
        ->capture_default_str();
    verify->add_flag("--no-heads", verification.no_heads, "No published heads are expected here");
    verify->callback([&common] { verify_audit(common.data_dir, common.json, verification); });

    static AuditSearchOrder order;
    CLI::App* search = audit->add_subcommand("search", "Records of one tenant and environment, newest first");
    search->add_option("--tenant", order.tenant, "Tenant id; `server` for what concerns no tenant")->required();
    search->add_option("--env", order.environment, "test or live; live for `server`")
        ->required()
        ->check(CLI::IsMember({"test", "live", "demo"}));
    search->add_option("--action", order.action, "Only this action, e.g. user.deleted");
    search->add_option("--actor", order.actor, "Only what this actor did, e.g. a key's id");
    search->add_option("--subject", order.subject, "Only what was done to this id, e.g. a user's");
    search->add_option("--request", order.request, "Only sign-ins and enrollments of this request id");
    search->add_option("--from", order.from, "At or after this time, e.g. 2026-05-01T12:00:00Z");
    search->add_option("--to", order.to, "Before this time");
    search->add_option("--limit", order.limit, "At most so many")->check(CLI::Range(1, 10'000))->capture_default_str();
    search->callback([&common] { search_audit(common.data_dir, common.json, order); });
    for (CLI::App* command : {verify, search}) common.add_to(command);
}

void add_why_command(CLI::App& app, CommonOptions& common) {
    static WhyOrder order;
    CLI::App* why = app.add_subcommand("why", "Why one sign-in or enrollment went as it did: signals, match, risk");
    why->add_option("ID", order.id, "Id of the liveness session, the sign-in session or the request")->required();
    why->add_option("--tenant", order.tenant, "Only this tenant");
    why->add_option("--env", order.environment, "Only this environment")
        ->check(CLI::IsMember({"test", "live", "demo"}));
    why->callback([&common] { explain_attempt(common.data_dir, common.json, order); });
    common.add_to(why);
}

void add_token_commands(CLI::App& app, CommonOptions& common) {
    CLI::App* token = app.add_subcommand("admin-token", "Tokens for the administration's listener; two may be valid");
    token->require_subcommand(1);
    static std::string name;
    static std::string id;
    static int days = domain::kAdminTokenDays;

    CLI::App* create = token->add_subcommand("create", "Create a token; it is shown once");
    create->add_option("--name", name, "Who uses it");
    create->add_option("--days", days, "Days it is valid")
        ->check(CLI::Range(1, domain::kMaxAdminTokenDays))
        ->capture_default_str();
    create->callback([&common] { create_admin_token(common.data_dir, common.json, name, days); });

    CLI::App* list = token->add_subcommand("list", "List tokens (never their text)");
    list->callback([&common] { list_admin_tokens(common.data_dir, common.json); });

    CLI::App* revoke = token->add_subcommand("revoke", "Revoke a token at once");
    revoke->add_option("ID", id, "Token id")->required();
    revoke->callback([&common] { revoke_admin_token(common.data_dir, common.json, id); });
    for (CLI::App* command : {create, list, revoke}) common.add_to(command);
}

void add_plan_commands(CLI::App& app, CommonOptions& common) {
    CLI::App* plan = app.add_subcommand("plan", "Plans, and which tenant is on which");
    plan->require_subcommand(1);
    static std::string plans;
    static std::string tenant;
    static std::string name;

    CLI::App* list = plan->add_subcommand("list", "List the configured plans");
    list->callback([&common] { list_plans(plans, common.json); });

    CLI::App* assign = plan->add_subcommand("assign", "Put a tenant on a plan");
    assign->add_option("TENANT", tenant, "Tenant id")->required();
    assign->add_option("PLAN", name, "Name of the plan")->required();
    assign->callback([&common] { assign_plan(common.data_dir, common.json, plans, tenant, name); });
    for (CLI::App* command : {list, assign}) {
        common.add_to(command);
        command->add_option("--plans", plans, "JSON file of the plans, as the server's setting --plans")
            ->envname("FACEGATE_PLANS");
    }
}

void add_tenant_role_command(CLI::App& tenant, CommonOptions& common) {
    static std::string id;
    static std::string role;
    CLI::App* command = tenant.add_subcommand("role", "Role of users where the caller may not choose it");
    command->add_option("ID", id, "Tenant id")->required();
    command->add_option("ROLE", role, "e.g. user")->required();
    command->callback([&common] { set_default_role(common.data_dir, common.json, id, role); });
    common.add_to(command);
}

}  // namespace

void add_admin_commands(CLI::App& app, CommonOptions& common) {
    add_audit_commands(app, common);
    add_why_command(app, common);
    add_token_commands(app, common);
    add_plan_commands(app, common);
    add_tenant_role_command(*app.get_subcommand("tenant"), common);
}

void add_doctor_command(CLI::App& app, Config& config, CommonOptions& common) {
    CLI::App* doctor = app.add_subcommand(
        "doctor",
        "Check that this server can run: files, keys, database, packs, sandbox, limits; give it the settings "
        "of `serve`");
    add_settings(doctor, config);
    doctor->add_flag("--json", common.json, "Print JSON");
    doctor->callback([&config, &common] { run_doctor(config, common.json); });
}

}  // namespace facegate::app
