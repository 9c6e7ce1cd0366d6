#include "api/endpoints/consent_detail.h"

namespace facegate::api {

const Schema<ConsentDetail>& ConsentDetail::schema() {
    using Answer = ConsentDetail;
    static const Schema<Answer> kSchema(
        "ConsentDetail",
        {field("consent_id", &Answer::consent_id, "The consent's id."),
         field("consent_version", &Answer::consent_version, "Version of the text."),
         field("language", &Answer::language, "Language of the text."),
         field("consent_text_hash", &Answer::consent_text_hash, "SHA-256 of the text."),
         field("user_id", &Answer::user_id, "Whom it is linked to, or null.").nullable(),
         field("ip", &Answer::ip, "Address it came from; null once erased.").nullable(),
         field("user_agent", &Answer::user_agent, "Browser it came from; null once erased.").nullable(),
         field("consented_at", &Answer::consented_at, "When it was given."),
         field("revoked_at", &Answer::revoked_at, "When it was revoked, or null.").nullable(),
         field("user_deleted_at", &Answer::user_deleted_at, "When its user was deleted, or null.").nullable()});
    return kSchema;
}

ConsentDetail ConsentDetail::of(sql::TenantTx& tx, const domain::Vault& vault, const domain::Consent& consent) {
    ConsentDetail detail;
    detail.consent_id = consent.id;
    detail.consent_version = consent.version;
    detail.language = consent.language;
    detail.consent_text_hash = consent.text_hash;
    detail.user_id = consent.user;
    if (auto origin = domain::find_consent_origin(tx, vault, consent.id)) {
        detail.ip = std::move(origin->ip);
        detail.user_agent = std::move(origin->user_agent);
    }
    detail.consented_at = consent.consented_at;
    detail.revoked_at = consent.revoked_at;
    detail.user_deleted_at = consent.user_deleted_at;
    return detail;
}

}  // namespace facegate::api
