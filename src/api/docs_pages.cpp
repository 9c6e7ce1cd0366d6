#include "api/docs_pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "api/error_map.h"
#include "api/json_writer.h"

namespace facegate::api {

namespace {

namespace json = boost::json;

std::string text_at(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

const json::object& object_at(const json::object& object, std::string_view name) {
    static const json::object kNone;
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_object() ? value->get_object() : kNone;
}

const json::array& array_at(const json::object& object, std::string_view name) {
    static const json::array kNone;
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

/// Escaped text in which `code` is code.
std::string marked_up(std::string_view text) {
    std::string html;
    bool code = false;
    for (std::size_t from = 0; from <= text.size();) {
        const std::size_t tick = std::min(text.find('`', from), text.size());
        html += html_escaped(text.substr(from, tick - from));
        const bool closes = code || text.find('`', tick + 1) != std::string_view::npos;
        if (tick < text.size() && closes) {
            html += code ? "</code>" : "<code>";
            code = !code;
        }
        from = tick + 1;
    }
    return html;
}

/// One paragraph for each piece between blank lines.
std::string paragraphs(std::string_view text) {
    std::string html;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find("\n\n"), text.size());
        html += "<p>" + marked_up(text.substr(0, end)) + "</p>\n";
        text.remove_prefix(std::min(end + 2, text.size()));
    }
    return html;
}

std::string preformatted(std::string_view text) {
    return "<pre tabindex=\"0\"><code>" + html_escaped(text) + "</code></pre>\n";
}

std::string schema_link(std::string_view reference) {
    const std::string name(reference.substr(reference.rfind('/') + 1));
    return fmt::format("<a href=\"#schema-{0}\">{0}</a>", html_escaped(name));
}

/// RFC 9110, section 15.
const char* reason_phrase(unsigned status) {
    switch (status) {
        case 400: return "Bad request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not found";
        case 405: return "Method not allowed";
        case 408: return "Request timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 413: return "Content too large";
        case 415: return "Unsupported media type";
        case 422: return "Unprocessable content";
        case 426: return "Upgrade required";
        case 429: return "Too many requests";
        case 500: return "Internal server error";
        case 501: return "Not implemented";
        case 503: return "Service unavailable";
        default: return "";
    }
}

/// What names a part of the page in a link: lower case, digits, dashes.
std::string anchor_of(std::string_view name) {
    std::string anchor = "at-";
    for (const char c : name) {
        const bool upper_case = c >= 'A' && c <= 'Z';
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        anchor += upper_case ? static_cast<char>(c - 'A' + 'a') : (plain ? c : '-');
    }
    return anchor;
}

/// What a value looks like, in a few words.
std::string type_of(const json::object& schema) {
    if (const std::string reference = text_at(schema, "$ref"); !reference.empty()) return schema_link(reference);
    std::string type;
    for (const std::string_view choice : {"anyOf", "oneOf", "allOf"}) {
        for (const json::value& option : array_at(schema, choice)) {
            if (option.is_object()) type += (type.empty() ? "" : " or ") + type_of(option.get_object());
        }
    }
    if (const json::value* named = schema.if_contains("type")) {
        if (named->is_string()) type = html_escaped(named->get_string());
        for (const json::value& one : array_at(schema, "type")) {
            type += (type.empty() ? "" : " or ") + html_escaped(one.as_string());
        }
    }
    if (type.empty()) type = "anything";
    if (const json::object& items = object_at(schema, "items"); !items.empty()) type += " of " + type_of(items);
    if (const std::string format = text_at(schema, "format"); !format.empty()) type += ", " + html_escaped(format);
    return type;
}

/// "1 to 255 characters", "at least 1"; empty if neither bound is there.
std::string range_of(const json::object& schema, const char* low, const char* high, const char* unit) {
    const json::value* from = schema.if_contains(low);
    const json::value* to = schema.if_contains(high);
    if (from == nullptr && to == nullptr) return {};
    if (from != nullptr && to != nullptr) return write_json(*from) + " to " + write_json(*to) + unit;
    return (from != nullptr ? "at least " + write_json(*from) : "at most " + write_json(*to)) + unit;
}

std::string limits_of(const json::object& schema) {
    std::string text;
    const auto add = [&](const std::string& part) {
        if (!part.empty()) text += (text.empty() ? "" : ", ") + part;
    };
    add(range_of(schema, "minimum", "maximum", ""));
    add(range_of(schema, "minLength", "maxLength", " characters"));
    add(range_of(schema, "minItems", "maxItems", " elements"));
    if (const json::value* value = schema.if_contains("default")) add("default " + html_escaped(write_json(*value)));
    std::string choices;
    for (const json::value& choice : array_at(schema, "enum")) {
        choices += fmt::format("{}<code>{}</code>", choices.empty() ? "" : ", ", html_escaped(write_json(choice)));
    }
    if (!choices.empty()) add("one of " + choices);
    return text.empty() ? text : "<br><span class=\"soft\">" + text + "</span>";
}

std::string table(const std::string& rows) {
    return "<div class=\"wide\" "
           "tabindex=\"0\"><table><thead><tr><th>Name</th><th>Type</th><th>Meaning</th></tr></thead>"
           "<tbody>\n" +
           rows + "</tbody></table></div>\n";
}

std::string row(std::string_view name, bool required, const json::object& schema, std::string_view meaning) {
    return fmt::format("<tr><td><code>{}</code>{}</td><td>{}</td><td>{}{}</td></tr>\n", html_escaped(name),
                       required ? " <span class=\"soft\">required</span>" : "", type_of(schema), marked_up(meaning),
                       limits_of(schema));
}

std::string members_table(const json::object& schema, bool of_request) {
    std::string rows;
    const json::array& required = array_at(schema, "required");
    for (const auto& [name, member] : object_at(schema, "properties")) {
        const bool needed = std::ranges::find(required, json::value(name)) != required.end();
        rows += row(name, of_request && needed, member.as_object(), text_at(member.as_object(), "description"));
    }
    return rows.empty() ? "<p class=\"soft\">No members.</p>\n" : table(rows);
}

const json::object& media_of(const json::object& holder, std::string& type) {
    for (const auto& [name, media] : object_at(holder, "content")) {
        type = name;
        return media.as_object();
    }
    static const json::object kNone;
    return kNone;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return text;
}

/// The whole command, with shell variables for what is in the path.
std::string curl_of(const std::string& server, std::string path, const std::string& method,
                    const json::object& operation) {
    for (const json::value& parameter : array_at(operation, "parameters")) {
        const json::object& one = parameter.as_object();
        const std::string name = text_at(one, "name");
        const std::size_t place = path.find("{" + name + "}");
        if (text_at(one, "in") == "path" && place != std::string::npos) {
            path.replace(place, name.size() + 2, "$" + upper(name));
        }
    }
    std::string command = "curl";
    if (method != "get") command += " -X " + upper(method);
    command += " \"" + server + path + "\"";
    if (!array_at(operation, "security").empty()) command += " \\\n  -H \"Authorization: Bearer $FACEGATE_KEY\"";
    std::string type;
    const json::object& media = media_of(object_at(operation, "requestBody"), type);
    if (const json::value* example = media.if_contains("example")) {
        std::string body = write_json(*example);
        // What a shell's single quotes cannot hold.
        for (std::size_t at = 0; (at = body.find('\'', at)) != std::string::npos; at += 4) body.replace(at, 1, "'\\''");
        command += " \\\n  -H \"Content-Type: application/json\" \\\n  -d '" + body + "'";
    }
    return command;
}

/// Behind the status: the name of the body's type, or those of the errors. No link: the line is a button.
std::string summary_of(const json::object& media) {
    std::string names;
    for (const auto& [name, example] : object_at(media, "examples")) {
        names += fmt::format("{}<code>{}</code>", names.empty() ? "" : ", ", html_escaped(name));
    }
    const std::string reference = text_at(object_at(media, "schema"), "$ref");
    return names.empty() ? html_escaped(reference.substr(reference.rfind('/') + 1)) : names;
}

std::string responses_html(const json::object& operation) {
    std::string html;
    for (const auto& [status, response] : object_at(operation, "responses")) {
        std::string type;
        const json::object& media = media_of(response.as_object(), type);
        const bool error = status.starts_with('4') || status.starts_with('5');
        html += fmt::format("<details{}><summary><code class=\"status\">{}</code> {}</summary>\n", error ? "" : " open",
                            html_escaped(status), summary_of(media));
        html += paragraphs(text_at(response.as_object(), "description"));
        if (const std::string body = text_at(object_at(media, "schema"), "$ref"); !body.empty())
            html += "<p>Body: " + schema_link(body) + "</p>\n";
        if (const json::value* example = media.if_contains("example"))
            html += preformatted(write_json_indented(*example));
        for (const auto& [name, example] : object_at(media, "examples")) {
            const json::value* value = example.as_object().if_contains("value");
            if (value != nullptr) html += preformatted(write_json_indented(*value));
        }
        html += "</details>\n";
    }
    return html;
}

/// By the first scheme of each kind; the same key in another header is no other way in.
const char* who_may(const json::object& operation) {
    bool secret = false;
    bool publishable = false;
    bool demo = false;
    bool admin = false;
    for (const json::value& one : array_at(operation, "security")) {
        secret = secret || one.as_object().contains("secretKey");
        publishable = publishable || one.as_object().contains("publishableKey");
        demo = demo || one.as_object().contains("demoToken");
        admin = admin || one.as_object().contains("adminToken");
    }
    if (publishable) return "With a secret or a publishable key.";
    if (secret) return "With a secret key.";
    if (demo) return "With a token of the demo.";
    return admin ? "With an admin token." : "Needs no key.";
}

std::string operation_html(const json::object& document, const std::string& path, const std::string& method,
                           const json::object& operation) {
    std::string html = fmt::format(
        "<article id=\"{0}\">\n<h3>{1}</h3>\n<p class=\"path\"><span class=\"{2}\">{3}</span> {4} "
        "<a href=\"#{0}\" aria-label=\"Link to {1}\">#</a></p>\n",
        html_escaped(text_at(operation, "operationId")), html_escaped(text_at(operation, "summary")),
        html_escaped(method), upper(method), html_escaped(path));
    html += paragraphs(text_at(operation, "description"));
    html += fmt::format("<p class=\"soft\">{}</p>\n", who_may(operation));
    std::string parameters;
    for (const json::value& parameter : array_at(operation, "parameters")) {
        const json::object& one = parameter.as_object();
        const json::value* required = one.if_contains("required");
        parameters += row(text_at(one, "name"), required != nullptr && required->is_bool() && required->get_bool(),
                          object_at(one, "schema"),
                          text_at(one, "description") +
                              (text_at(one, "in") == "header" ? " A header." : " In the " + text_at(one, "in") + "."));
    }
    if (!parameters.empty()) html += "<h4>Parameters</h4>\n" + table(parameters);
    std::string type;
    const json::object& media = media_of(object_at(operation, "requestBody"), type);
    if (const std::string reference = text_at(object_at(media, "schema"), "$ref"); !reference.empty()) {
        const std::string name = reference.substr(reference.rfind('/') + 1);
        html += fmt::format("<h4>Body: {}</h4>\n", schema_link(reference));
        html += members_table(object_at(object_at(object_at(document, "components"), "schemas"), name), true);
    }
    const json::array& servers = array_at(document, "servers");
    const std::string server = servers.empty() ? "" : text_at(servers.front().as_object(), "url");
    // A WebSocket is nothing to be tried with curl.
    if (!object_at(operation, "responses").contains("101")) {
        html += "<h4>Example</h4>\n" + preformatted(curl_of(server, path, method, operation));
    }
    return html + "<h4>Answers</h4>\n" + responses_html(operation) + "</article>\n";
}

/// Where the API is reached, and with what.
std::string access_html(const json::object& document) {
    std::string html;
    const json::array& servers = array_at(document, "servers");
    if (!servers.empty()) {
        const std::string server = text_at(servers.front().as_object(), "url");
        html += "<article id=\"base-url\">\n<h2>Base URL</h2>\n" + preformatted(server) + "</article>\n";
    }
    std::string rows;
    for (const auto& [name, scheme] : object_at(object_at(document, "components"), "securitySchemes")) {
        const json::object& one = scheme.as_object();
        const bool bearer = text_at(one, "type") == "http";
        rows += fmt::format("<tr><td><code>{}</code></td><td>{}</td></tr>\n",
                            bearer ? "Authorization: Bearer …" : html_escaped(text_at(one, "name")) + ": …",
                            marked_up(text_at(one, "description")));
    }
    if (rows.empty()) return html;
    return html +
           "<article id=\"authentication\">\n<h2>Authentication</h2>\n<div class=\"wide\" tabindex=\"0\"><table>"
           "<thead><tr><th>Header</th><th>What it carries</th></tr></thead><tbody>\n" +
           rows + "</tbody></table></div>\n</article>\n";
}

/// What answers carry beside their body.
std::string headers_html(const json::object& document) {
    std::string rows;
    for (const auto& [name, header] : object_at(object_at(document, "components"), "headers")) {
        const json::object& one = header.as_object();
        rows += row(name, false, object_at(one, "schema"), text_at(one, "description"));
    }
    return rows.empty() ? rows
                        : "<article id=\"headers\">\n<h2>Headers of answers</h2>\n" + table(rows) + "</article>\n";
}

struct Operation {
    std::string path;
    std::string method;
    const json::object* json = nullptr;
};

/// Of one tag, in the document's order; those without a tag have the empty one.
std::vector<Operation> operations_of(const json::object& document, std::string_view tag) {
    std::vector<Operation> found;
    for (const auto& [path, item] : object_at(document, "paths")) {
        for (const auto& [method, operation] : item.as_object()) {
            const json::array& tags = array_at(operation.as_object(), "tags");
            const std::string own = tags.empty() ? std::string() : std::string(tags.front().as_string());
            if (own == tag) found.push_back({path, method, &operation.as_object()});
        }
    }
    return found;
}

std::string page(std::string_view title, std::string_view navigation, std::string_view content) {
    return fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{0}</title>\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<link rel=\"stylesheet\" href=\"/docs/docs.css\">\n</head>\n<body>\n"
        "<a class=\"skip\" href=\"#content\">To the content</a>\n<div class=\"frame\">\n"
        "<nav aria-label=\"Contents\">\n{1}</nav>\n<main id=\"content\">\n{2}</main>\n</div>\n</body>\n</html>\n",
        html_escaped(title), navigation, content);
}

}  // namespace

std::string html_escaped(std::string_view text) {
    std::string html;
    html.reserve(text.size());
    for (const char c : text) {
        switch (c) {
            case '&': html += "&amp;"; break;
            case '<': html += "&lt;"; break;
            case '>': html += "&gt;"; break;
            case '"': html += "&quot;"; break;
            case '\'': html += "&#39;"; break;
            default: html += c;
        }
    }
    return html;
}

std::string docs_page(const json::object& document) {
    const json::object& info = object_at(document, "info");
    const std::string title = text_at(info, "title") + " API " + text_at(info, "version");
    std::string navigation =
        "<ul><li><a href=\"#base-url\">Base URL</a></li><li><a href=\"#authentication\">Authentication</a></li>"
        "<li><a href=\"#headers\">Headers of answers</a></li><li><a href=\"/docs/errors\">Errors</a></li>"
        "<li><a href=\"/openapi.json\">openapi.json</a></li></ul>\n";
    std::string content = "<h1>" + html_escaped(title) + "</h1>\n" + paragraphs(text_at(info, "description")) +
                          access_html(document) + headers_html(document);
    std::vector<std::string> tags;
    for (const json::value& tag : array_at(document, "tags")) tags.push_back(text_at(tag.as_object(), "name"));
    tags.emplace_back();  // operations without one
    for (const std::string& tag : tags) {
        const std::vector<Operation> operations = operations_of(document, tag);
        if (operations.empty()) continue;
        const std::string name = html_escaped(tag.empty() ? "Other" : tag);
        const std::string anchor = anchor_of(tag.empty() ? "Other" : tag);
        std::string links = "<ul class=\"operations\">\n";
        std::string articles;
        for (const Operation& operation : operations) {
            links += fmt::format("<li><a href=\"#{}\"><span class=\"{}\">{}</span> {}</a></li>\n",
                                 html_escaped(text_at(*operation.json, "operationId")), operation.method,
                                 upper(operation.method), html_escaped(text_at(*operation.json, "summary")));
            articles += operation_html(document, operation.path, operation.method, *operation.json);
        }
        links += "</ul>\n";
        navigation += fmt::format("<h2><a href=\"#{}\">{}</a></h2>\n", anchor, name) + links;
        content +=
            fmt::format("<h2 id=\"{}\">{}</h2>\n<div class=\"here\">\n{}</div>\n", anchor, name, links) + articles;
    }
    content += "<h2 id=\"types\">Types</h2>\n";
    navigation += "<h2><a href=\"#types\">Types</a></h2>\n<ul class=\"operations\">\n";
    for (const auto& [name, schema] : object_at(object_at(document, "components"), "schemas")) {
        const std::string shown = html_escaped(name);
        navigation += fmt::format("<li><a href=\"#schema-{0}\">{0}</a></li>\n", shown);
        content += fmt::format("<article id=\"schema-{0}\">\n<h3>{0}</h3>\n", shown) +
                   members_table(schema.as_object(), false) + "</article>\n";
    }
    return page(title, navigation + "</ul>\n", content);
}

std::string errors_page() {
    std::map<unsigned, std::string> rows;
    for (const ErrorRow& error : error_table()) {
        rows[error.status] += fmt::format("<tr id=\"{}\"><td><code>{}</code></td><td>{}</td></tr>\n",
                                          anchor_of(error.name), html_escaped(error.name), marked_up(error.doc));
    }
    std::string navigation = "<ul><li><a href=\"/docs\">API</a></li></ul>\n<h2>By status</h2>\n<ul>\n";
    std::string content =
        "<h1>Errors</h1>\n<p>Every error answer is JSON: <code>error</code> (below), <code>message</code> (for "
        "people), "
        "<code>request_id</code> (also the <code>x-request-id</code> header) and sometimes <code>details</code>. After "
        "<code>Validation failed</code>, <code>details</code> lists all issues, each with <code>code</code>, "
        "<code>path</code>, <code>message</code> and, where it helps, <code>expected</code> and <code>received</code>; "
        "otherwise it is an object.</p>\n";
    for (const auto& [status, of_status] : rows) {
        const auto phrase = html_escaped(reason_phrase(status));
        navigation += fmt::format("<li><a href=\"#status-{0}\">{0} {1}</a></li>\n", status, phrase);
        content += fmt::format(
            "<h2 id=\"status-{0}\">{0} {1}</h2>\n<div class=\"wide\" tabindex=\"0\"><table><thead><tr><th>error</th>"
            "<th>Meaning</th></tr></thead><tbody>\n{2}</tbody></table></div>\n",
            status, phrase, of_status);
    }
    return page("Errors", navigation + "</ul>\n", content);
}

}  // namespace facegate::api
