#include "domain/consents/consent.h"

#include "api/endpoints/consent_detail.h"
#include "api/endpoints/consent_text.h"
#include "api/services.h"
#include "domain/consents/consent_revocation.h"
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

struct TextListRequest {
    std::optional<std::string> version;
    std::optional<std::string> language;

    static const Schema<TextListRequest>& schema() {
        using Request = TextListRequest;
        static const Schema<Request> kSchema(
            "ConsentTextsRequest",
            {field("version", &Request::version, "Only texts of this version.").min_length(1).max_length(64),
             field("language", &Request::language, "Only texts in this language, e.g. `de`.")
                 .min_length(1)
                 .max_length(35)});
        return kSchema;
    }
};

struct TextList {
    std::vector<ConsentTextItem> versions;

    static const Schema<TextList>& schema() {
        static const Schema<TextList> kSchema(
            "ConsentTexts", {field("versions", &TextList::versions,
                                   "One item for each version and language; the first language of a version is its "
                                   "original, the others are translations.")});
        return kSchema;
    }
};

struct RevokeConsentAnswer {
    bool revoked = true;
    TimeMs revoked_at;
    bool user_deleted = false;

    static const Schema<RevokeConsentAnswer>& schema() {
        using Answer = RevokeConsentAnswer;
        static const Schema<Answer> kSchema(
            "RevokeConsentAnswer",
            {field("revoked", &Answer::revoked, "Always true."),
             field("revoked_at", &Answer::revoked_at, "When; of a consent that was revoked before, that time."),
             field("user_deleted", &Answer::user_deleted, "Whether the linked user was deleted with it.")});
        return kSchema;
    }
};

Result<ConsentAnswer> record(Services& services, Call<ConsentRequest>& call) {
    // A browser may record that its person agrees, not that somebody else did.
    if (call.caller.publishable && call.body.user_id) {
        return fail(ErrorCode::kSecretKeyRequired, "Linking a consent to a user needs a secret key");
    }
    const domain::ConsentText* text =
        services.consent_texts.find(call.body.consent_version, call.body.consent_text_hash);
    if (text == nullptr) {
        return fail(ErrorCode::kConsentInvalid, "The registry holds no consent text of this version and hash");
    }
    domain::NewConsent consent{std::nullopt, {call.client_address, std::string(call.request.header("user-agent"))}};
    if (call.body.user_id) consent.user = UserId(*call.body.user_id);
    return services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<ConsentAnswer> {
        const TimeMs now = services.clock.now();
        const Result<domain::Consent> recorded =
            domain::record_consent(tx, services.vault, services.random, *text, consent, now);
        if (!recorded) return std::unexpected(recorded.error());
        const boost::json::object details{{"version", recorded->version}, {"language", recorded->language}};
        services.audit.append(
            tx, {call.caller.key.value, "consent.recorded", recorded->id.value, boost::json::serialize(details)}, now);
        return ConsentAnswer{recorded->id, recorded->consented_at};
    });
}

std::unexpected<Error> unknown_consent() {
    return fail(ErrorCode::kNotFound, "There is no such consent");
}

Result<ConsentDetail> get(Services& services, const CallContext& call) {
    const ConsentId id(call.param("id"));
    return services.database.read(call.caller.scope, [&](sql::TenantTx& tx) -> Result<ConsentDetail> {
        const std::optional<domain::Consent> consent = domain::find_consent(tx, id);
        if (!consent) return unknown_consent();
        return ConsentDetail::of(tx, services.vault, *consent);
    });
}

/// One record of the revocation, and one of the user who went with it.
void audit_revocation(Services& services, sql::TenantTx& tx, const CallContext& call, const ConsentId& id,
                      const domain::ConsentRevocation& revocation, TimeMs now) {
    const boost::json::object details{{"user_deleted", revocation.user_deleted}};
    services.audit.append(tx, {call.caller.key.value, "consent.revoked", id.value, boost::json::serialize(details)},
                          now);
    if (!revocation.user) return;
    const boost::json::object deletion{{"reason", "consent_revoked"}, {"faces", revocation.removal->faces.size()}};
    services.audit.append(
        tx, {call.caller.key.value, "user.deleted", revocation.user->value, boost::json::serialize(deletion)}, now);
}

Result<RevokeConsentAnswer> revoke(Services& services, const CallContext& call) {
    const Scope& scope = call.caller.scope;
    const ConsentId id(call.param("id"));
    Result<RevokeConsentAnswer> answer =
        services.database.write(scope, [&](sql::TenantTx& tx) -> Result<RevokeConsentAnswer> {
            const TimeMs now = services.clock.now();
            const Result<domain::ConsentRevocation> revocation = domain::revoke_consent(tx, id, now);
            if (!revocation) return unknown_consent();
            if (!revocation->repeated) audit_revocation(services, tx, call, id, *revocation, now);
            return RevokeConsentAnswer{true, revocation->revoked_at, revocation->user_deleted};
        });
    // The person must be gone from the index before anyone is told so.
    if (answer && answer->user_deleted) services.gallery.catch_up(scope);
    return answer;
}

TextList list_texts(const domain::ConsentRegistry& registry, const TextListRequest& wanted) {
    TextList list;
    for (const domain::ConsentText& text : registry.texts()) {
        if (wanted.version && text.version != *wanted.version) continue;
        if (wanted.language && text.language != *wanted.language) continue;
        list.versions.push_back(ConsentTextItem::of(text));
    }
    return list;
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
         .errors = {ErrorCode::kConsentInvalid, ErrorCode::kNotFound, ErrorCode::kSecretKeyRequired}},
        [&services](Call<ConsentRequest>& call) { return record(services, call); });
    routes.add<TextListRequest, TextList>(
        {.method = "GET",
         .path = "/v1/consent/versions",
         .summary = "The consent texts this server knows",
         .doc = "Show one of them to the person, exactly as it is, and send its version and hash to POST /v1/consent.",
         .tag = "Consent"},
        [&services](Call<TextListRequest>& call) -> Result<TextList> {
            return list_texts(services.consent_texts, call.body);
        });
    routes.add<Nothing, ConsentDetail>({.method = "GET",
                                        .path = "/v1/consent/:id",
                                        .summary = "Read a consent record",
                                        .tag = "Consent",
                                        .auth = Auth::kSecretKey,
                                        .errors = {ErrorCode::kNotFound}},
                                       [&services](Call<Nothing>& call) { return get(services, call); });
    routes.add<Nothing, RevokeConsentAnswer>(
        {.method = "DELETE",
         .path = "/v1/consent/:id",
         .summary = "Revoke a consent",
         .doc =
             "Deletes the linked user, if there is one, like DELETE /v1/users/:id, before it answers. The record "
             "stays, "
             "without address and browser, as the proof that there was a consent. Revoking again changes nothing and "
             "answers the same.",
         .tag = "Consent",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<Nothing>& call) { return revoke(services, call); });
}

}  // namespace facegate::api
