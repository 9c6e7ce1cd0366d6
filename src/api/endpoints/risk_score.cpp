#include "api/answers.h"
#include "api/services.h"
#include "domain/policies/continuous_policy.h"
#include "domain/sessions/session_use.h"

namespace facegate::api {

namespace {

struct RiskScoreAnswer {
    SessionId session_id;
    double risk_score = 0;
    double confidence = 0;
    TimeMs last_verified_at;
    bool re_verify_required = false;

    static const Schema<RiskScoreAnswer>& schema() {
        static const Schema<RiskScoreAnswer> kSchema(
            "RiskScoreAnswer",
            {field("session_id", &RiskScoreAnswer::session_id, "The session."),
             field("risk_score", &RiskScoreAnswer::risk_score,
                   "0 (none) to 1: that of the sign-in, rising as the confidence decays.")
                 .min(0)
                 .max(1),
             field("confidence", &RiskScoreAnswer::confidence,
                   "0-100: that of the verification, decayed by the continuous policy since.")
                 .min(0)
                 .max(100),
             field("last_verified_at", &RiskScoreAnswer::last_verified_at, "When the face was last compared."),
             field("re_verify_required", &RiskScoreAnswer::re_verify_required,
                   "The continuous policy asks for the face again; refresh is refused until then.")});
        return kSchema;
    }
};

Result<RiskScoreAnswer> risk_score(Services& services, const CallContext& call) {
    const SessionId id(call.param("id"));
    return services.database.read(call.caller.scope, [&](sql::TenantTx& tx) -> Result<RiskScoreAnswer> {
        const TimeMs now = services.clock.now();
        const auto session = domain::find_session(tx, id);
        if (!session || !domain::is_active(*session, now)) {
            return fail(ErrorCode::kNotFound, "There is no such active session");
        }
        const auto standing = domain::standing_of(domain::continuous_policy(tx), *session, now);
        return RiskScoreAnswer{id, standing.risk, one_decimal(standing.confidence), session->verified_at,
                               standing.re_verify_required};
    });
}

}  // namespace

void add_risk_score_route(RouteTable& routes, Services& services) {
    routes.add<Nothing, RiskScoreAnswer>(
        {.method = "GET",
         .path = "/v1/sessions/:id/risk-score",
         .summary = "The risk of an active session now",
         .doc =
             "The confidence falls by `confidence_decay_rate` of the continuous policy: c0 * exp(-rate * hours); the "
             "risk is 1 - (1 - risk at the sign-in) * (confidence now / confidence at the verification). A session "
             "that has ended is not found.",
         .tag = "Sessions",
         .auth = Auth::kSecretKey,
         .errors = {ErrorCode::kNotFound}},
        [&services](Call<Nothing>& call) -> Result<RiskScoreAnswer> { return risk_score(services, call); });
}

}  // namespace facegate::api
