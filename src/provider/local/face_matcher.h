#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/ids.h"
#include "domain/decision/decision.h"
#include "domain/policies/match_policy.h"
#include "provider/local/gallery.h"
#include "vision/engine_set.h"

namespace facegate::provider {

/// What a comparison or search found, with everything the audit record wants to know. None of the figures but
/// `confidence` may reach a caller.
struct MatchResult {
    domain::MatchDecision decision = domain::MatchDecision::kNoMatch;
    std::optional<UserId> user;  ///< the best person; empty if there was nobody to compare with
    std::optional<FaceId> face;  ///< that person's best template
    std::string pack;            ///< whose template it is
    int photos = 1;              ///< independent photos in it
    double score = 0;            ///< fused score S
    double threshold = 0;        ///< the score that would just have been enough
    double fmr = 1;              ///< of that one comparison
    bool extrapolated = false;   ///< the FMR lies beyond the measured points
    double false_match = 1;      ///< of the whole operation: fmr times the people compared
    double required = 0;         ///< `false_match` had to be at most this
    std::size_t people = 0;
    double confidence = 0;  ///< 0-100, of the comparison

    [[nodiscard]] bool matched() const { return decision == domain::MatchDecision::kMatched; }
};

/// Decides on the false-match probability: from the calibration of the template's pack by the independent photos in it,
/// times the number of people compared. The best person is the one with the lowest false-match rate, which is not
/// always the one with the highest score: templates of many photos score higher with everybody. Thread-safe.
class FaceMatcher {
public:
    FaceMatcher(const vision::EngineSet& engines, const Gallery& gallery) : engines_(engines), gallery_(gallery) {}

    /// 1:N over the whole collection at the policy's target FPIR.
    [[nodiscard]] MatchResult identify(const Scope& scope, const vision::FaceVectors& probes,
                                       const domain::MatchPolicy& policy) const;
    /// 1:N among these people alone, at the target FPIR for so many. Nobody: no match.
    [[nodiscard]] MatchResult identify_among(const Scope& scope, std::span<const UserId> users,
                                             const vision::FaceVectors& probes,
                                             const domain::MatchPolicy& policy) const;
    /// 1:1 against those who answer to a claim (several people may share an address): the best of them, at the target
    /// FMR shared out between them. Nobody: no match.
    [[nodiscard]] MatchResult check_claim(const Scope& scope, std::span<const UserId> claimed,
                                          const vision::FaceVectors& probes, const domain::MatchPolicy& policy) const;
    /// Who of the collection a newcomer most probably is already; `except` is not looked at.
    [[nodiscard]] std::optional<UserId> find_duplicate(const Scope& scope, const vision::FaceVectors& probes,
                                                       const domain::MatchPolicy& policy,
                                                       const std::optional<UserId>& except = std::nullopt) const;

private:
    struct Judged;
    struct Found;
    [[nodiscard]] Judged judge(const std::string& pack, const search::Candidate& candidate) const;
    /// The best person of the whole collection and the lead over the second.
    [[nodiscard]] Found search_all(const Scope& scope, const vision::FaceVectors& probes,
                                   const std::optional<UserId>& except = std::nullopt) const;
    [[nodiscard]] Found search_among(const Scope& scope, std::span<const UserId> users,
                                     const vision::FaceVectors& probes) const;
    [[nodiscard]] MatchResult result_of(const Found& found, double required) const;
    /// By the rules of a search.
    [[nodiscard]] MatchResult decide(const Found& found, const domain::MatchPolicy& policy) const;

    const vision::EngineSet& engines_;
    const Gallery& gallery_;
};

}  // namespace facegate::provider
