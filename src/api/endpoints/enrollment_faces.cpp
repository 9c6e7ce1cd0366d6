#include "api/endpoints/enrollment_faces.h"

#include "api/endpoints/sign_in.h"
#include "api/image_field.h"
#include "domain/faces/face.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/policies/match_policy.h"

namespace facegate::api {

namespace {

Result<NewFaces> faces_of_photos(Services& services, const std::vector<std::string>& photos) {
    std::vector<provider::PhotoFace> faces;
    for (std::size_t i = 0; i < photos.size(); ++i) {
        const Result<Bytes> image = decode_image_field(photos[i]);
        Result<provider::PhotoFace> face =
            image ? services.photos.face_to_enroll(*image) : std::unexpected(image.error());
        if (!face) {
            if (photos.size() > 1) face.error().details["photo"] = static_cast<double>(i);
            return std::unexpected(std::move(face.error()));
        }
        faces.push_back(std::move(*face));
    }
    Result<std::vector<provider::EnrolledTemplate>> templates = provider::templates_of(services.engines, faces);
    if (!templates) return std::unexpected(std::move(templates.error()));
    return NewFaces{std::move(*templates), std::nullopt};
}

}  // namespace

std::unexpected<Error> refuse_faces(Services& services, const CallContext& call,
                                    const std::optional<LivenessSessionId>& session, const std::string& action,
                                    Error error, const std::string& subject) {
    const Result<void> taken = services.database.write(call.caller.scope, [&](sql::TenantTx& tx) -> Result<void> {
        const TimeMs now = services.clock.now();
        if (session) {
            if (Result<void> consumed = domain::consume_liveness_session(tx, *session, now); !consumed) return consumed;
        }
        services.audit.append(
            tx, {call.caller.key.value, action, subject.empty() && session ? session->value : subject, "{}"}, now);
        services.audit.refer(tx, call.request_id());
        if (session) services.audit.refer(tx, session->value);
        return {};
    });
    return std::unexpected(taken ? std::move(error) : taken.error());
}

Result<NewFaces> take_faces(Services& services, const CallContext& call, const FaceInput& input,
                            const std::string& action) {
    if (!input.liveness_session) return faces_of_photos(services, input.photos);
    const LivenessSessionId& id = *input.liveness_session;
    const Scope& scope = call.caller.scope;
    Result<domain::FinishedLiveness> finished = services.database.read(scope, [&](sql::TenantTx& tx) {
        return domain::read_finished_liveness(tx, services.vault, id, services.clock.now());
    });
    if (!finished) return std::unexpected(std::move(finished.error()));
    domain::LivenessOutcome& outcome = finished->outcome;
    if (!outcome.live) {
        return refuse_faces(services, call, id, action + ".not_live", liveness_failed(outcome.confidence));
    }
    if (!outcome.probes.contains(services.engines.current().pack_id())) {
        return refuse_faces(
            services, call, id, action + ".no_face",
            {ErrorCode::kNoFaceDetected, "The liveness session holds no face that can be enrolled", {}, {}});
    }
    // Frames of one clip count as one photo: how independent they are was not measured.
    return NewFaces{{{std::move(outcome.probes), outcome.confidence, 1, "front"}}, finished->challenge};
}

std::optional<UserId> find_duplicate(Services& services, const Scope& scope, const NewFaces& faces,
                                     const domain::MatchPolicy& policy, const std::optional<UserId>& except) {
    for (const provider::EnrolledTemplate& made : faces.templates) {
        auto found = services.matcher.find_duplicate(scope, made.vectors, policy, except);
        if (found) return found;
    }
    return std::nullopt;
}

std::vector<EnrolledFace> store_faces(Services& services, sql::TenantTx& tx, const UserId& user, const NewFaces& faces,
                                      TimeMs now) {
    const std::string& pack = services.engines.current().pack_id();
    std::vector<EnrolledFace> enrolled;
    for (const provider::EnrolledTemplate& made : faces.templates) {
        domain::Face row;
        row.user = user;
        row.pack_id = pack;
        row.photos = made.photos;
        row.angle = made.angle;
        row.confidence = made.confidence;
        const auto& vector = made.vectors.at(pack);
        const domain::Face stored = domain::add_face(tx, services.vault, services.random, row, vector, now);
        enrolled.push_back({stored.id, stored.angle, one_decimal(stored.confidence)});
    }
    return enrolled;
}

boost::json::object audit_details(const NewFaces& faces) {
    int photos = 0;
    for (const provider::EnrolledTemplate& made : faces.templates) photos += made.photos;
    boost::json::object details{
        {"source", faces.challenge ? "liveness" : "photos"}, {"photos", photos}, {"faces", faces.templates.size()}};
    if (faces.challenge) details["challenge"] = domain::name_of(*faces.challenge);
    return details;
}

}  // namespace facegate::api
