#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"
#include "sql/database.h"

namespace facegate::domain {

/// How long a re-enrollment token may wait to be used.
inline constexpr std::chrono::minutes kReEnrollWithin{10};

/// Lets one person, whose enrollment ran out and whose face was just recognised, enroll again once by a liveness
/// session. Gives the token: `re_` and 256 random bits, of which only the SHA-256 is kept. It takes the place of any
/// the user had.
std::string create_re_enrollment_token(sql::TenantTx& tx, Random& random, const UserId& user, TimeMs now);
/// Whose token it is; takes it, once: of concurrent calls one wins. kReEnrollmentTokenInvalid if it is unknown, used,
/// too old, or of a user who is gone.
Result<UserId> take_re_enrollment_token(sql::TenantTx& tx, std::string_view token, TimeMs now);
/// The same without taking it, for what comes before.
Result<UserId> find_re_enrollment_token(sql::TenantTx& tx, std::string_view token, TimeMs now);

/// For whoever removes the user, or has enrolled the user again by another way.
void forget_re_enrollment_token(sql::TenantTx& tx, const UserId& user);
std::int64_t purge_re_enrollment_tokens(sql::SystemTx& tx, TimeMs now);

}  // namespace facegate::domain
