#pragma once

#include <boost/json.hpp>
#include <iostream>
#include <stdexcept>
#include <string>

#include "api/json_writer.h"
#include "app/admin/administration.h"
#include "app/data_directory.h"
#include "base/clock.h"
#include "base/random.h"

namespace facegate::app {

/// Who did it, in the audit record, where it was done on the command line.
inline constexpr const char* kCommandActor = "cli";

/// What a command works on. Throws std::runtime_error with a message for the operator.
struct CommandSession {
    SystemRandom random;
    SystemClock clock;
    DataDirectory data;

    explicit CommandSession(const std::string& data_dir) : data(open_data_directory(data_dir, random)) {}
    sql::Database& database() { return *data.database; }
    /// `plans`: as setting --plans.
    Administration administration(const std::string& plans = {}) {
        return {*data.database, *data.vault, random, clock, load_plans(plans)};
    }
};

/// Throws std::runtime_error with all that was wrong.
template <class T>
T value_or_throw(Result<T> result) {
    if (!result) {
        std::string message = result.error().message;
        for (const ValidationIssue& issue : result.error().issues) message += "; " + issue.message;
        throw std::runtime_error(message);
    }
    return std::move(*result);
}

inline void print_json(const boost::json::value& value) {
    std::cout << api::write_json_indented(value);
}

}  // namespace facegate::app
