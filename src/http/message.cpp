#include "http/message.h"

namespace facegate::http {

std::string_view Request::header(std::string_view name) const {
    for (const auto& [field, value] : headers) {
        if (field == name) return value;
    }
    return {};
}

}  // namespace facegate::http
