#include "provider/local/template_growth.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "domain/faces/face.h"

namespace facegate::provider {

namespace {

using Templates = std::vector<domain::FaceTemplate>;

const domain::FaceTemplate* find(const Templates& faces, const FaceId& id) {
    const auto found = std::ranges::find_if(faces, [&](const auto& face) { return face.face.id == id; });
    return found == faces.end() ? nullptr : &*found;
}

}  // namespace

bool TemplateGrowth::after_sign_in(sql::TenantTx& tx, const MatchResult& match, const vision::FaceVectors& probes,
                                   double liveness, const domain::MatchPolicy& policy, TimeMs now) const {
    if (!match.matched() || match.false_match > kGrowthFmr || liveness < kGrowthLiveness) return false;
    // A line drawn through measured points says nothing so far beyond them.
    const vision::FaceEngine* judge = engines_.find(match.pack);
    if (judge == nullptr || judge->calibration().lowest_measured(match.photos) > kGrowthFmr) return false;
    const std::string& current = engines_.current().pack_id();
    const auto probe = probes.find(current);
    if (probe == probes.end()) return false;
    // A sign-in on the day of the enrollment shows the same light and the same clothes. What was revoked counts too: it
    // must not come back with the next sign-in.
    if (domain::face_added_since(tx, *match.user, now - kBetweenGrowth)) return false;
    if (match.pack != current) return carry_over(tx, match, probe->second, liveness, now);
    return policy.learn_templates && learn(tx, match, probe->second, liveness, now);
}

bool TemplateGrowth::carry_over(sql::TenantTx& tx, const MatchResult& match, const vision::FaceVector& probe,
                                double liveness, TimeMs now) const {
    const std::string& current = engines_.current().pack_id();
    // As the database has it now: of two sign-ins at once the second finds the first one's face.
    const std::vector<domain::Face> faces = domain::faces_of_user(tx, *match.user);
    if (std::ranges::find(faces, current, &domain::Face::pack_id) != faces.end()) return false;
    if (std::ranges::find(faces, *match.face, &domain::Face::id) == faces.end()) return false;  // revoked meanwhile
    domain::Face face;
    face.user = *match.user;
    face.pack_id = current;
    face.confidence = liveness;
    face.source = domain::FaceSource::kCarriedOver;
    face.based_on = match.face;
    add(tx, face, probe, "template.carried_over", now);
    return true;
}

bool TemplateGrowth::learn(sql::TenantTx& tx, const MatchResult& match, const vision::FaceVector& probe,
                           double liveness, TimeMs now) const {
    const vision::FaceEngine& engine = engines_.current();
    const Templates faces = domain::load_faces_of_user(tx, vault_, *match.user);
    const domain::FaceTemplate* known = find(faces, *match.face);
    if (known == nullptr || known->vector.size() != probe.size()) return false;
    const bool learned_before = known->face.source == domain::FaceSource::kLearned;
    const domain::FaceTemplate* anchor = learned_before ? find(faces, known->face.based_on.value_or(FaceId())) : known;
    if (anchor == nullptr || anchor->vector.size() != probe.size()) return false;
    const double close = engine.score(anchor->vector, probe);
    if (engine.calibration().false_match_rate(close, anchor->face.photos).fmr > kGrowthFmr) return false;

    // More photos than the calibration has a table for would weigh the old ones ever more without being worth more.
    const int most = std::max(engine.calibration().most_photos(), 2);
    const int kept = std::min(known->face.photos, most - 1);
    const std::array<vision::FaceVector, 2> vectors{known->vector, probe};
    const std::array<float, 2> weights{static_cast<float>(kept), 1.0F};
    domain::Face face;
    face.user = *match.user;
    face.pack_id = engine.pack_id();
    face.photos = kept + 1;
    face.angle = known->face.angle;
    face.confidence = liveness;
    face.source = domain::FaceSource::kLearned;
    face.based_on = anchor->face.id;
    const FaceId added = add(tx, face, engine.average(vectors, weights), "template.learned", now);
    if (learned_before) domain::replace_face(tx, known->face.id, added, now);
    return true;
}

FaceId TemplateGrowth::add(sql::TenantTx& tx, const domain::Face& face, const vision::FaceVector& vector,
                           const char* action, TimeMs now) const {
    const domain::Face added = domain::add_face(tx, vault_, random_, face, vector, now);
    const boost::json::object details{{"face_id", added.id.value},
                                      {"based_on", added.based_on.value_or(FaceId()).value},
                                      {"pack", added.pack_id},
                                      {"photos", added.photos}};
    audit_.append(tx, {"system", action, added.user.value, boost::json::serialize(details)}, now);
    return added.id;
}

}  // namespace facegate::provider
