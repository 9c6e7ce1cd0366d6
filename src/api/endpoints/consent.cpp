#include "domain/consents/consent.h"

#include "api/endpoints/consent_text.h"
#include "api/services.h"
#include "domain/consents/consent_texts.h"

namespace facegate::api {

namespace {

struct ConsentRequest {
    std::string consent_version;
    std::string consent_text_hash;
    std::optional<std::string> user_id;

    static const Schema<ConsentRequest>& schema() {
        static const Schema<ConsentRequest> kSchema(
            "ConsentRequest",
            {field("consent_version", &ConsentRequest::consent_version, "A version of GET /v1/consent/versions.")
                 .min_length(1)
                 .max_length(64),
             field("consent_text_hash", &ConsentRequest::consent_text_hash,
                   "SHA-256 of the text that was shown, in hexadecimal.")
                 .min_length(1)
                 .max_length(128),
             field("user_id", &ConsentRequest::user_id, "Links the consent to an existing user.")
                 .min_length(1)
                 .max_length(128)});
        return kSchema;
    }
};

struct ConsentAnswer {
    ConsentId consent_id;
    TimeMs consented_at;

    static const Schema<ConsentAnswer>& schema() {
        static const Schema<ConsentAnswer> kSchema(
            "ConsentAnswer", {field("consent_id", &ConsentAnswer::consent_id, "Hand it to enroll."),
                              field("consented_at", &ConsentAnswer::consented_at, "When.")});
        return kSchema;
    }
};

struct TextList {
    std::vector<ConsentTextItem> versions;

    static const Schema<TextList>& schema() {
        static const Schema<TextList> kSchema("ConsentTexts",
                                              {field("versions", &TextList::versions, "All known texts.")});
        return kSchema;
    }
};

Result<ConsentAnswer> record(Services& services, Call<ConsentRequest>& call) {
    domain::NewConsent consent{call.body.consent_version, call.body.consent_text_hash, std::nullopt,
                               call.client_address, std::string(call.request.header("user-agent"))};
    if (call.body.user_id) consent.user = UserId(*call.body.user_id);
    return services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<ConsentAnswer> {
        const TimeMs now = services.clock.now();
        const Result<domain::Consent> recorded = domain::record_consent(tx, services.random, consent, now);
        if (!recorded) return std::unexpected(recorded.error());
        const boost::json::object details{{"version", recorded->version}, {"language", recorded->language}};
        services.audit.append(
            tx, {call.caller.key.value, "consent.recorded", recorded->id.value, boost::json::serialize(details)}, now);
        return ConsentAnswer{recorded->id, recorded->consented_at};
    });
}

}  // namespace

ConsentTextItem ConsentTextItem::of(const domain::ConsentText& text) {
    return {text.version, text.language, text.text, text.sha256};
}

const Schema<ConsentTextItem>& ConsentTextItem::schema() {
    static const Schema<ConsentTextItem> kSchema(
        "ConsentText", {field("version", &ConsentTextItem::version, "For `consent_version`."),
                        field("language", &ConsentTextItem::language, "BCP 47 language tag."),
                        field("text", &ConsentTextItem::text, "To be shown to the person, exactly as it is."),
                        field("sha256", &ConsentTextItem::sha256, "For `consent_text_hash`.")});
    return kSchema;
}

void add_consent_routes(RouteTable& routes, Services& services) {
    routes.add<ConsentRequest, ConsentAnswer>(
        {.method = "POST",
         .path = "/v1/consent",
         .summary = "Record a biometric consent",
         .doc = "Required before enroll. Version and hash must be of a text this server knows.",
         .tag = "Consent",
         .errors = {ErrorCode::kConsentInvalid, ErrorCode::kNotFound}},
        [&services](Call<ConsentRequest>& call) { return record(services, call); });
    routes.add<Nothing, TextList>({.method = "GET",
                                   .path = "/v1/consent/versions",
                                   .summary = "The consent texts this server knows",
                                   .tag = "Consent"},
                                  [](Call<Nothing>&) -> Result<TextList> {
                                      TextList list;
                                      for (const domain::ConsentText& text : domain::consent_texts()) {
                                          list.versions.push_back(ConsentTextItem::of(text));
                                      }
                                      return list;
                                  });
}

}  // namespace facegate::api
