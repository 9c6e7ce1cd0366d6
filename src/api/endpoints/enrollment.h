#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/answers.h"
#include "api/endpoint.h"
#include "api/services.h"
#include "domain/users/user.h"

namespace facegate::api {

inline constexpr std::size_t kMostEnrollmentPhotos = 5;

/// A new user, with what the face is taken from: a liveness session, or else photos.
struct NewEnrollment {
    domain::UserProfile profile;
    ConsentId consent;
    std::optional<LivenessSessionId> liveness_session;
    std::vector<std::string> photos;   ///< as sent, at most kMostEnrollmentPhotos; read only without a liveness session
    std::optional<TimeMs> expires_at;  ///< of the user
    bool replace_own_face = false;     ///< a face that is enrolled already replaces that user instead of being refused
    std::size_t gallery_limit = 0;     ///< 0: none
};

/// Enrolls a person in one transaction: consent, external id, liveness, duplicates, in that order. Of concurrent
/// enrollments of one face one wins. Errors as POST /v1/enroll, and kGalleryFull.
Result<EnrollAnswer> enroll_user(Services& services, const CallContext& call, const NewEnrollment& enrollment);

}  // namespace facegate::api
