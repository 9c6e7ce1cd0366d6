#pragma once

#include <string>
#include <string_view>

#include "api/schema.h"
#include "base/bytes.h"

namespace facegate::api {

/// Body limit of routes that take images: 10 MiB of JSON.
inline constexpr std::size_t kImageRequestLimit = 10u << 20;

/// The bytes of an image member: raw base64 or a `data:image/jpeg|png;base64,` URL. kInvalidImageFormat otherwise.
Result<Bytes> decode_image_field(std::string_view text);

/// Declares a member that holds an image. Whether it is one is found out by decode_image_field, with its own error.
template <class T, class Member>
Field<T> image_field(std::string name, Member T::* member, std::string doc) {
    return field(std::move(name), member, doc + " JPEG or PNG, base64 or a data URL, at most 25 megapixels.")
        .min_length(1);
}

}  // namespace facegate::api
