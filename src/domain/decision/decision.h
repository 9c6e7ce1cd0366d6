#pragma once

#include <cstddef>
#include <optional>

namespace facegate::domain {

inline constexpr double kTargetFmr = 1e-4;     ///< 1:1: accepted false-match probability of one comparison
inline constexpr double kTargetFpir = 1e-3;    ///< 1:N: of one search over everyone (ISO/IEC 19795-1 FPIR)
inline constexpr double kDuplicateFmr = 1e-5;  ///< enrollment: of taking a newcomer for someone enrolled
/// How many times less probable a false match with the best person must be than with the second best, in decades.
inline constexpr double kSecondBestMargin = 1;
inline constexpr double kLowestFmr = 1e-9;     ///< no calibration tells less
inline constexpr double kLiveConfidence = 90;  ///< live from here on

/// Probability that a stranger is matched by a search over `people`, at most 1: the union bound fmr x people.
double search_false_match(double fmr, std::size_t people);

/// How the best person of a search stands.
struct SearchEvidence {
    double fmr = 1;                ///< of the best person's comparison
    std::optional<double> margin;  ///< decades from the best person's FMR up to the second best's; nothing: no second
    std::size_t people = 0;        ///< searched
};

enum class MatchDecision {
    kMatched,
    kClaimRequired,  ///< would pass 1:1, but not 1:N
    kNoMatch,
};

/// 1:N: matched if the search's false-match probability is within `target_fpir` and nobody else comes close.
MatchDecision decide_search(const SearchEvidence& evidence, double target_fmr = kTargetFmr,
                            double target_fpir = kTargetFpir);
/// 1:1 against a claimed person.
MatchDecision decide_claim(double fmr, double target_fmr = kTargetFmr);
/// Whether a newcomer's best match among `people` is someone already enrolled. Where the rate shared out between the
/// people falls below kLowestFmr, that much is enough: one face enrolled twice is worse than a newcomer asked to wait.
bool is_duplicate(double fmr, std::size_t people, double duplicate_fmr = kDuplicateFmr);

/// Decades by which a false-match probability lies below what was required; 0 if it does not.
double match_margin(double false_match, double required);

/// What a caller may see of a confidence (0-100): all of it on a match; otherwise secret keys see it floored to a
/// multiple of 10 and publishable keys 0, since scores help an attacker climb.
double displayed_confidence(double confidence, bool matched, bool secret_key);

}  // namespace facegate::domain
