#include "app/admin/admin_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "api/endpoints/audit_record.h"
#include "app/admin/admin_answers.h"
#include "app/admin/admin_requests.h"
#include "app/admin/explanation.h"
#include "app/audit_heads_file.h"
#include "app/bench/progress.h"
#include "app/command_session.h"
#include "domain/audit/audit_verification.h"
#include "domain/audit/signed_head.h"

namespace facegate::app {

namespace {

namespace json = boost::json;

constexpr std::size_t kRecordsWorthABar = 20'000;
constexpr std::chrono::minutes kPublishingTime{5};  ///< what publishing may be late

bool wanted(const Scope& scope, const std::string& tenant, const std::string& environment) {
    return (tenant.empty() || scope.tenant.value == tenant) &&
           (environment.empty() || environment == name_of(scope.environment));
}

/// The scopes to look at: those the database knows, and those that only published heads still know.
std::vector<Scope> scopes_of(CommandSession& session, const HeadsFile& file) {
    auto scopes = session.database().read_system([](sql::SystemTx& tx) { return domain::audited_scopes(tx); });
    for (const domain::AuditHead& head : file.heads) scopes.push_back(head.scope);
    std::ranges::sort(scopes);
    const auto same = std::ranges::unique(scopes);
    scopes.erase(same.begin(), same.end());
    return scopes;
}

HeadsFile heads_file(const std::string& data_dir, const std::string& named, const domain::HeadSigner& signer) {
    const std::string usual = (std::filesystem::path(data_dir) / "audit-heads.jsonl").string();
    std::error_code error;
    if (named.empty() && !std::filesystem::exists(usual, error)) return {};
    return read_heads(named.empty() ? usual : named, signer);
}

json::object verification_json(const Scope& scope, const domain::AuditVerification& result) {
    json::array problems;
    for (const domain::AuditProblem& problem : result.problems) {
        problems.push_back(
            json::object{{"kind", domain::name_of(problem.kind)}, {"record", problem.seq}, {"problem", problem.text}});
    }
    return {{"tenant_id", scope.tenant.value}, {"environment", name_of(scope.environment)},
            {"records", result.records},       {"signed_heads", result.heads},
            {"intact", result.intact()},       {"problems", std::move(problems)}};
}

std::string verification_line(const Scope& scope, const domain::AuditVerification& result) {
    std::string text =
        fmt::format("{:<26}  {:<4}  {:>9} records  {:>6} signed heads  {}\n", scope.tenant.value,
                    name_of(scope.environment), result.records, result.heads, result.intact() ? "intact" : "BROKEN");
    for (const domain::AuditProblem& problem : result.problems) text += "  " + problem.text + "\n";
    return text;
}

std::size_t records_in(CommandSession& session) {
    return session.database().read_system([](sql::SystemTx& tx) {
        return static_cast<std::size_t>(tx.query("SELECT COALESCE(SUM(seq), 0) FROM audit_heads").front().integer(0));
    });
}

std::optional<TimeMs> time_named(const char* option, const std::string& text) {
    if (text.empty()) return std::nullopt;
    const auto time = from_iso8601(text);
    if (!time) throw std::invalid_argument(fmt::format("{} {}: expected e.g. 2026-05-01T12:00:00Z", option, text));
    return time;
}

}  // namespace

void verify_audit(const std::string& data_dir, bool as_json, const AuditVerifyOrder& order) {
    CommandSession session(data_dir);
    const domain::AuditTrail trail(*session.data.vault);
    const domain::HeadSigner signer = session.database().read_system(
        [&](sql::SystemTx& tx) { return domain::HeadSigner::load(tx, *session.data.vault); });
    const HeadsFile file = heads_file(data_dir, order.heads, signer);
    std::optional<Progress> progress;
    if (const std::size_t total = records_in(session); total >= kRecordsWorthABar) {
        progress.emplace("Checking", "records", total);
    }
    const auto visit = [&](std::int64_t, const Bytes&) {
        if (progress) progress->done();
    };
    const TimeMs published_by = session.clock.now() - std::chrono::minutes(order.heads_minutes) - kPublishingTime;
    bool intact = file.bad_lines.empty();
    json::array list;
    std::string lines;
    for (const Scope& scope : scopes_of(session, file)) {
        if (!wanted(scope, order.tenant, order.environment)) continue;
        const auto result = session.database().read(scope, [&](sql::TenantTx& tx) {
            auto checked = domain::verify_audit(tx, trail, signer, file.heads, visit);
            const auto missing = domain::missing_heads(tx, file.heads, published_by);
            if (missing && !order.no_heads) checked.problems.push_back(*missing);
            return checked;
        });
        intact = intact && result.intact();
        list.push_back(verification_json(scope, result));
        lines += verification_line(scope, result);
    }
    progress.reset();
    if (as_json) {
        print_json(json::object{{"intact", intact},
                                {"published_heads", file.heads.size()},
                                {"bad_lines", json::value_from(file.bad_lines)},
                                {"chains", std::move(list)}});
    } else {
        std::cout << lines << fmt::format("{} published heads read.\n", file.heads.size());
        for (const std::size_t line : file.bad_lines) {
            std::cout << fmt::format("  line {} of the published heads is none that this server signed\n", line);
        }
    }
    if (!intact) {
        throw std::runtime_error(
            "the audit record was tampered with, the database was rolled back, or published heads are missing");
    }
}

void search_audit(const std::string& data_dir, bool as_json, const AuditSearchOrder& order) {
    const domain::AuditFilter filter{.action = order.action,
                                     .actor = order.actor,
                                     .subject = order.subject,
                                     .reference = order.request,
                                     .from = time_named("--from", order.from),
                                     .to = time_named("--to", order.to)};
    CommandSession session(data_dir);
    const Scope scope{TenantId(order.tenant), environment_named(order.environment)};
    const auto records = session.administration().search_audit(scope, filter, order.limit);
    if (as_json) {
        json::array list;
        for (const domain::AuditRecord& record : records) {
            list.push_back(api::AuditRecordItem::schema().write(api::AuditRecordItem::of(record)));
        }
        return print_json(list);
    }
    for (const domain::AuditRecord& record : records) {
        std::cout << fmt::format("{:>8}  {}  {:<26}  {:<24}  {}  {}\n", record.seq, to_iso8601(record.at), record.actor,
                                 record.action, record.subject.value_or("-"), record.details);
    }
    if (records.empty()) std::cout << "No such record.\n";
}

void explain_attempt(const std::string& data_dir, bool as_json, const WhyOrder& order) {
    CommandSession session(data_dir);
    const auto given = [](const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); };
    const auto attempt =
        value_or_throw(session.administration().attempt(order.id, given(order.tenant), given(order.environment)));
    const Explanation explanation = explain(attempt.scope, attempt.records);
    if (as_json) return print_json(Explanation::schema().write(explanation));
    std::cout << explanation_text(explanation);
}

void create_admin_token(const std::string& data_dir, bool as_json, const std::string& name, int days) {
    CommandSession session(data_dir);
    const auto created = value_or_throw(session.administration().create_token(kCommandActor, name, days));
    if (as_json) {
        AdminTokenItem item = AdminTokenItem::of(created.token);
        item.token = created.text;
        return print_json(AdminTokenItem::schema().write(item));
    }
    std::cout << created.text << '\n';
    std::cerr << "This is the only time the token is shown. Its id is " << created.token.id << "; it is valid until "
              << to_iso8601(created.token.expires_at) << ".\n";
}

void list_admin_tokens(const std::string& data_dir, bool as_json) {
    CommandSession session(data_dir);
    const auto tokens = session.administration().tokens();
    if (as_json) {
        json::array list;
        for (const domain::AdminToken& token : tokens) {
            list.push_back(AdminTokenItem::schema().write(AdminTokenItem::of(token)));
        }
        return print_json(list);
    }
    const TimeMs now = session.clock.now();
    for (const domain::AdminToken& token : tokens) {
        std::cout << fmt::format("{}  {:<8}  until {}  last used {}  {}\n", token.id,
                                 token.valid_at(now) ? "valid" : (token.revoked_at ? "revoked" : "expired"),
                                 to_iso8601(token.expires_at),
                                 token.last_used_at ? to_iso8601(*token.last_used_at) : "never", token.name);
    }
    if (tokens.empty()) std::cout << "No admin token yet. Create one: facegate admin-token create\n";
}

void revoke_admin_token(const std::string& data_dir, bool as_json, const std::string& id) {
    CommandSession session(data_dir);
    const auto token = value_or_throw(session.administration().revoke_token(kCommandActor, id));
    if (as_json) return print_json(AdminTokenItem::schema().write(AdminTokenItem::of(token)));
    std::cout << id << " is revoked.\n";
}

void list_plans(const std::string& plans, bool as_json) {
    json::array list;
    for (const domain::Plan& plan : load_plans(plans)) {
        list.push_back(PlanItem::schema().write(PlanItem::of(plan)));
        if (as_json) continue;
        std::cout << plan.name;
        for (const auto& [name, amount] : plan.limits) std::cout << fmt::format("  {} {:g}", name, amount);
        std::cout << '\n';
    }
    if (as_json) print_json(list);
}

void assign_plan(const std::string& data_dir, bool as_json, const std::string& plans, const std::string& tenant,
                 const std::string& name) {
    CommandSession session(data_dir);
    const auto changed =
        value_or_throw(session.administration(plans).change_tenant(kCommandActor, TenantId(tenant), {.plan = name}));
    if (as_json) return print_json(TenantItem::schema().write(TenantItem::of(changed)));
    std::cout << changed.id.value << " is on plan " << changed.plan << ".\n";
}

void set_default_role(const std::string& data_dir, bool as_json, const std::string& tenant, const std::string& role) {
    CommandSession session(data_dir);
    const auto changed =
        value_or_throw(session.administration().change_tenant(kCommandActor, TenantId(tenant), {.default_role = role}));
    if (as_json) return print_json(TenantItem::schema().write(TenantItem::of(changed)));
    std::cout << "Users of " << changed.id.value << " get the role " << changed.default_role << ".\n";
}

}  // namespace facegate::app
