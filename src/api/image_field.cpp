#include "api/image_field.h"

namespace facegate::api {

Result<Bytes> decode_image_field(std::string_view text) {
    if (text.starts_with("data:")) {
        constexpr std::string_view kJpeg = "data:image/jpeg;base64,";
        constexpr std::string_view kPng = "data:image/png;base64,";
        if (text.starts_with(kJpeg)) {
            text.remove_prefix(kJpeg.size());
        } else if (text.starts_with(kPng)) {
            text.remove_prefix(kPng.size());
        } else {
            return fail(ErrorCode::kInvalidImageFormat,
                        "The data URL must start with data:image/jpeg;base64, or data:image/png;base64,");
        }
    }
    std::optional<Bytes> bytes = from_base64(text);
    if (!bytes || bytes->empty()) return fail(ErrorCode::kInvalidImageFormat, "The image is not valid base64");
    return std::move(*bytes);
}

}  // namespace facegate::api
