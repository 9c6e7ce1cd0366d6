#include "api/json_reader.h"

#include <cmath>
#include <cstring>

namespace facegate::api {

namespace {

/// Upper bound of the number of values a JSON text can hold, found without building any. Stops counting at the limit.
/// Text that is not JSON may be counted wrong; the parser refuses it later.
bool holds_too_many_values(std::string_view text) {
    std::size_t values = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') {
            // Jump from quote to quote: images are strings of megabytes.
            for (++i; i < text.size(); ++i) {
                i = std::min(text.find('"', i), text.size());
                std::size_t backslashes = 0;
                while (backslashes < i && text[i - 1 - backslashes] == '\\') ++backslashes;
                if (backslashes % 2 == 0) break;
            }
        } else if (c == ',' || c == '[' || c == '{') {
            if (++values > kMaxJsonValues) return true;
        }
    }
    return false;
}

/// Recursion is bounded by kMaxJsonDepth.
bool numbers_are_finite(const boost::json::value& value) {
    if (const double* number = value.if_double()) return std::isfinite(*number);
    if (const boost::json::array* array = value.if_array()) {
        for (const boost::json::value& item : *array) {
            if (!numbers_are_finite(item)) return false;
        }
    }
    if (const boost::json::object* object = value.if_object()) {
        for (const auto& member : *object) {
            if (!numbers_are_finite(member.value())) return false;
        }
    }
    return true;
}

}  // namespace

Result<boost::json::value> read_json(std::string_view text) {
    if (holds_too_many_values(text)) return fail(ErrorCode::kPayloadTooLarge, "The body holds too many values");
    boost::json::parse_options options;
    options.max_depth = kMaxJsonDepth;
    options.allow_invalid_utf8 = false;
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(text, error, {}, options);
    if (error == boost::json::error::too_deep) {
        return fail(ErrorCode::kInvalidJson, "The body is nested too deeply");
    }
    if (error || !numbers_are_finite(value)) return fail(ErrorCode::kInvalidJson, "The body is not valid JSON");
    return value;
}

}  // namespace facegate::api
