#include "api/endpoints/user_profile.h"

#include "api/answers.h"
#include "domain/faces/face.h"

namespace facegate::api {

namespace {

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

}  // namespace

const Schema<UserItem>& UserItem::schema() {
    static const Schema<UserItem> kSchema(
        "UserItem",
        {field("id", &UserItem::id, "The user's id."), field("name", &UserItem::name, "Display name."),
         field("role", &UserItem::role, "Role."),
         field("email", &UserItem::email, "Null if none was given.").nullable(),
         field("status", &UserItem::status, "Whether the user may sign in.").one_of({"active", "suspended", "locked"}),
         field("created_at", &UserItem::created_at, "When the user was enrolled."),
         field("face_count", &UserItem::face_count, "Enrolled faces.")});
    return kSchema;
}

UserItem UserItem::of(const domain::User& user) {
    return {user.id,
            user.profile.name,
            user.profile.role,
            user.profile.email,
            std::string(domain::name_of(user.status)),
            user.created_at,
            user.face_count};
}

const Schema<StoredFace>& StoredFace::schema() {
    static const Schema<StoredFace> kSchema(
        "StoredFace", {field("faceId", &StoredFace::face_id, "The stored face's id."),
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
         field("enrollments", &Answer::enrollments, "The stored faces, oldest first."),
         field("possible_duplicate", &Answer::possible_duplicate,
               "Only of a user who was enrolled with `allow_duplicate` although the face resembled another user's.")
             .omit_if_empty()});
    return kSchema;
}

Result<UserProfileAnswer> profile_of(sql::TenantTx& tx, const UserId& id) {
    const std::optional<domain::User> user = domain::find_user(tx, id);
    if (!user) return unknown_user();
    UserProfileAnswer answer;
    answer.item = UserItem::of(*user);
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
    if (user->duplicate_of) answer.possible_duplicate = true;
    return answer;
}

std::unexpected<Error> unknown_user() {
    return fail(ErrorCode::kNotFound, "There is no such user");
}

}  // namespace facegate::api
