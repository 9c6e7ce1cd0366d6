#include "domain/policies/policy_numbers.h"

#include <fmt/format.h>

namespace facegate::domain {

namespace {

/// NaN is within no range.
bool within(double value, std::string_view name, PolicyRange range, Error& error) {
    if (value >= range.low && value <= range.high) return true;
    error.issues.push_back({value > range.high ? "too_big" : "too_small",
                            {std::string(name)},
                            fmt::format("{} must be between {} and {}", name, range.low, range.high),
                            {},
                            {}});
    return false;
}

}  // namespace

double number_in(const boost::json::object& config, std::string_view name, double fallback) {
    const boost::json::value* value = config.if_contains(name);
    return value == nullptr ? fallback : value->to_number<double>();
}

int whole_number_in(const boost::json::object& config, std::string_view name, int fallback) {
    const boost::json::value* value = config.if_contains(name);
    return value == nullptr ? fallback : value->to_number<int>();
}

void change_number(boost::json::object& config, Error& error, std::string_view name, const std::optional<double>& value,
                   PolicyRange range) {
    if (value && within(*value, name, range, error)) config[name] = *value;
}

void change_number(boost::json::object& config, Error& error, std::string_view name, const std::optional<int>& value,
                   PolicyRange range) {
    if (value && within(*value, name, range, error)) config[name] = *value;
}

}  // namespace facegate::domain
