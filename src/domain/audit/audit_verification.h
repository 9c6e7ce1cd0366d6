#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/audit/audit.h"
#include "domain/audit/signed_head.h"
#include "sql/database.h"

namespace facegate::domain {

enum class AuditProblemKind {
    kRecord,       ///< a record was changed, moved, inserted or taken out
    kTailCut,      ///< the chain ends before a record that was signed once: cut, or the database rolled back
    kRewritten,    ///< a record is not the one that was signed: the chain was made anew, or rolled back and went on
    kSignature,    ///< a stored head carries no signature of this server
    kUnpublished,  ///< there are old records, but no published head: they were taken away, or nobody published
};

/// "record_broken", "tail_cut", "rewritten", "bad_signature" or "unpublished".
std::string_view name_of(AuditProblemKind kind);

struct AuditProblem {
    AuditProblemKind kind = AuditProblemKind::kRecord;
    std::int64_t seq = 0;  ///< the record it is about; 0 if it is about none
    std::string text;      ///< one sentence
};

/// What a scope's chain and its signed heads come to.
struct AuditVerification {
    std::int64_t records = 0;  ///< that fit, from the first one on
    std::int64_t heads = 0;    ///< signed heads compared
    std::vector<AuditProblem> problems;

    [[nodiscard]] bool intact() const { return problems.empty(); }
};

/// Recomputes the scope's chain and compares it with the signed heads in the database and with `published`, which were
/// kept elsewhere and whose signatures were checked. Those of other scopes are passed over.
AuditVerification verify_audit(sql::TenantTx& tx, const AuditTrail& trail, const HeadSigner& signer,
                               const std::vector<AuditHead>& published, const ChainVisitor& visit = {});

/// kUnpublished, if the scope has a record from before `published_by` and none of `published` is of it: then a cut of
/// chain and stored heads together would not be seen.
std::optional<AuditProblem> missing_heads(sql::TenantTx& tx, const std::vector<AuditHead>& published,
                                          TimeMs published_by);

}  // namespace facegate::domain
