// rooms: http
// sources: api/json_reader.cpp api/json_writer.cpp api/schema.cpp api/schema_json.cpp api/schema_shape.cpp
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "api/json_reader.h"
#include "api/json_writer.h"
#include "api/schema.h"

namespace facegate::api {
namespace {

struct Inner {
    std::vector<double> numbers;
    std::optional<TimeMs> at;

    static const Schema<Inner>& schema() {
        static const Schema<Inner> kSchema(
            "Inner", {field("n", &Inner::numbers, "").max_items(4), field("t", &Inner::at, "").nullable()});
        return kSchema;
    }
};

struct Body {
    std::optional<std::string> text;
    std::optional<std::int64_t> integer;
    std::optional<std::uint16_t> small;
    std::optional<bool> flag;
    std::optional<std::string> mail;
    std::optional<std::vector<Inner>> inner;
    std::optional<boost::json::object> free;

    static const Schema<Body>& schema() {
        static const Schema<Body> kSchema =
            Schema<Body>(
                "Body", {field("s", &Body::text, "").min_length(1).max_length(8), field("i", &Body::integer, ""),
                         field("u", &Body::small, ""), field("b", &Body::flag, ""), field("m", &Body::mail, "").email(),
                         field("a", &Body::inner, "").max_items(3), field("o", &Body::free, "").max_length(64)})
                .at_least_one_of({"s", "i"});
        return kSchema;
    }
};

/// Text that was accepted must be written so that it reads back as the same value; a value that passed validation must
/// be readable into the type.
void check(std::string_view text) {
    const Result<boost::json::value> value = read_json(text);
    if (!value) return;
    // Not compared: the reader rounds numbers of very many digits to a neighbour of the nearest double.
    if (!read_json(write_json(*value))) std::abort();
    const Result<Body> body = Body::schema().parse(*value);
    if (body) {
        write_json(Body::schema().write(*body));
    } else if (body.error().issues.empty()) {
        std::abort();
    }
}

}  // namespace
}  // namespace facegate::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    facegate::api::check({reinterpret_cast<const char*>(data), size});
    return 0;
}
