#include "domain/plans/plan.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>

namespace facegate::domain {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxPlans = 100;
constexpr std::size_t kMaxLimits = 50;
constexpr std::size_t kMaxName = 50;

bool is_plan_name(std::string_view text) {
    return !text.empty() && text.size() <= kMaxName &&
           text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

std::unexpected<Error> wrong(const std::string& what) {
    return fail(ErrorCode::kValidationFailed, "Plans: " + what);
}

Result<Plan> plan_in(const json::value& value) {
    const json::object* object = value.if_object();
    const json::value* name = object == nullptr ? nullptr : object->if_contains("name");
    if (name == nullptr || !name->is_string() || !is_plan_name(name->get_string())) {
        return wrong("each needs a `name` of 1 to 50 lower-case letters, digits, - and _");
    }
    Plan plan{std::string(name->get_string()), {}};
    const json::value* limits = object->if_contains("limits");
    if (limits == nullptr) return plan;
    if (!limits->is_object() || limits->get_object().size() > kMaxLimits) {
        return wrong("`limits` of " + plan.name + " is an object of at most 50 numbers");
    }
    for (const auto& [limit, number] : limits->get_object()) {
        const double amount = number.is_number() ? number.to_number<double>() : -1;
        if (!std::isfinite(amount) || amount < 0) return wrong("each limit of " + plan.name + " is a number from 0 on");
        plan.limits[std::string(limit)] = amount;
    }
    return plan;
}

}  // namespace

std::vector<Plan> default_plans() {
    return {{std::string(kUnlimitedPlan), {}}};
}

Result<std::vector<Plan>> parse_plans(std::string_view text) {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    const json::object* object = error ? nullptr : value.if_object();
    const json::value* list = object == nullptr ? nullptr : object->if_contains("plans");
    if (list == nullptr || !list->is_array() || list->get_array().size() > kMaxPlans) {
        return wrong("expected {\"plans\": [...]} with at most 100 of them");
    }
    std::vector<Plan> plans = default_plans();
    for (const json::value& item : list->get_array()) {
        Result<Plan> plan = plan_in(item);
        if (!plan) return std::unexpected(plan.error());
        if (std::ranges::find(plans, plan->name, &Plan::name) != plans.end()) {
            return wrong(plan->name + " is there twice, or is `unlimited`, which is always there");
        }
        plans.push_back(std::move(*plan));
    }
    return plans;
}

}  // namespace facegate::domain
