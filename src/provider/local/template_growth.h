#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "domain/audit/audit.h"
#include "domain/policies/match_policy.h"
#include "domain/vault/vault.h"
#include "provider/local/face_matcher.h"
#include "vision/engine_set.h"

namespace facegate::provider {

/// Only sign-ins as sure as this change a template: of the whole operation, so that a search among many, where
/// strangers have many chances, hardly ever does, and a claim or a device's own people do. The calibration must have
/// been measured that far down.
inline constexpr double kGrowthFmr = 1e-6;
inline constexpr double kGrowthLiveness = 95;
inline constexpr std::chrono::hours kBetweenGrowth{24};

/// What a very sure sign-in adds to a person's templates. Thread-safe.
///
/// At most once a day, counted from the enrollment and whatever was revoked since. Carrying over: a person recognised
/// by a template of an older model pack gets one of the current pack, made from this sign-in's face, unless there is
/// one. Learning: the template that recognised the person gets a learned companion, the mean of what it knew and this
/// face, weighted by photos. The probe must be as close to the enrolled face itself, or templates could drift, sign-in
/// by sign-in, to another person. The templates they are based on stay, so that each can be revoked by removing it.
/// Both are audited.
class TemplateGrowth {
public:
    TemplateGrowth(const vision::EngineSet& engines, const domain::Vault& vault, const domain::AuditTrail& audit,
                   Random& random)
        : engines_(engines), vault_(vault), audit_(audit), random_(random) {}

    /// In the transaction of the sign-in that `match` decided. Returns whether a face was added.
    bool after_sign_in(sql::TenantTx& tx, const MatchResult& match, const vision::FaceVectors& probes, double liveness,
                       const domain::MatchPolicy& policy, TimeMs now) const;

private:
    bool carry_over(sql::TenantTx& tx, const MatchResult& match, const vision::FaceVector& probe, double liveness,
                    TimeMs now) const;
    bool learn(sql::TenantTx& tx, const MatchResult& match, const vision::FaceVector& probe, double liveness,
               TimeMs now) const;
    FaceId add(sql::TenantTx& tx, const domain::Face& face, const vision::FaceVector& vector, const char* action,
               TimeMs now) const;

    const vision::EngineSet& engines_;
    const domain::Vault& vault_;
    const domain::AuditTrail& audit_;
    Random& random_;
};

}  // namespace facegate::provider
