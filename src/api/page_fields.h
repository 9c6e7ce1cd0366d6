#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/cursor.h"
#include "api/schema.h"

namespace facegate::api {

/// The members that ask for a page of a list, for every request that has them.
template <class Request>
Field<Request> limit_field(std::optional<std::int64_t> Request::* member) {
    return field("limit", member, "How many at most, 1-200; 50 if left out.").min(1).max(kLargestPage);
}

template <class Request>
Field<Request> cursor_field(std::optional<std::string> Request::* member) {
    return field("cursor", member, "`next_cursor` of the page before.").min_length(1).max_length(kMaxCursor);
}

template <class Answer>
Field<Answer> next_cursor_field(std::optional<std::string> Answer::* member) {
    return field("next_cursor", member, "Send it as `cursor` for the next page; absent at the end.").omit_if_empty();
}

/// The number of rows a checked `limit` asks for.
inline int page_size(const std::optional<std::int64_t>& limit) {
    return static_cast<int>(limit.value_or(kDefaultPage));
}

}  // namespace facegate::api
