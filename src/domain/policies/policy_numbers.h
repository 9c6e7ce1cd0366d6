#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string_view>

#include "base/error.h"

namespace facegate::domain {

/// What a number of a policy may be, both ends included.
struct PolicyRange {
    double low = 0;
    double high = 0;
};

/// The saved number of that name; `fallback` if nothing was saved.
double number_in(const boost::json::object& config, std::string_view name, double fallback);
int whole_number_in(const boost::json::object& config, std::string_view name, int fallback);

/// Puts what is to change into `config`; a value out of range adds an issue to `error` and changes nothing.
void change_number(boost::json::object& config, Error& error, std::string_view name, const std::optional<double>& value,
                   PolicyRange range);
void change_number(boost::json::object& config, Error& error, std::string_view name, const std::optional<int>& value,
                   PolicyRange range);

}  // namespace facegate::domain
