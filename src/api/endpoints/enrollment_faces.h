#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/answers.h"
#include "api/endpoint.h"
#include "api/services.h"
#include "domain/liveness_sessions/liveness_challenge.h"
#include "provider/local/enrollment_templates.h"

namespace facegate::api {

inline constexpr std::size_t kMostEnrollmentPhotos = 5;

/// What faces are taken from: a liveness session, or else photos.
struct FaceInput {
    std::optional<LivenessSessionId> liveness_session;
    std::vector<std::string> photos;  ///< as sent, at most kMostEnrollmentPhotos; read only without a liveness session
};

/// What to store, and where it came from.
struct NewFaces {
    std::vector<provider::EnrolledTemplate> templates;   ///< at least one
    std::optional<domain::LivenessChallenge> challenge;  ///< of the liveness session; nothing: from photos
};

/// The faces to enroll; a session is not consumed by it, unless it was not live or holds no face: that is recorded as
/// `<action>.not_live` or `<action>.no_face`. Errors as POST /v1/enroll.
Result<NewFaces> take_faces(Services& services, const CallContext& call, const FaceInput& input,
                            const std::string& action);

/// Consumes the liveness session, if there is one, records why nothing came of it, and gives `error`; or that the
/// session was consumed meanwhile. `subject` is whom the record is about; empty: the session.
std::unexpected<Error> refuse_faces(Services& services, const CallContext& call,
                                    const std::optional<LivenessSessionId>& session, const std::string& action,
                                    Error error, const std::string& subject = {});

/// Whose of the collection one of the faces is already, apart from `except`.
std::optional<UserId> find_duplicate(Services& services, const Scope& scope, const NewFaces& faces,
                                     const domain::MatchPolicy& policy, const std::optional<UserId>& except = {});

/// Stores the faces under the user's data key, in the transaction that consumed what they come from.
std::vector<EnrolledFace> store_faces(Services& services, sql::TenantTx& tx, const UserId& user, const NewFaces& faces,
                                      TimeMs now);

/// What an audit record says of the faces: `source`, `photos`, `faces`, `challenge`.
boost::json::object audit_details(const NewFaces& faces);

}  // namespace facegate::api
