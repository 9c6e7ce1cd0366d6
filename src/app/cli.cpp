#include "app/cli.h"

#include <iostream>

#include "app/admin/admin_cli.h"
#include "app/bench/bench_commands.h"
#include "app/cli_options.h"
#include "app/commands.h"
#include "app/config.h"
#include "app/pack_commands.h"
#include "app/signing_key_commands.h"
#include "app/tenant_setting_commands.h"

namespace facegate::app {

namespace {

void add_tenant_liveness_command(CLI::App& tenant, CommonOptions& common) {
    static LivenessChange change;
    CLI::App* liveness = tenant.add_subcommand("liveness", "Show or change what counts as proof of a living person");
    liveness->add_option("ID", change.tenant, "Tenant id")->required();
    liveness->add_option("--env", change.environment, "test or live")
        ->required()
        ->check(CLI::IsMember({"test", "live"}));
    liveness
        ->add_option("--challenge", change.challenge,
                     "movement_and_light, or movement_allowed: a client may ask for a check without flashing light")
        ->check(CLI::IsMember({"movement_and_light", "movement_allowed"}));
    liveness
        ->add_option("--movement-step-up", change.movement_step_up,
                     "yes or no: a sign-in by movement alone gets a step-up token only")
        ->check(CLI::IsMember({"yes", "no"}));
    liveness->add_option("--min-confidence", change.min_confidence,
                         "Confidence from which on a person counts as living, 90 to 100");
    liveness->callback([&common] { change_liveness(common.data_dir, common.json, change); });
    common.add_to(liveness);
}

void add_tenant_commands(CLI::App& app, CommonOptions& common) {
    CLI::App* tenant = app.add_subcommand("tenant", "Create, list, suspend and resume tenants");
    tenant->require_subcommand(1);
    static std::string name;
    static std::string id;
    static std::vector<std::string> origins;

    CLI::App* create = tenant->add_subcommand("create", "Create a tenant");
    create->add_option("NAME", name, "What to call it")->required();
    create->add_option("--origin", origins,
                       "Web origin that may use the tenant's keys, e.g. https://app.example.com; repeatable");
    create->callback([&common] { create_tenant(common.data_dir, common.json, name, origins); });

    CLI::App* list = tenant->add_subcommand("list", "List tenants");
    list->callback([&common] { list_tenants(common.data_dir, common.json); });

    CLI::App* suspend = tenant->add_subcommand("suspend", "Answer 403 to all of a tenant's keys");
    suspend->add_option("ID", id, "Tenant id")->required();
    suspend->callback([&common] { suspend_tenant(common.data_dir, common.json, id); });

    CLI::App* resume = tenant->add_subcommand("resume", "Undo suspend");
    resume->add_option("ID", id, "Tenant id")->required();
    resume->callback([&common] { resume_tenant(common.data_dir, common.json, id); });

    CLI::App* allow = tenant->add_subcommand("origins", "Replace the web origins that may use a tenant's keys");
    allow->add_option("ID", id, "Tenant id")->required();
    allow->add_option("ORIGIN", origins, "e.g. https://app.example.com; none: no browser may");
    allow->callback([&common] { set_tenant_origins(common.data_dir, common.json, id, origins); });

    static MatchingChange matching;
    CLI::App* match = tenant->add_subcommand("matching", "Show or change how sure a match must be");
    match->add_option("ID", matching.tenant, "Tenant id")->required();
    match->add_option("--env", matching.environment, "test or live")
        ->required()
        ->check(CLI::IsMember({"test", "live"}));
    match->add_option("--target-fmr", matching.target_fmr, "1:1 false-match rate, 1e-9 to 1e-2");
    match->add_option("--target-fpir", matching.target_fpir, "False positives of a search, 1e-9 to 1e-1");
    match->add_option("--duplicate-fmr", matching.duplicate_fmr, "Duplicates at enrollment, 1e-9 to 1e-2");
    match->add_option("--learning", matching.learning, "on or off: templates learn from very sure sign-ins");
    match->callback([&common] { change_matching(common.data_dir, common.json, matching); });

    for (CLI::App* command : {create, list, suspend, resume, allow, match}) common.add_to(command);
    add_tenant_liveness_command(*tenant, common);
    add_tenant_setting_commands(*tenant, common);
}

void add_key_commands(CLI::App& app, CommonOptions& common) {
    CLI::App* key = app.add_subcommand("key", "Create, list and revoke API keys; a running server knows at once");
    key->require_subcommand(1);
    static NewKey created;
    static std::string tenant;
    static std::string id;

    CLI::App* create = key->add_subcommand("create", "Create a key; it is shown once");
    create->add_option("--tenant", created.tenant, "Tenant id")->required();
    create->add_option("--env", created.environment, "test or live")
        ->required()
        ->check(CLI::IsMember({"test", "live"}));
    create->add_option("--name", created.name, "What it is for");
    create->add_flag(
        "--publishable", created.publishable,
        "For web pages and apps, where everybody can read it; without it the key is secret and may do everything");
    create->add_option("--expires-days", created.expires_days, "Days it is valid; 0: until revoked")
        ->check(CLI::Range(0, 36500))
        ->capture_default_str();
    create->callback([&common] { create_key(common.data_dir, common.json, created); });

    CLI::App* list = key->add_subcommand("list", "List keys (never their text)");
    list->add_option("--tenant", tenant, "Only this tenant's");
    list->callback([&common] { list_keys(common.data_dir, common.json, tenant); });

    CLI::App* revoke = key->add_subcommand("revoke", "Revoke a key at once");
    revoke->add_option("KEY_ID", id, "Key id")->required();
    revoke->callback([&common] { revoke_key(common.data_dir, common.json, id); });

    for (CLI::App* command : {create, list, revoke}) common.add_to(command);
}

void add_other_commands(CLI::App& app, Config& config, CommonOptions& common) {
    CLI::App* serve_command = app.add_subcommand("serve", "Start the server");
    add_settings(serve_command, config);
    serve_command->callback([&config] { serve(resolved(config)); });

    CLI::App* show = app.add_subcommand("config", "Show every setting: flag, environment variable, default, value");
    add_settings(show, config);
    show->add_flag("--json", common.json, "Print JSON");
    show->callback([&] { print_config(config, common.json); });
}

}  // namespace

int run_cli(int argc, char** argv) {
    CLI::App app{
        "FaceGate: self-hosted face authentication\n"
        "\n"
        "  facegate serve                              start the server\n"
        "  facegate tenant create \"Acme\"               a customer of this server\n"
        "  facegate key create --tenant ID --env test  an API key for it\n",
        "facegate"};
    app.set_version_flag("--version", "facegate " FACEGATE_VERSION);
    app.require_subcommand(1);
    Config config;
    CommonOptions common;
    add_other_commands(app, config, common);
    add_tenant_commands(app, common);
    add_key_commands(app, common);
    add_admin_commands(app, common);
    add_doctor_command(app, config, common);
    add_pack_commands(app, config);
    add_signing_key_commands(app);
    add_bench_commands(app);
    try {
        app.parse(argc, argv);
        return 0;
    } catch (const CLI::ParseError& error) {
        const int status = app.exit(error);
        return status == 0 ? 0 : 2;
    } catch (const std::invalid_argument& error) {
        std::cerr << "facegate: " << error.what() << '\n';
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "facegate: " << error.what() << '\n';
        return 1;
    }
}

}  // namespace facegate::app
