#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "app/bench/measure.h"

namespace facegate::bench {

namespace json = boost::json;
using app::Samples;

/// A table's lines as scripts/bench prints them.
class Section {
public:
    Section(std::string name, std::string title) {
        object_["name"] = std::move(name);
        object_["title"] = std::move(title);
    }
    struct Line {
        std::string label;
        double median = 0;
        std::optional<double> p10 = {};  ///< what the least disturbed runs took
        std::optional<double> p95 = {};
        std::string unit = "ms";
        std::optional<double> bound = {};  ///< the median should be at most this; a rate (/s), at least
        std::string note = {};
    };
    void add(const Line& line) {
        json::object row{{"label", line.label}, {"median", line.median}, {"unit", line.unit}};
        if (line.p10) row["p10"] = *line.p10;
        if (line.p95) row["p95"] = *line.p95;
        if (line.bound) row["bound"] = *line.bound;
        if (!line.note.empty()) row["note"] = line.note;
        lines_.push_back(std::move(row));
    }
    void add(const std::string& label, const Samples& ms, const std::string& note = "",
             std::optional<double> bound = {}) {
        add({label, ms.median(), ms.quantile(0.1), ms.quantile(0.95), "ms", bound, note});
    }
    json::object take() {
        object_["lines"] = std::move(lines_);
        return std::move(object_);
    }

private:
    json::object object_;
    json::array lines_;
};

}  // namespace facegate::bench
