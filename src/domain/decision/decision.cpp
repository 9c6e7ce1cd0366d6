#include "domain/decision/decision.h"

#include <algorithm>
#include <cmath>

namespace facegate::domain {

double search_false_match(double fmr, std::size_t people) {
    return std::min(1.0, fmr * static_cast<double>(people));
}

MatchDecision decide_search(const SearchEvidence& evidence, double target_fmr, double target_fpir) {
    if (evidence.people == 0) return MatchDecision::kNoMatch;
    const bool alone = !evidence.margin || *evidence.margin >= kSecondBestMargin;
    if (alone && search_false_match(evidence.fmr, evidence.people) <= target_fpir) return MatchDecision::kMatched;
    return evidence.fmr <= target_fmr ? MatchDecision::kClaimRequired : MatchDecision::kNoMatch;
}

MatchDecision decide_claim(double fmr, double target_fmr) {
    return fmr <= target_fmr ? MatchDecision::kMatched : MatchDecision::kNoMatch;
}

bool is_duplicate(double fmr, std::size_t people, double duplicate_fmr) {
    return people > 0 && fmr <= std::max(duplicate_fmr / static_cast<double>(people), kLowestFmr);
}

double match_margin(double false_match, double required) {
    if (!(false_match > 0) || !(required > 0)) return 0;
    return std::max(0.0, std::log10(required / false_match));
}

double displayed_confidence(double confidence, bool matched, bool secret_key) {
    if (matched) return confidence;
    return secret_key ? std::floor(confidence / 10) * 10 : 0;
}

}  // namespace facegate::domain
