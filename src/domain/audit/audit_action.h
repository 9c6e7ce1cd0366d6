#pragma once

#include <span>
#include <string_view>

namespace facegate::domain {

/// What a record says about an attempt to sign in, enroll or step up.
enum class AuditBearing {
    kDecision,  ///< it decided the attempt
    kLiveness,  ///< how its liveness check ended: decides while nothing else did
    kNone,      ///< something else, or what followed from it
};

/// One action of the audit record.
struct AuditAction {
    std::string_view name;
    AuditBearing bearing;
    std::string_view meaning;  ///< one sentence
};

/// Every action that is ever recorded, each once.
std::span<const AuditAction> audit_actions();

/// Null if no such action is recorded.
const AuditAction* find_audit_action(std::string_view name);

}  // namespace facegate::domain
