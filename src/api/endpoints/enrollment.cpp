#include "api/endpoints/enrollment.h"

#include "domain/consents/consent.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/policies/match_policy.h"
#include "domain/users/user_removal.h"

namespace facegate::api {

namespace {

namespace json = boost::json;

Result<void> check_before_consuming(Services& services, const Scope& scope, const NewEnrollment& enrollment) {
    return services.database.read(scope, [&](sql::TenantTx& tx) -> Result<void> {
        if (const auto consent = domain::check_consent(tx, enrollment.consent); !consent) {
            return std::unexpected(consent.error());
        }
        const auto& external_id = enrollment.profile.external_id;
        if (external_id && domain::find_user_by_external_id(tx, *external_id)) {
            return fail(ErrorCode::kUserAlreadyEnrolled, "This external_id is enrolled already");
        }
        if (!enrollment.faces.liveness_session) return {};
        return domain::check_consumable(tx, *enrollment.faces.liveness_session, services.clock.now());
    });
}

/// Everything in one transaction: either all rows of the new user are there, or none.
Result<EnrollAnswer> store(Services& services, sql::TenantTx& tx, const CallContext& call,
                           const NewEnrollment& enrollment, const NewFaces& faces,
                           const std::optional<UserId>& duplicate) {
    const TimeMs now = services.clock.now();
    const bool replaces = duplicate && enrollment.replace_own_face;
    if (const auto& session = enrollment.faces.liveness_session) {
        if (const auto taken = domain::consume_liveness_session(tx, *session, now); !taken) {
            return std::unexpected(taken.error());
        }
    }
    if (replaces) {
        if (const auto removed = domain::remove_user(tx, *duplicate, now); !removed)
            return std::unexpected(removed.error());
    }
    if (enrollment.gallery_limit != 0 &&
        domain::count_users(tx) >= static_cast<std::int64_t>(enrollment.gallery_limit)) {
        return fail(ErrorCode::kGalleryFull, "No more people can be enrolled here at the moment");
    }
    const Result<UserId> user =
        domain::create_user(tx, services.random, enrollment.profile, enrollment.expires_at, now);
    if (!user) return std::unexpected(user.error());
    services.vault.create_user_key(tx, *user);
    if (const Result<void> linked = domain::link_consent(tx, services.vault, enrollment.consent, *user); !linked) {
        return std::unexpected(linked.error());
    }
    if (duplicate && !replaces) domain::set_duplicate_of(tx, *user, *duplicate);
    const EnrollAnswer answer{*user, store_faces(services, tx, *user, faces, now)};
    json::object details = audit_details(faces);
    details["replaced"] = replaces;
    details["possible_duplicate"] = duplicate && !replaces;
    services.audit.append(tx, {call.caller.key.value, "user.enrolled", user->value, json::serialize(details)}, now);
    services.audit.refer(tx, call.request_id());
    if (const auto& session = enrollment.faces.liveness_session) services.audit.refer(tx, session->value);
    return answer;
}

}  // namespace

Result<EnrollAnswer> enroll_user(Services& services, const CallContext& call, const NewEnrollment& enrollment) {
    const Scope& scope = call.caller.scope;
    if (const Result<void> ok = check_before_consuming(services, scope, enrollment); !ok)
        return std::unexpected(ok.error());
    const Result<NewFaces> faces = take_faces(services, call, enrollment.faces, "enroll");
    if (!faces) return std::unexpected(faces.error());
    const auto policy = services.database.read(scope, [](sql::TenantTx& tx) { return domain::match_policy(tx); });

    const std::unique_lock enrolling = services.gallery.enrolling(scope);
    services.gallery.catch_up(scope);
    const std::optional<UserId> duplicate = find_duplicate(services, scope, *faces, policy);
    if (duplicate && !enrollment.replace_own_face && !enrollment.allow_duplicate) {
        return refuse_faces(services, call, enrollment.faces.liveness_session, "enroll.duplicate",
                            {ErrorCode::kUserAlreadyEnrolled, "This person is enrolled already", {}, {}},
                            duplicate->value);
    }
    Result<EnrollAnswer> answer = services.database.write(
        scope, [&](sql::TenantTx& tx) { return store(services, tx, call, enrollment, *faces, duplicate); });
    if (answer) services.gallery.catch_up(scope);
    return answer;
}

}  // namespace facegate::api
