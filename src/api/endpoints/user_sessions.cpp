#include "api/endpoints/user_sessions.h"

#include <cmath>

#include "api/answers.h"
#include "api/endpoints/user_profile.h"
#include "api/endpoints/user_routes.h"
#include "api/page_fields.h"
#include "domain/sessions/session_list.h"

namespace facegate::api {

namespace {

struct SessionListRequest {
    std::optional<std::int64_t> limit;
    std::optional<std::string> cursor;
    std::optional<std::string> include;

    static const Schema<SessionListRequest>& schema() {
        static const Schema<SessionListRequest> kSchema(
            "UserSessionListRequest",
            {limit_field(&SessionListRequest::limit), cursor_field(&SessionListRequest::cursor),
             field("include", &SessionListRequest::include, "`ended`: also sessions that are revoked or over.")
                 .one_of({"ended"})});
        return kSchema;
    }
};

struct SessionList {
    std::vector<SessionItem> sessions;
    std::optional<std::string> next_cursor;

    static const Schema<SessionList>& schema() {
        static const Schema<SessionList> kSchema(
            "UserSessionList", {field("sessions", &SessionList::sessions, "The latest sign-in first."),
                                next_cursor_field(&SessionList::next_cursor)});
        return kSchema;
    }
};

struct SignOutAnswer {
    std::int64_t revoked = 0;

    static const Schema<SignOutAnswer>& schema() {
        static const Schema<SignOutAnswer> kSchema(
            "SignOutAnswer", {field("revoked", &SignOutAnswer::revoked, "How many sessions were active until now.")});
        return kSchema;
    }
};

const char* status_of(const domain::Session& session, TimeMs now) {
    if (session.revoked_at) return "revoked";
    return domain::is_active(session, now) ? "active" : "expired";
}

Result<SessionList> list(Services& services, Call<SessionListRequest>& call) {
    const Scope& scope = call.caller.scope;
    const UserId user(call.param("id"));
    const std::string name = "sessions/" + user.value;
    const auto after = read_page_cursor(services.vault, scope, name, call.body.cursor);
    if (!after) return std::unexpected(after.error());
    return services.database.read(scope, [&](sql::TenantTx& tx) -> Result<SessionList> {
        if (!domain::find_user(tx, user)) return unknown_user();
        const TimeMs now = services.clock.now();
        const domain::SessionPage page =
            domain::list_sessions(tx, user, call.body.include.has_value(), *after, page_size(call.body.limit), now);
        SessionList answer;
        for (const domain::Session& session : page.sessions) answer.sessions.push_back(SessionItem::of(session, now));
        answer.next_cursor = make_page_cursor(services.vault, scope, name, page.next);
        return answer;
    });
}

Result<SignOutAnswer> sign_out(Services& services, const CallContext& call) {
    const UserId user(call.param("id"));
    return services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<SignOutAnswer> {
        if (!domain::find_user(tx, user)) return unknown_user();
        const TimeMs now = services.clock.now();
        const std::int64_t ended = domain::end_sessions_of_user(tx, user, now);
        const boost::json::object details{{"sessions_ended", ended}};
        services.audit.append(
            tx, {call.caller.key.value, "user.signed_out", user.value, boost::json::serialize(details)}, now);
        return SignOutAnswer{ended};
    });
}

}  // namespace

const Schema<SessionItem>& SessionItem::schema() {
    using Item = SessionItem;
    static const Schema<Item> kSchema(
        "SessionItem",
        {field("session_id", &Item::session_id, "The session's id."),
         field("status", &Item::status, "Whether its tokens are still good.").one_of({"active", "revoked", "expired"}),
         field("device_id", &Item::device_id, "The device of the sign-in."),
         field("confidence", &Item::confidence, "Of the match at the sign-in, 0-100."),
         field("risk_score", &Item::risk_score, "Of the sign-in, 0-1."),
         field("challenge", &Item::challenge, "How liveness was proved: `movement_and_light` or `movement`."),
         field("step_up_required", &Item::step_up_required, "Only a step-up token was given."),
         field("created_at", &Item::created_at, "When the person signed in."),
         field("expires_at", &Item::expires_at, "When it ends at the latest."),
         field("revoked_at", &Item::revoked_at, "When it was ended before its time, or null.").nullable()});
    return kSchema;
}

SessionItem SessionItem::of(const domain::Session& session, TimeMs now) {
    return {session.id,
            status_of(session, now),
            session.device,
            one_decimal(session.confidence),
            std::round(session.risk * 100) / 100,
            std::string(domain::name_of(session.challenge)),
            session.step_up_required,
            session.created_at,
            session.expires_at,
            session.revoked_at};
}

void add_user_session_routes(RouteTable& routes, Services& services) {
    routes.add<SessionListRequest, SessionList>(
        {.method = "GET",
         .path = "/v1/users/:id/sessions",
         .summary = "List a user's sessions",
         .doc = "Those that are active, unless `include=ended`.",
         .tag = "Users",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<SessionListRequest>& call) { return list(services, call); });
    routes.add<Nothing, SignOutAnswer>({.method = "POST",
                                        .path = "/v1/users/:id/sessions/revoke",
                                        .summary = "Sign a user out everywhere",
                                        .doc = "Ends all of the user's active sessions, on every device.",
                                        .tag = "Users",
                                        .auth = Auth::kSecretKey,
                                        .errors = {ErrorCode::kNotFound}},
                                       [&services](Call<Nothing>& call) { return sign_out(services, call); });
}

}  // namespace facegate::api
