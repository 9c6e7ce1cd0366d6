#include "domain/users/user.h"

#include <algorithm>

#include "api/answers.h"
#include "api/services.h"
#include "domain/faces/face.h"
#include "domain/sessions/session.h"
#include "domain/users/user_removal.h"

namespace facegate::api {

namespace {

struct UserItem {
    UserId id;
    std::string name;
    std::string role;
    std::optional<std::string> email;
    std::string status;
    TimeMs created_at;
    std::int64_t face_count = 0;

    static const Schema<UserItem>& schema() {
        static const Schema<UserItem> kSchema(
            "UserItem", {field("id", &UserItem::id, "The user's id."), field("name", &UserItem::name, "Display name."),
                         field("role", &UserItem::role, "Role."),
                         field("email", &UserItem::email, "Null if none was given.").nullable(),
                         field("status", &UserItem::status, "Whether the user may sign in.")
                             .one_of({"active", "suspended", "locked"}),
                         field("created_at", &UserItem::created_at, "When the user was enrolled."),
                         field("face_count", &UserItem::face_count, "Enrolled faces.")});
        return kSchema;
    }
};

struct UserList {
    std::vector<UserItem> users;

    static const Schema<UserList>& schema() {
        static const Schema<UserList> kSchema("UserList", {field("users", &UserList::users, "Oldest first.")});
        return kSchema;
    }
};

struct StoredFace {
    FaceId face_id;
    std::string angle;
    double confidence = 0;
    TimeMs created_at;
    std::optional<std::string> source;

    static const Schema<StoredFace>& schema() {
        static const Schema<StoredFace> kSchema(
            "StoredFace",
            {field("faceId", &StoredFace::face_id, "The stored face's id."),
             field("angle", &StoredFace::angle, "How the face was turned."),
             field("confidence", &StoredFace::confidence, "That it is a face, 0-100."),
             field("created_at", &StoredFace::created_at, "When it was stored."),
             field("source", &StoredFace::source,
                   "Only of a face that was not enrolled: `learned` from sign-ins, or `carried_over` to a "
                   "new model pack at a sign-in. Either can be revoked.")
                 .one_of({"learned", "carried_over"})
                 .omit_if_empty()});
        return kSchema;
    }
};

struct UserProfileAnswer {
    UserItem item;
    std::optional<std::string> external_id;
    std::optional<std::string> phone;
    boost::json::object metadata;
    TimeMs updated_at;
    std::optional<TimeMs> last_verified_at;
    std::vector<StoredFace> enrollments;

    static const Schema<UserProfileAnswer>& schema();
};

/// A member of the item inside the profile: the answer is flat.
template <class Member>
Field<UserProfileAnswer> item_field(std::string name, Member UserItem::* member, std::string doc) {
    Field<UserProfileAnswer> made;
    made.info.name = std::move(name);
    made.info.doc = std::move(doc);
    made.info.shape = Codec<Member>::shape();
    made.info.optional = IsOptional<Member>::value;
    made.read = [member](const boost::json::value& value, UserProfileAnswer& owner) {
        owner.item.*member = Codec<Member>::read(value);
    };
    made.write = [member](const UserProfileAnswer& owner) { return Codec<Member>::write(owner.item.*member); };
    return made;
}

const Schema<UserProfileAnswer>& UserProfileAnswer::schema() {
    using Answer = UserProfileAnswer;
    static const Schema<Answer> kSchema(
        "UserProfile",
        {item_field("id", &UserItem::id, "The user's id."), item_field("name", &UserItem::name, "Display name."),
         item_field("role", &UserItem::role, "Role."),
         item_field("email", &UserItem::email, "Null if none was given.").nullable(),
         item_field("status", &UserItem::status, "Whether the user may sign in.")
             .one_of({"active", "suspended", "locked"}),
         item_field("created_at", &UserItem::created_at, "When the user was enrolled."),
         item_field("face_count", &UserItem::face_count, "Enrolled faces."),
         field("external_id", &Answer::external_id, "Your own id of the user, or null.").nullable(),
         field("phone", &Answer::phone, "Null if none was given.").nullable(),
         field("metadata", &Answer::metadata, "What was stored at enrollment."),
         field("updated_at", &Answer::updated_at, "Last change of the user."),
         field("last_verified_at", &Answer::last_verified_at, "Last successful verify, or null.").nullable(),
         field("enrollments", &Answer::enrollments, "The stored faces, oldest first.")});
    return kSchema;
}

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

UserItem item_of(const domain::User& user) {
    return {user.id,
            user.profile.name,
            user.profile.role,
            user.profile.email,
            std::string(domain::name_of(user.status)),
            user.created_at,
            user.face_count};
}

std::unexpected<Error> unknown_user() {
    return fail(ErrorCode::kNotFound, "There is no such user");
}

Result<UserProfileAnswer> get_user(Services& services, const CallContext& call) {
    return services.database.read(call.caller.scope, [&](sql::TenantTx& tx) -> Result<UserProfileAnswer> {
        const UserId id(call.param("id"));
        const std::optional<domain::User> user = domain::find_user(tx, id);
        if (!user) return unknown_user();
        UserProfileAnswer answer;
        answer.item = item_of(*user);
        answer.external_id = user->profile.external_id;
        answer.phone = user->profile.phone;
        answer.metadata = stored_object(user->profile.metadata);
        answer.updated_at = user->updated_at;
        answer.last_verified_at = user->last_verified_at;
        for (const domain::Face& face : domain::faces_of_user(tx, id)) {
            std::optional<std::string> source;
            if (face.source != domain::FaceSource::kEnrolled) source = domain::name_of(face.source);
            answer.enrollments.push_back({face.id, face.angle, one_decimal(face.confidence), face.created_at, source});
        }
        return answer;
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
    routes.add<Nothing, UserList>({.method = "GET",
                                   .path = "/v1/users",
                                   .summary = "List enrolled users",
                                   .tag = "Users",
                                   .auth = Auth::kSecretKey},
                                  [&services](Call<Nothing>& call) -> Result<UserList> {
                                      UserList list;
                                      const auto users = services.database.read(
                                          call.caller.scope, [](sql::TenantTx& tx) { return domain::list_users(tx); });
                                      for (const domain::User& user : users) list.users.push_back(item_of(user));
                                      return list;
                                  });
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
}

}  // namespace facegate::api
