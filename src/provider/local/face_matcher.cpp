#include "provider/local/face_matcher.h"

#include <algorithm>

namespace facegate::provider {

namespace {

/// People looked at by false-match rate, of those with the highest scores: the tables of one pack for one photo and for
/// many differ by less than what lies between the best stranger and the eighth.
constexpr std::size_t kLookedAt = 8;

}  // namespace

/// One person's best template, judged by the calibration of its pack.
struct FaceMatcher::Judged {
    search::IndexedFace face;
    std::string pack;
    double score = 0;
    vision::Calibration::Estimate estimate;

    /// Whether a false match is less probable; equal ones by id, so that the answer depends on nothing else.
    [[nodiscard]] bool surer_than(const Judged& other) const {
        if (estimate.decades != other.estimate.decades) return estimate.decades > other.estimate.decades;
        return face.face < other.face.face;
    }
};

struct FaceMatcher::Found {
    std::optional<Judged> best;
    std::optional<Judged> second;  ///< another person
    std::size_t people = 0;

    void offer(Judged candidate) {
        if (best && best->face.user == candidate.face.user) {
            if (candidate.surer_than(*best)) best = std::move(candidate);
        } else if (!best || candidate.surer_than(*best)) {
            second = std::move(best);
            best = std::move(candidate);
        } else if (!second || candidate.surer_than(*second)) {
            second = std::move(candidate);
        }
    }
    [[nodiscard]] std::optional<double> margin() const {
        if (!best || !second) return std::nullopt;
        return best->estimate.decades - second->estimate.decades;
    }
};

FaceMatcher::Judged FaceMatcher::judge(const std::string& pack, const search::Candidate& candidate) const {
    const vision::FaceEngine& engine = *engines_.find(pack);
    Judged judged{candidate.face, pack, candidate.dot + engine.score_bias(), {}};
    judged.estimate = engine.calibration().false_match_rate(judged.score, candidate.face.photos);
    return judged;
}

FaceMatcher::Found FaceMatcher::search_all(const Scope& scope, const vision::FaceVectors& probes,
                                           const std::optional<UserId>& except) const {
    Found found;
    for (const auto& [pack, probe] : probes) {
        if (engines_.find(pack) == nullptr) continue;
        const search::SearchResult result = gallery_.search(scope, pack, probe, kLookedAt);
        found.people += result.people_total;
        for (const search::Candidate& candidate : result.people) {
            if (candidate.face.user != except) found.offer(judge(pack, candidate));
        }
    }
    return found;
}

FaceMatcher::Found FaceMatcher::search_among(const Scope& scope, std::span<const UserId> users,
                                             const vision::FaceVectors& probes) const {
    Found found;
    found.people = users.size();
    for (const auto& [pack, probe] : probes) {
        if (engines_.find(pack) == nullptr) continue;
        for (const UserId& user : users) {
            if (const auto candidate = gallery_.best_of(scope, pack, user, probe)) found.offer(judge(pack, *candidate));
        }
    }
    return found;
}

MatchResult FaceMatcher::result_of(const Found& found, double required) const {
    MatchResult result;
    result.people = found.people;
    result.required = required;
    if (!found.best) return result;
    const Judged& best = *found.best;
    result.user = best.face.user;
    result.face = best.face.face;
    result.pack = best.pack;
    result.photos = best.face.photos;
    result.score = best.score;
    result.fmr = best.estimate.fmr;
    result.extrapolated = best.estimate.extrapolated;
    result.false_match = domain::search_false_match(result.fmr, found.people);
    result.threshold = engines_.find(best.pack)->calibration().threshold(
        required / static_cast<double>(std::max<std::size_t>(found.people, 1)), best.face.photos);
    result.confidence = vision::confidence_of(result.fmr, result.score);
    return result;
}

MatchResult FaceMatcher::decide(const Found& found, const domain::MatchPolicy& policy) const {
    MatchResult result = result_of(found, policy.target_fpir);
    result.decision =
        domain::decide_search({result.fmr, found.margin(), found.people}, policy.target_fmr, policy.target_fpir);
    return result;
}

MatchResult FaceMatcher::identify(const Scope& scope, const vision::FaceVectors& probes,
                                  const domain::MatchPolicy& policy) const {
    return decide(search_all(scope, probes), policy);
}

MatchResult FaceMatcher::identify_among(const Scope& scope, std::span<const UserId> users,
                                        const vision::FaceVectors& probes, const domain::MatchPolicy& policy) const {
    return decide(search_among(scope, users, probes), policy);
}

MatchResult FaceMatcher::check_claim(const Scope& scope, std::span<const UserId> claimed,
                                     const vision::FaceVectors& probes, const domain::MatchPolicy& policy) const {
    MatchResult result = result_of(search_among(scope, claimed, probes), policy.target_fmr);
    result.decision = domain::decide_claim(result.false_match, policy.target_fmr);
    return result;
}

std::optional<UserId> FaceMatcher::find_duplicate(const Scope& scope, const vision::FaceVectors& probes,
                                                  const domain::MatchPolicy& policy,
                                                  const std::optional<UserId>& except) const {
    const Found found = search_all(scope, probes, except);
    if (!found.best || !domain::is_duplicate(found.best->estimate.fmr, found.people, policy.duplicate_fmr)) {
        return std::nullopt;
    }
    return found.best->face.user;
}

}  // namespace facegate::provider
