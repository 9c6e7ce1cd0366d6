#include "api/described.h"

#include <algorithm>
#include <array>

#include "api/json_schema.h"

namespace facegate::testing {

namespace {

/// Headers that say something about this API; the document tells where they are.
constexpr std::array kTold{"RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "Idempotent-Replayed"};

void check_headers(const json::object& response, const Answer& answer, std::vector<std::string>& found) {
    const json::value* told = response.if_contains("headers");
    for (const char* name : kTold) {
        if (answer.header(name).empty()) continue;
        if (told == nullptr || !told->as_object().contains(name)) found.push_back(std::string("header ") + name);
    }
    const bool retries = answer.status == 429 || answer.error() == "OVERLOADED" || answer.error() == "STARTING";
    if (retries && answer.header("Retry-After").empty()) found.emplace_back("no Retry-After");
}

/// The details of an error beside a validation's are those of its example, or fewer.
void check_details(const json::object& media, const Answer& answer, std::vector<std::string>& found) {
    const json::value details = answer.at("/details");
    const json::value* examples = media.if_contains("examples");
    if (examples == nullptr || !details.is_object()) return;
    const json::value* example = examples->as_object().if_contains(answer.error());
    if (example == nullptr) return found.push_back("no example of " + answer.error());
    const json::value* shown = example->at("value").as_object().if_contains("details");
    for (const auto& [name, value] : details.get_object()) {
        const bool is_shown = shown != nullptr && shown->is_object() && shown->get_object().contains(name);
        if (!is_shown) found.push_back("detail " + std::string(name) + " of " + answer.error());
    }
}

}  // namespace

std::vector<std::string> undescribed(const json::object& operation, const json::value& document, const Answer& answer) {
    const json::object& responses = operation.at("responses").as_object();
    const json::value* response = responses.if_contains(std::to_string(answer.status));
    if (response == nullptr) return {"status " + std::to_string(answer.status)};
    std::vector<std::string> found;
    check_headers(response->as_object(), answer, found);
    const json::value* content = response->as_object().if_contains("content");
    if (content == nullptr) return found;
    const std::string type = answer.header("Content-Type").substr(0, answer.header("Content-Type").find(';'));
    const json::value* media = content->as_object().if_contains(type);
    if (media == nullptr) return found.push_back("content type " + type), found;
    if (const json::value* schema = media->as_object().if_contains("schema")) {
        for (std::string& error : schema_errors(answer.body, *schema, document)) found.push_back(std::move(error));
    }
    check_details(media->as_object(), answer, found);
    return found;
}

}  // namespace facegate::testing
