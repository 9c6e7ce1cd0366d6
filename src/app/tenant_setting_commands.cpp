#include "app/tenant_setting_commands.h"

#include <fmt/format.h>

#include "app/admin/admin_answers.h"
#include "app/command_session.h"

namespace facegate::app {

namespace {

domain::Tenant shown_or_changed(const std::string& data_dir, const std::string& tenant,
                                const std::optional<domain::TenantChange>& change) {
    CommandSession session(data_dir);
    Administration administration = session.administration();
    const TenantId id(tenant);
    return value_or_throw(change ? administration.change_tenant(kCommandActor, id, *change)
                                 : administration.tenant(id));
}

}  // namespace

void change_enrollment(const std::string& data_dir, bool as_json, const std::string& tenant,
                       std::optional<bool> browser) {
    std::optional<domain::TenantChange> change;
    if (browser) change = {.publishable_enroll = *browser};
    const domain::Tenant now = shown_or_changed(data_dir, tenant, change);
    if (as_json) return print_json(TenantItem::schema().write(TenantItem::of(now)));
    std::cout << fmt::format(
        "browser  {:<4}  whether people may enroll themselves with a publishable key, by a liveness session\n"
        "role     {}  of who does\n",
        now.publishable_enroll ? "on" : "off", now.default_role);
}

void change_retention(const std::string& data_dir, bool as_json, const std::string& tenant, std::optional<int> days) {
    std::optional<domain::TenantChange> change;
    if (days) change = {.retention_days = *days};
    const domain::Tenant now = shown_or_changed(data_dir, tenant, change);
    if (as_json) return print_json(TenantItem::schema().write(TenantItem::of(now)));
    std::cout << fmt::format("Templates that nobody used for {} {} are destroyed.\n", now.retention_days,
                             now.retention_days == 1 ? "day" : "days");
}

void add_tenant_setting_commands(CLI::App& tenant, CommonOptions& common) {
    static std::string id;
    static std::optional<bool> browser;
    static std::optional<int> days;

    CLI::App* enrollment = tenant.add_subcommand("enrollment", "Show or change who may enroll people");
    enrollment
        ->add_option("--browser", browser, "on or off: people enroll themselves, with a publishable key and a camera")
        ->check(CLI::IsMember({"on", "off"}));
    enrollment->callback([&common] { change_enrollment(common.data_dir, common.json, id, browser); });

    CLI::App* retention = tenant.add_subcommand("retention", "Show or change how long unused templates are kept");
    retention
        ->add_option("--days", days,
                     "Days since the last verification or enrollment, 1 to 1095; fewer than now destroys templates")
        ->check(CLI::Range(1, domain::kMaxRetentionDays));
    retention->callback([&common] { change_retention(common.data_dir, common.json, id, days); });
    for (CLI::App* command : {enrollment, retention}) {
        command->add_option("ID", id, "Tenant id")->required();
        common.add_to(command);
    }
}

}  // namespace facegate::app
