#include "domain/users/user.h"

#include <algorithm>

#include "api/endpoints/user_profile.h"
#include "api/endpoints/user_routes.h"
#include "api/services.h"
#include "domain/faces/face.h"
#include "domain/sessions/session.h"
#include "domain/users/user_removal.h"
#include "domain/users/user_status.h"

namespace facegate::api {

namespace {

struct DeleteRequest {
    std::string reason;

    static const Schema<DeleteRequest>& schema() {
        static const Schema<DeleteRequest> kSchema(
            "DeleteUserRequest", {field("reason", &DeleteRequest::reason, "Who asked for it; kept in the audit record.")
                                      .one_of({"user_request", "tenant_request"})
                                      .default_value("user_request")});
        return kSchema;
    }
};

struct DeleteAnswer {
    bool deleted = true;
    UserId user_id;
    std::int64_t faces_deleted = 0;

    static const Schema<DeleteAnswer>& schema() {
        static const Schema<DeleteAnswer> kSchema(
            "DeleteUserAnswer",
            {field("deleted", &DeleteAnswer::deleted, "Always true."),
             field("user_id", &DeleteAnswer::user_id, "Who it was."),
             field("faces_deleted", &DeleteAnswer::faces_deleted, "Stored faces that were destroyed.")});
        return kSchema;
    }
};

struct StatusRequest {
    std::string status;

    static const Schema<StatusRequest>& schema() {
        static const Schema<StatusRequest> kSchema(
            "UserStatusRequest", {field("status", &StatusRequest::status, "Whether the user may sign in from now on.")
                                      .one_of({"active", "suspended", "locked"})
                                      .example("suspended")});
        return kSchema;
    }
};

struct StatusAnswer {
    UserId user_id;
    std::string status;

    static const Schema<StatusAnswer>& schema() {
        static const Schema<StatusAnswer> kSchema("UserStatusAnswer",
                                                  {field("user_id", &StatusAnswer::user_id, "Whose it is."),
                                                   field("status", &StatusAnswer::status, "The status as it is now.")
                                                       .one_of({"active", "suspended", "locked"})});
        return kSchema;
    }
};

Result<UserProfileAnswer> get_user(Services& services, const CallContext& call) {
    return services.database.read(call.caller.scope,
                                  [&](sql::TenantTx& tx) { return profile_of(tx, UserId(call.param("id"))); });
}

Result<StatusAnswer> set_status(Services& services, Call<StatusRequest>& call) {
    const UserId id(call.param("id"));
    const domain::UserStatus status = domain::user_status_of(call.body.status).value();
    return services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<StatusAnswer> {
        const TimeMs now = services.clock.now();
        const std::optional<domain::User> before = domain::find_user(tx, id);
        if (!before) return unknown_user();
        const Result<std::int64_t> ended = domain::change_user_status(tx, id, status, now);
        if (!ended) return std::unexpected(ended.error());
        const boost::json::object details{
            {"from", domain::name_of(before->status)}, {"to", call.body.status}, {"sessions_ended", *ended}};
        services.audit.append(
            tx, {call.caller.key.value, "user.status_changed", id.value, boost::json::serialize(details)}, now);
        return StatusAnswer{id, call.body.status};
    });
}

Result<DeleteAnswer> delete_user(Services& services, Call<DeleteRequest>& call) {
    const Scope& scope = call.caller.scope;
    const UserId id(call.param("id"));
    Result<DeleteAnswer> answer = services.database.write(scope, [&](sql::TenantTx& tx) -> Result<DeleteAnswer> {
        const TimeMs now = services.clock.now();
        const Result<domain::UserRemoval> removal = domain::remove_user(tx, id, now);
        if (!removal) return unknown_user();
        const boost::json::object details{{"reason", call.body.reason}, {"faces", removal->faces.size()}};
        services.audit.append(tx, {call.caller.key.value, "user.deleted", id.value, boost::json::serialize(details)},
                              now);
        return DeleteAnswer{true, id, static_cast<std::int64_t>(removal->faces.size())};
    });
    // The person must be gone from the index before anyone is told so.
    if (answer) services.gallery.catch_up(scope);
    return answer;
}

struct RevokeFaceAnswer {
    bool revoked = true;
    FaceId face_id;

    static const Schema<RevokeFaceAnswer>& schema() {
        static const Schema<RevokeFaceAnswer> kSchema(
            "RevokeFaceAnswer", {field("revoked", &RevokeFaceAnswer::revoked, "Always true."),
                                 field("faceId", &RevokeFaceAnswer::face_id, "Which face it was.")});
        return kSchema;
    }
};

/// Takes back what sign-ins added, with everything that grew from it: the template it was based on counts again.
Result<RevokeFaceAnswer> revoke_face(Services& services, const CallContext& call) {
    const Scope& scope = call.caller.scope;
    const UserId user(call.param("id"));
    const FaceId id(call.param("face_id"));
    Result<RevokeFaceAnswer> answer =
        services.database.write(scope, [&](sql::TenantTx& tx) -> Result<RevokeFaceAnswer> {
            const TimeMs now = services.clock.now();
            const std::vector<domain::Face> faces = domain::faces_of_user(tx, user);
            const auto found = std::ranges::find(faces, id, &domain::Face::id);
            if (found == faces.end()) return fail(ErrorCode::kNotFound, "The user has no such face");
            const std::vector<std::size_t> revoked = domain::descendants_of(faces, id);
            std::vector<domain::Face> kept;
            for (std::size_t i = 0; i < faces.size(); ++i) {
                if (std::ranges::find(revoked, i) == revoked.end()) kept.push_back(faces[i]);
            }
            // Nobody could sign in as this user any more, and the same face could be enrolled again.
            const bool leaves_none = domain::faces_in_use(kept, services.engines.packs()).empty();
            if (found->source == domain::FaceSource::kEnrolled || leaves_none) {
                return fail(ErrorCode::kFaceNotRevocable,
                            "Only a face that sign-ins added can be revoked, while there is another one to go back to");
            }
            boost::json::array ids;
            for (const std::size_t i : revoked) {
                domain::remove_face(tx, faces[i].id, now);
                ids.emplace_back(faces[i].id.value);
            }
            // Whoever got in by this template shall not stay in.
            const std::int64_t ended = domain::end_sessions_of_user(tx, user, now);
            const boost::json::object details{{"faces", std::move(ids)}, {"sessions_ended", ended}};
            services.audit.append(
                tx, {call.caller.key.value, "template.revoked", user.value, boost::json::serialize(details)}, now);
            return RevokeFaceAnswer{true, id};
        });
    if (answer) services.gallery.catch_up(scope);
    return answer;
}

}  // namespace

void add_user_routes(RouteTable& routes, Services& services) {
    add_user_list_route(routes, services);
    routes.add<Nothing, UserProfileAnswer>({.method = "GET",
                                            .path = "/v1/users/:id",
                                            .summary = "Get a user's profile and enrollments",
                                            .tag = "Users",
                                            .auth = Auth::kSecretKey,
                                            .errors = {ErrorCode::kNotFound}},
                                           [&services](Call<Nothing>& call) { return get_user(services, call); });
    routes.add<DeleteRequest, DeleteAnswer>(
        {.method = "DELETE",
         .path = "/v1/users/:id",
         .summary = "Delete a user and all face data",
         .doc =
             "Removes the user, the faces, the personal fields and the key that could open the templates, and ends all "
             "sessions, before it answers.",
         .tag = "Users",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<DeleteRequest>& call) { return delete_user(services, call); });
    routes.add<StatusRequest, StatusAnswer>(
        {.method = "PATCH",
         .path = "/v1/users/:id/status",
         .summary = "Set a user's status",
         .doc =
             "`suspended` and `locked` refuse every sign-in (403) and end all of the user's sessions at once. `active` "
             "lifts both, and a lock after failed attempts with it.",
         .tag = "Users",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<StatusRequest>& call) { return set_status(services, call); });
    routes.add<Nothing, RevokeFaceAnswer>({.method = "DELETE",
                                           .path = "/v1/users/:id/faces/:face_id",
                                           .summary = "Revoke a face that sign-ins added",
                                           .doc = "For faces whose `source` is `learned` or `carried_over`. Faces that "
                                                  "grew from it go as well, the one it is "
                                                  "based on counts again, and all of the user's sessions end.",
                                           .tag = "Users",
                                           .auth = Auth::kSecretKey,
                                           .errors = {ErrorCode::kNotFound, ErrorCode::kFaceNotRevocable}},
                                          [&services](Call<Nothing>& call) { return revoke_face(services, call); });
    add_re_enroll_route(routes, services);
    add_user_session_routes(routes, services);
    add_device_routes(routes, services);
    add_user_export_route(routes, services);
}

}  // namespace facegate::api
