#include "api/json_writer.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace facegate::api {

namespace {

/// Indentation of the compact form.
constexpr int kCompact = -1;

void write(const boost::json::value& value, int indent, std::string& out);

void break_line(int indent, std::string& out) {
    if (indent == kCompact) return;
    out += '\n';
    out.append(static_cast<std::size_t>(indent) * 2, ' ');
}

void write_number(double number, std::string& out) {
    if (!std::isfinite(number)) {
        out += "null";
    } else {
        fmt::format_to(std::back_inserter(out), "{}", number);
    }
}

void write_array(const boost::json::array& array, int indent, std::string& out) {
    out += '[';
    const int inner = indent == kCompact ? kCompact : indent + 1;
    bool first = true;
    for (const boost::json::value& item : array) {
        if (!first) out += ',';
        first = false;
        break_line(inner, out);
        write(item, inner, out);
    }
    if (!first) break_line(indent, out);
    out += ']';
}

void write_object(const boost::json::object& object, int indent, std::string& out) {
    out += '{';
    const int inner = indent == kCompact ? kCompact : indent + 1;
    bool first = true;
    for (const auto& member : object) {
        if (!first) out += ',';
        first = false;
        break_line(inner, out);
        out += boost::json::serialize(member.key());
        out += indent == kCompact ? ":" : ": ";
        write(member.value(), inner, out);
    }
    if (!first) break_line(indent, out);
    out += '}';
}

void write(const boost::json::value& value, int indent, std::string& out) {
    switch (value.kind()) {
        case boost::json::kind::array: write_array(value.get_array(), indent, out); break;
        case boost::json::kind::object: write_object(value.get_object(), indent, out); break;
        case boost::json::kind::double_: write_number(value.get_double(), out); break;
        default: out += boost::json::serialize(value);
    }
}

}  // namespace

std::string write_json(const boost::json::value& value) {
    std::string out;
    write(value, kCompact, out);
    return out;
}

std::string write_json_indented(const boost::json::value& value) {
    std::string out;
    write(value, 0, out);
    return out += '\n';
}

}  // namespace facegate::api
