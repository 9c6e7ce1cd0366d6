#include <charconv>
#include <limits>

#include "api/answers.h"
#include "api/cursor.h"
#include "api/endpoints/audit_record.h"
#include "api/endpoints/key_set.h"
#include "api/services.h"
#include "domain/audit/signed_head.h"

namespace facegate::api {

namespace {

constexpr std::string_view kRecords = "audit";
constexpr std::string_view kHeads = "audit-heads";

/// The number that a cursor of the list holds; nothing without a cursor.
Result<std::optional<std::int64_t>> position_in(const std::optional<std::string>& cursor, const domain::Vault& vault,
                                                const Scope& scope, std::string_view list) {
    if (!cursor) return std::nullopt;
    const Result<std::string> text = read_cursor(vault, scope, list, *cursor);
    if (!text) return std::unexpected(text.error());
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size()) return invalid_cursor();
    return number;
}

struct SignedHeadItem {
    std::int64_t number = 0;
    std::string hash;
    TimeMs signed_at;
    std::string head;

    static const Schema<SignedHeadItem>& schema() {
        static const Schema<SignedHeadItem> kSchema(
            "SignedHead",
            {field("number", &SignedHeadItem::number, "Number of the chain's last record when it was signed."),
             field("hash", &SignedHeadItem::hash, "That record's hash, in hexadecimal."),
             field("signed_at", &SignedHeadItem::signed_at, "When it was signed."),
             field("head", &SignedHeadItem::head,
                   "The signed head: a compact JWS (ES256) of type `facegate-audit-head`; its keys are at "
                   "`/.well-known/audit-keys.json`. Keep it: with it a cut or rewritten chain is seen.")});
        return kSchema;
    }
};

struct HeadsRequest {
    int limit = kDefaultPage;
    std::optional<std::string> cursor;

    static const Schema<HeadsRequest>& schema() {
        static const Schema<HeadsRequest> kSchema(
            "AuditHeadsRequest", {field("limit", &HeadsRequest::limit, "At most so many, 1 to 200.")
                                      .min(1)
                                      .max(kLargestPage)
                                      .default_value(kDefaultPage),
                                  field("cursor", &HeadsRequest::cursor, "`next_cursor` of the page before.")
                                      .min_length(1)
                                      .max_length(kMaxCursor)});
        return kSchema;
    }
};

struct HeadsAnswer {
    std::vector<SignedHeadItem> heads;
    std::optional<std::string> next_cursor;

    static const Schema<HeadsAnswer>& schema() {
        static const Schema<HeadsAnswer> kSchema(
            "AuditHeads",
            {field("heads", &HeadsAnswer::heads, "Newest first."),
             field("next_cursor", &HeadsAnswer::next_cursor, "For the next page; null on the last one.").nullable()});
        return kSchema;
    }
};

Result<AuditAnswer> search(Services& services, Call<AuditSearch>& call) {
    const Scope& scope = call.caller.scope;
    const Result<domain::AuditFilter> filter = audit_filter(call.body, services.vault, scope);
    if (!filter) return std::unexpected(filter.error());
    const auto records = services.database.read(scope, [&](sql::TenantTx& tx) {
        return domain::search_audit(tx, services.audit, *filter, call.body.limit + 1);
    });
    return AuditAnswer::of(records, call.body.limit, services.vault, scope);
}

Result<HeadsAnswer> heads(Services& services, Call<HeadsRequest>& call) {
    const Scope& scope = call.caller.scope;
    const auto before = position_in(call.body.cursor, services.vault, scope, kHeads);
    if (!before) return std::unexpected(before.error());
    const auto found = services.database.read(scope, [&](sql::TenantTx& tx) {
        return domain::list_signed_heads(
            tx, services.head_signer, before->value_or(std::numeric_limits<std::int64_t>::max()), call.body.limit + 1);
    });
    HeadsAnswer answer;
    for (const domain::SignedHead& head : found) {
        if (answer.heads.size() == static_cast<std::size_t>(call.body.limit)) {
            answer.next_cursor = make_cursor(services.vault, scope, kHeads, std::to_string(answer.heads.back().number));
            break;
        }
        answer.heads.push_back({head.head.seq, to_hex(head.head.hash), head.head.signed_at, head.token});
    }
    return answer;
}

}  // namespace

AuditRecordItem AuditRecordItem::of(const domain::AuditRecord& record) {
    return {record.seq,
            record.at,
            record.actor,
            record.action,
            record.subject,
            record.pseudonym,
            stored_object(record.details),
            record.hash};
}

const Schema<AuditRecordItem>& AuditRecordItem::schema() {
    using Item = AuditRecordItem;
    static const Schema<Item> kSchema(
        "AuditRecord",
        {field("number", &Item::number, "Place in the chain, from 1.").min(1),
         field("at", &Item::at, "When it was done."),
         field("actor", &Item::actor, "Who did it: a key's id, an admin token's id, `cli`, `stream` or `system`."),
         field("action", &Item::action, "What was done, e.g. `user.enrolled`."),
         field("subject", &Item::subject, "The user it was done to, while there is one; else null.").nullable(),
         field("subject_hash", &Item::subject_hash,
               "The subject's pseudonym, which stays when the user is deleted; empty if there is no subject."),
         field("details", &Item::details, "What else is known; depends on the action."),
         field("hash", &Item::hash, "The record's hash over the one before it, in hexadecimal.")});
    return kSchema;
}

const Schema<AuditSearch>& AuditSearch::schema() {
    static const Schema<AuditSearch> kSchema =
        Schema<AuditSearch>(
            "AuditSearch",
            {field("action", &AuditSearch::action, "Only this action.").min_length(1).max_length(100),
             field("actor", &AuditSearch::actor, "Only what this actor did.").min_length(1).max_length(128),
             field("user_id", &AuditSearch::user_id, "Only what was done to this user.").min_length(1).max_length(128),
             field("subject", &AuditSearch::subject,
                   "Only what was done to this id: of a user, consent, liveness session or key.")
                 .min_length(1)
                 .max_length(128),
             field("request_id", &AuditSearch::request_id, "Only sign-ins and enrollments of this request.")
                 .min_length(1)
                 .max_length(128),
             field("from", &AuditSearch::from, "At or after this time."),
             field("to", &AuditSearch::to, "Before this time."),
             field("limit", &AuditSearch::limit, "At most so many, 1 to 200.")
                 .min(1)
                 .max(kLargestPage)
                 .default_value(kDefaultPage),
             field("cursor", &AuditSearch::cursor, "`next_cursor` of the page before; with the same filters.")
                 .min_length(1)
                 .max_length(kMaxCursor)})
            .refine([](const AuditSearch& search, Issues& issues) {
                if (search.user_id && search.subject) issues.add_at("subject", "Give user_id or subject, not both");
                if (search.from && search.to && *search.to <= *search.from) {
                    issues.add_at("to", "`to` is after `from`");
                }
            });
    return kSchema;
}

AuditAnswer AuditAnswer::of(const std::vector<domain::AuditRecord>& records, int limit, const domain::Vault& vault,
                            const Scope& scope) {
    AuditAnswer answer;
    for (const domain::AuditRecord& record : records) {
        if (answer.records.size() == static_cast<std::size_t>(limit)) {
            answer.next_cursor = make_cursor(vault, scope, kRecords, std::to_string(answer.records.back().number));
            break;
        }
        answer.records.push_back(AuditRecordItem::of(record));
    }
    return answer;
}

const Schema<AuditAnswer>& AuditAnswer::schema() {
    static const Schema<AuditAnswer> kSchema(
        "AuditRecords",
        {field("records", &AuditAnswer::records, "Newest first."),
         field("next_cursor", &AuditAnswer::next_cursor, "For the next page; null on the last one.").nullable()});
    return kSchema;
}

Result<domain::AuditFilter> audit_filter(const AuditSearch& search, const domain::Vault& vault, const Scope& scope) {
    const auto before = position_in(search.cursor, vault, scope, kRecords);
    if (!before) return std::unexpected(before.error());
    return domain::AuditFilter{
        search.action, search.actor, search.user_id ? search.user_id : search.subject, search.request_id, search.from,
        search.to,     *before};
}

void add_audit_routes(RouteTable& routes, Services& services) {
    routes.add<AuditSearch, AuditAnswer>(
        {.method = "GET",
         .path = "/v1/audit",
         .summary = "Search the audit record",
         .doc = "What was done in this environment, newest first. The record is append-only and chained; personal "
                "fields are in it as pseudonyms only.",
         .tag = "Audit",
         .auth = Auth::kSecretKey},
        [&services](Call<AuditSearch>& call) { return search(services, call); });
    routes.add<HeadsRequest, HeadsAnswer>(
        {.method = "GET",
         .path = "/v1/audit/heads",
         .summary = "Signed heads of the audit chain",
         .doc = "Signed every hour in which something was recorded. Whoever keeps them can prove later that the chain "
                "was not cut or rewritten.",
         .tag = "Audit",
         .auth = Auth::kSecretKey},
        [&services](Call<HeadsRequest>& call) { return heads(services, call); });
    routes.add_raw(
        {.method = "GET",
         .path = "/.well-known/audit-keys.json",
         .summary = "Public keys of the signed audit heads",
         .doc = "RFC 7517. They sign nothing else.",
         .tag = "Audit",
         .auth = Auth::kNone,
         .content_type = "application/jwk-set+json"},
        [&services](CallContext& call) -> Result<http::Response> {
            http::Response response;
            response.headers = {{"Content-Type", "application/jwk-set+json"}};
            response.body = services.head_signer.jwks();
            call.response_headers.emplace_back("Cache-Control", "public, max-age=300");
            return response;
        },
        &KeySet::schema());
}

}  // namespace facegate::api
