#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/answers.h"
#include "api/endpoint.h"
#include "api/endpoints/enrollment_faces.h"
#include "api/services.h"
#include "domain/users/user.h"

namespace facegate::api {

/// A new user, with what the face is taken from.
struct NewEnrollment {
    domain::UserProfile profile;
    ConsentId consent;
    FaceInput faces;
    std::optional<TimeMs> expires_at;  ///< of the user
    bool replace_own_face = false;     ///< a face that is enrolled already replaces that user instead of being refused
    bool allow_duplicate = false;      ///< a face that resembles another user's is enrolled all the same, and marked
    std::size_t gallery_limit = 0;     ///< 0: none
};

/// Enrolls a person in one transaction: consent, external id, liveness, duplicates, in that order. Of concurrent
/// enrollments of one face one wins. Errors as POST /v1/enroll, and kGalleryFull.
Result<EnrollAnswer> enroll_user(Services& services, const CallContext& call, const NewEnrollment& enrollment);

}  // namespace facegate::api
