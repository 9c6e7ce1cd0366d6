#include "provider/local/face_matcher.h"

namespace facegate::provider {

MatchResult FaceMatcher::judged(const search::Candidate& best) const {
    MatchResult result;
    result.user = best.face.user;
    result.score = best.dot + engine_.score_bias();
    const vision::Calibration::Estimate estimate =
        engine_.calibration().false_match_rate(result.score, best.face.photos);
    result.fmr = estimate.fmr;
    result.extrapolated = estimate.extrapolated;
    result.confidence = vision::confidence_of(result.fmr, result.score);
    return result;
}

MatchResult FaceMatcher::identify(const Scope& scope, const vision::FaceVector& probe) const {
    const search::SearchResult found = gallery_.search(scope, probe, 2);
    MatchResult result;
    if (!found.people.empty()) {
        result = judged(found.people[0]);
        domain::SearchEvidence evidence{result.fmr, result.score, std::nullopt, found.people_total};
        if (found.people.size() > 1) evidence.second_score = found.people[1].dot + engine_.score_bias();
        result.decision = domain::decide_search(evidence);
    }
    result.people = found.people_total;
    result.required = domain::kTargetFpir;
    result.false_match = domain::search_false_match(result.fmr, found.people_total);
    return result;
}

MatchResult FaceMatcher::check_claim(const Scope& scope, std::span<const UserId> claimed,
                                     const vision::FaceVector& probe) const {
    MatchResult best;
    best.required = domain::kTargetFmr;
    best.people = claimed.size();
    for (const UserId& user : claimed) {
        const auto candidate = gallery_.best_of(scope, user, probe);
        if (!candidate) continue;
        MatchResult result = judged(*candidate);
        if (best.user && result.score <= best.score) continue;
        result.required = best.required;
        result.people = best.people;
        result.false_match = domain::search_false_match(result.fmr, claimed.size());
        result.decision = domain::decide_claim(result.false_match);
        best = result;
    }
    return best;
}

std::optional<UserId> FaceMatcher::find_duplicate(const Scope& scope, const vision::FaceVector& probe) const {
    const search::SearchResult found = gallery_.search(scope, probe, 1);
    if (found.people.empty()) return std::nullopt;
    const MatchResult best = judged(found.people[0]);
    if (!domain::is_duplicate(best.fmr, found.people_total)) return std::nullopt;
    return best.user;
}

}  // namespace facegate::provider
