#pragma once

#include <optional>
#include <string>

/// What the administration's subcommands do. Each prints its result to standard output (or JSON) and throws
/// std::runtime_error with a message for the operator if it cannot.
namespace facegate::app {

struct AuditVerifyOrder {
    std::string tenant = {};       ///< empty: all
    std::string environment = {};  ///< empty: all
    std::string heads = {};        ///< file of published heads; empty: the data directory's, if it is there
    int heads_minutes = 60;  ///< how often the server publishes; older records without a published head are a problem
    bool no_heads = false;   ///< not a problem: nothing is published here
};
/// Checks chains and signed heads, with a progress bar where there is much. Throws if something was tampered with.
void verify_audit(const std::string& data_dir, bool json, const AuditVerifyOrder& order);

struct AuditSearchOrder {
    std::string tenant;
    std::string environment;
    std::optional<std::string> action;
    std::optional<std::string> actor;
    std::optional<std::string> subject;
    std::optional<std::string> request;
    std::string from;  ///< ISO 8601; empty: any
    std::string to;
    int limit = 100;
};
void search_audit(const std::string& data_dir, bool json, const AuditSearchOrder& order);

struct WhyOrder {
    std::string id;
    std::string tenant;       ///< empty: any
    std::string environment;  ///< empty: any
};
void explain_attempt(const std::string& data_dir, bool json, const WhyOrder& order);

void create_admin_token(const std::string& data_dir, bool json, const std::string& name, int days);
void list_admin_tokens(const std::string& data_dir, bool json);
void revoke_admin_token(const std::string& data_dir, bool json, const std::string& id);

void list_plans(const std::string& plans, bool json);
void assign_plan(const std::string& data_dir, bool json, const std::string& plans, const std::string& tenant,
                 const std::string& name);

void set_default_role(const std::string& data_dir, bool json, const std::string& tenant, const std::string& role);

}  // namespace facegate::app
