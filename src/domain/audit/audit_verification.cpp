#include "domain/audit/audit_verification.h"

#include <fmt/format.h>

#include <algorithm>

#include <map>

namespace facegate::domain {

namespace {

/// The heads to compare with, by number; several of one number may differ.
using HeadsBySeq = std::multimap<std::int64_t, AuditHead>;

std::int64_t last_record(sql::TenantTx& tx) {
    return tx.query("SELECT COALESCE(MAX(seq), 0) FROM audit_records WHERE tenant_id = $1 AND environment = $2")
        .front()
        .integer(0);
}

HeadsBySeq stored_heads(sql::TenantTx& tx, const HeadSigner& signer, AuditVerification& result) {
    HeadsBySeq heads;
    int unreadable = 0;
    for (const std::string& token : stored_head_tokens(tx)) {
        auto head = signer.read(token);
        if (!head || head->scope != tx.scope()) {
            ++unreadable;
        } else {
            heads.emplace(head->seq, std::move(*head));
        }
    }
    if (unreadable > 0) {
        result.problems.push_back({AuditProblemKind::kSignature, 0,
                                   fmt::format("{} of the signed heads in the database carry no signature of this "
                                               "server for this chain",
                                               unreadable)});
    }
    return heads;
}

}  // namespace

std::string_view name_of(AuditProblemKind kind) {
    switch (kind) {
        case AuditProblemKind::kRecord: return "record_broken";
        case AuditProblemKind::kTailCut: return "tail_cut";
        case AuditProblemKind::kRewritten: return "rewritten";
        case AuditProblemKind::kSignature: return "bad_signature";
        case AuditProblemKind::kUnpublished: return "unpublished";
    }
    return "?";
}

AuditVerification verify_audit(sql::TenantTx& tx, const AuditTrail& trail, const HeadSigner& signer,
                               const std::vector<AuditHead>& published, const ChainVisitor& visit) {
    AuditVerification result;
    HeadsBySeq heads = stored_heads(tx, signer, result);
    for (const AuditHead& head : published) {
        if (head.scope == tx.scope()) heads.emplace(head.seq, head);
    }
    result.heads = static_cast<std::int64_t>(heads.size());
    const AuditHead* rewritten = nullptr;
    const ChainCheck chain = trail.verify_chain(tx, [&](std::int64_t seq, const Bytes& hash) {
        const auto [from, to] = heads.equal_range(seq);
        for (auto head = from; head != to && rewritten == nullptr; ++head) {
            if (head->second.hash != hash) rewritten = &head->second;
        }
        if (visit) visit(seq, hash);
    });
    result.records = chain.records;
    if (!chain.intact) {
        result.problems.push_back(
            {AuditProblemKind::kRecord, chain.broken_at,
             fmt::format("record {} was changed, moved, inserted or taken out", chain.broken_at)});
    }
    if (rewritten != nullptr) {
        result.problems.push_back({AuditProblemKind::kRewritten, rewritten->seq,
                                   fmt::format("record {} is not the one that was signed at {}: the chain was made "
                                               "anew, or the database was rolled back and went on",
                                               rewritten->seq, to_iso8601(rewritten->signed_at))});
    }
    const std::int64_t last = last_record(tx);
    if (!heads.empty() && heads.rbegin()->first > last) {
        const AuditHead& head = heads.rbegin()->second;
        result.problems.push_back({AuditProblemKind::kTailCut, head.seq,
                                   fmt::format("the chain ends at record {}, but record {} was signed at {}: its end "
                                               "was cut off, or the database was rolled back",
                                               last, head.seq, to_iso8601(head.signed_at))});
    }
    return result;
}

std::optional<AuditProblem> missing_heads(sql::TenantTx& tx, const std::vector<AuditHead>& published,
                                          TimeMs published_by) {
    const auto of_scope = [&](const AuditHead& head) { return head.scope == tx.scope(); };
    if (std::ranges::any_of(published, of_scope)) return std::nullopt;
    const auto oldest = tx.query(
        "SELECT MIN(created_at) FROM audit_records WHERE tenant_id = $1 AND environment = $2 HAVING COUNT(*) > 0");
    if (oldest.empty()) return std::nullopt;
    const TimeMs since = from_unix_ms(oldest.front().integer(0));
    if (since >= published_by) return std::nullopt;
    return AuditProblem{AuditProblemKind::kUnpublished, 0,
                        fmt::format("there are records since {}, but no published head of this chain: the file is "
                                    "missing or was cut, or no server ran long enough to publish one",
                                    to_iso8601(since))};
}

}  // namespace facegate::domain
