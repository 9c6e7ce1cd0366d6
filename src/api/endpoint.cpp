#include "api/endpoint.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "api/json_reader.h"
#include "http/uri.h"

namespace facegate::api {

namespace {

std::string lower_without_spaces(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '\t') out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return out;
}

/// `application/json`, in UTF-8 if a character set is named at all.
bool is_json(std::string_view content_type) {
    const std::string type = lower_without_spaces(content_type);
    if (type != "application/json" && !type.starts_with("application/json;")) return false;
    const std::size_t charset = type.find("charset=");
    if (charset == std::string::npos) return true;
    const std::string_view named = std::string_view(type).substr(charset + 8);
    return named.starts_with("utf-8") || named.starts_with("\"utf-8\"");
}

bool is_utf8(const std::string& text) {
    boost::system::error_code error;
    boost::json::parse(boost::json::serialize(boost::json::string(text)), error);
    return !error;
}

template <class Number>
std::optional<Number> whole_number(const std::string& text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

/// The query knows only texts; those that read as what the field wants become it, the others are left for validation.
boost::json::value query_value(const std::string& text, Kind kind) {
    if (kind == Kind::kBoolean && (text == "true" || text == "false")) return text == "true";
    if (kind == Kind::kInteger) {
        if (const auto number = whole_number<std::int64_t>(text)) return *number;
    }
    if (kind == Kind::kNumber) {
        if (const auto number = whole_number<double>(text); number && std::isfinite(*number)) return *number;
    }
    return boost::json::string(text);
}

Result<boost::json::value> query_json(const http::Request& request, const ObjectSchema& schema) {
    const std::optional<http::QueryFields> fields = http::parse_query(request.query);
    if (!fields) return fail(ErrorCode::kBadRequest, "The query is not well-formed");
    boost::json::object object;
    for (const auto& [name, text] : *fields) {
        const auto known = std::find_if(schema.fields().begin(), schema.fields().end(),
                                        [&name = name](const FieldInfo& field) { return field.name == name; });
        if (known == schema.fields().end()) continue;
        if (!is_utf8(text)) return fail(ErrorCode::kBadRequest, "The query is not valid UTF-8");
        object[name] = query_value(text, known->shape.kind);
    }
    return object;
}

}  // namespace

Result<boost::json::value> request_json(const http::Request& request, const ObjectSchema& schema, bool from_query) {
    if (from_query) return query_json(request, schema);
    if (request.body.empty()) return boost::json::object();
    if (!is_json(request.header("content-type"))) {
        return fail(ErrorCode::kUnsupportedMediaType, "The body must be sent as application/json");
    }
    return read_json(request.body);
}

http::Response json_response(unsigned status, const boost::json::value& body) {
    http::Response response;
    response.status = status;
    response.headers.emplace_back("Content-Type", "application/json");
    response.body = write_json(body);
    return response;
}

}  // namespace facegate::api
