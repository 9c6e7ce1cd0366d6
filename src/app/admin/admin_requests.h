#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/endpoints/audit_record.h"
#include "api/schema.h"
#include "app/admin/admin_answers.h"
#include "app/admin/administration.h"

namespace facegate::app {

/// What the administration's routes take and give, beside admin_answers.h.

struct TenantRequest {
    std::optional<std::string> name;
    std::optional<std::string> status;
    std::optional<std::vector<std::string>> allowed_origins;
    std::optional<std::string> default_role;
    std::optional<std::string> plan;
    std::optional<bool> publishable_enroll;
    std::optional<int> retention_days;

    [[nodiscard]] domain::TenantChange change() const;
    static const api::Schema<TenantRequest>& schema();
};

struct EnvironmentRequest {
    std::string environment;

    static const api::Schema<EnvironmentRequest>& schema();
};

struct SettingsRequest {
    std::string environment;
    std::optional<double> target_fmr;
    std::optional<double> target_fpir;
    std::optional<double> duplicate_fmr;
    std::optional<bool> learn_templates;
    std::optional<std::string> challenge;
    std::optional<bool> movement_step_up;
    std::optional<double> min_confidence;

    /// Nothing if nothing of it is to change.
    [[nodiscard]] std::optional<domain::MatchPolicyChange> matching() const;
    [[nodiscard]] std::optional<domain::LivenessPolicyChange> liveness() const;
    static const api::Schema<SettingsRequest>& schema();
};

struct SettingsItem {
    TenantId tenant_id;
    std::string environment;
    double target_fmr = 0;
    double target_fpir = 0;
    double duplicate_fmr = 0;
    bool learn_templates = false;
    std::string challenge;
    bool movement_step_up = false;
    double min_confidence = 0;

    static SettingsItem of(const Scope& scope, const TenantSettings& settings);
    static const api::Schema<SettingsItem>& schema();
};

struct KeyRequest {
    std::string environment;
    std::string name;
    int expires_days = 0;
    bool publishable = false;

    static const api::Schema<KeyRequest>& schema();
};

struct TokenRequest {
    std::string name;
    int days = domain::kAdminTokenDays;

    static const api::Schema<TokenRequest>& schema();
};

/// A search in one chain; the filters are those of GET /v1/audit.
struct AdminAuditRequest {
    std::string tenant_id;
    std::string environment;
    api::AuditSearch search;

    static const api::Schema<AdminAuditRequest>& schema();
};

struct WhyRequest {
    std::string id;
    std::optional<std::string> tenant_id;
    std::optional<std::string> environment;

    static const api::Schema<WhyRequest>& schema();
};

/// `{"<name>": [...]}`
template <class Item>
struct ListOf {
    std::vector<Item> items;

    static const api::Schema<ListOf>& schema();
};

template <>
const api::Schema<ListOf<TenantItem>>& ListOf<TenantItem>::schema();
template <>
const api::Schema<ListOf<KeyItem>>& ListOf<KeyItem>::schema();
template <>
const api::Schema<ListOf<AdminTokenItem>>& ListOf<AdminTokenItem>::schema();
template <>
const api::Schema<ListOf<PlanItem>>& ListOf<PlanItem>::schema();

/// The environment of that name: test, live or demo.
Environment environment_named(std::string_view name);

}  // namespace facegate::app
