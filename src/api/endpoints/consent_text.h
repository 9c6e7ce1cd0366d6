#pragma once

#include <string>

#include "api/schema.h"
#include "domain/consents/consent_texts.h"

namespace facegate::api {

/// A text people can consent to, in an answer.
struct ConsentTextItem {
    std::string version;
    std::string language;
    std::string text;
    std::string sha256;

    static const Schema<ConsentTextItem>& schema();
    static ConsentTextItem of(const domain::ConsentText& text);
};

}  // namespace facegate::api
