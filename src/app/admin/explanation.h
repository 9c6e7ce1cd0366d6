#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/endpoints/audit_record.h"
#include "api/schema.h"
#include "base/ids.h"
#include "domain/audit/audit_search.h"

namespace facegate::app {

/// One signal of a liveness check, as it was judged.
struct ExplainedSignal {
    std::string name;
    std::optional<double> value;
    std::optional<double> threshold;
    bool passed = false;
    bool required = false;
    std::string reason;

    static const api::Schema<ExplainedSignal>& schema();
};

struct ExplainedLiveness {
    std::optional<double> confidence;
    std::optional<bool> live;
    std::string challenge;
    std::vector<ExplainedSignal> signals;

    static const api::Schema<ExplainedLiveness>& schema();
};

/// How the face compared: a match needs `false_match` (fmr × people) to be at most `required`.
struct ExplainedMatch {
    std::string compared_with;
    std::optional<double> score;
    std::optional<double> threshold;
    std::optional<double> fmr;
    std::optional<double> people;
    std::optional<double> false_match;
    std::optional<double> required;

    static const api::Schema<ExplainedMatch>& schema();
};

struct ExplainedFactor {
    std::string name;
    double contribution = 0;

    static const api::Schema<ExplainedFactor>& schema();
};

struct ExplainedRisk {
    double score = 0;
    std::vector<ExplainedFactor> factors;

    static const api::Schema<ExplainedRisk>& schema();
};

/// Why one attempt went as it did.
struct Explanation {
    TenantId tenant_id;
    std::string environment;
    TimeMs at;
    std::string action;   ///< of the record that decided
    std::string summary;  ///< one sentence
    std::optional<ExplainedLiveness> liveness;
    std::optional<ExplainedMatch> match;
    std::optional<ExplainedRisk> risk;
    std::vector<api::AuditRecordItem> records;

    static const api::Schema<Explanation>& schema();
};

/// `records` are those of domain::find_attempt, at least one. The last one that decided says how it went; without such
/// a one the end of the liveness check does, else the last one of all.
Explanation explain(const Scope& scope, const std::vector<domain::AuditRecord>& records);

/// The same for people.
std::string explanation_text(const Explanation& explanation);

}  // namespace facegate::app
