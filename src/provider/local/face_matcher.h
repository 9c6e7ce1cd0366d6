#pragma once

#include <optional>
#include <span>

#include "base/ids.h"
#include "domain/decision/decision.h"
#include "provider/local/gallery.h"
#include "vision/face_engine.h"

namespace facegate::provider {

/// What a comparison or search found, with everything the audit record wants to know. None of the figures but
/// `confidence` may reach a caller.
struct MatchResult {
    domain::MatchDecision decision = domain::MatchDecision::kNoMatch;
    std::optional<UserId> user;  ///< the best person; empty if there was nobody to compare with
    double score = 0;            ///< fused score S of the best person
    double fmr = 1;              ///< of that one comparison
    bool extrapolated = false;   ///< the FMR lies beyond the measured points
    double false_match = 1;      ///< of the whole operation: fmr times the people compared
    double required = 0;         ///< `false_match` had to be at most this
    std::size_t people = 0;
    double confidence = 0;  ///< 0-100, of the comparison

    [[nodiscard]] bool matched() const { return decision == domain::MatchDecision::kMatched; }
};

/// Decides on the false-match probability, from the pack's calibration and the number of people compared. Thread-safe.
class FaceMatcher {
public:
    FaceMatcher(const vision::FaceEngine& engine, const Gallery& gallery) : engine_(engine), gallery_(gallery) {}

    /// 1:N over the whole collection at the target FPIR.
    [[nodiscard]] MatchResult identify(const Scope& scope, const vision::FaceVector& probe) const;
    /// 1:1 against those who answer to a claim (several people may share an address): the best of them, at the target
    /// FMR shared out between them. Nobody: no match.
    [[nodiscard]] MatchResult check_claim(const Scope& scope, std::span<const UserId> claimed,
                                          const vision::FaceVector& probe) const;
    /// Who of the collection a newcomer most probably is already.
    [[nodiscard]] std::optional<UserId> find_duplicate(const Scope& scope, const vision::FaceVector& probe) const;

private:
    MatchResult judged(const search::Candidate& best) const;

    const vision::FaceEngine& engine_;
    const Gallery& gallery_;
};

}  // namespace facegate::provider
