#include "app/admin/explanation.h"

#include <fmt/format.h>

#include "domain/audit/audit_action.h"

namespace facegate::app {

namespace {

namespace json = boost::json;

std::optional<double> number_in(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_number()) return std::nullopt;
    return value->to_number<double>();
}

std::optional<bool> flag_in(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    if (value == nullptr || !value->is_bool()) return std::nullopt;
    return value->get_bool();
}

std::string text_in(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string summary_of(const domain::AuditRecord& record, const json::object& details) {
    if (record.action == "verify.matched" && flag_in(details, "step_up_required").value_or(false)) {
        return "Signed in, but with a step-up token only: the session is good for a step-up alone.";
    }
    const domain::AuditAction* action = domain::find_audit_action(record.action);
    if (action == nullptr) return fmt::format("The record says `{}`.", record.action);
    std::string summary(action->meaning);
    const std::string reason = text_in(details, "reason");
    if (record.action == "liveness.broken" && !reason.empty()) summary += " Reason: " + reason + ".";
    return summary;
}

/// A decision before a liveness check's end, and both before what followed from them.
int weight_of(const domain::AuditRecord& record) {
    const domain::AuditAction* action = domain::find_audit_action(record.action);
    if (action == nullptr) return 0;
    switch (action->bearing) {
        case domain::AuditBearing::kDecision: return 2;
        case domain::AuditBearing::kLiveness: return 1;
        case domain::AuditBearing::kNone: return 0;
    }
    return 0;
}

ExplainedLiveness liveness_in(const json::object& details) {
    ExplainedLiveness liveness;
    liveness.confidence = number_in(details, "confidence");
    liveness.live = flag_in(details, "live");
    liveness.challenge = text_in(details, "challenge");
    const json::value* signals = details.if_contains("signals");
    if (signals == nullptr || !signals->is_array()) return liveness;
    for (const json::value& value : signals->get_array()) {
        const json::object* signal = value.if_object();
        if (signal == nullptr) continue;
        liveness.signals.push_back({text_in(*signal, "name"), number_in(*signal, "value"),
                                    number_in(*signal, "threshold"), flag_in(*signal, "passed").value_or(false),
                                    flag_in(*signal, "required").value_or(false), text_in(*signal, "reason")});
    }
    return liveness;
}

ExplainedMatch match_in(const json::object& details) {
    return {text_in(details, "compared_with"), number_in(details, "score"),  number_in(details, "threshold"),
            number_in(details, "fmr"),         number_in(details, "people"), number_in(details, "false_match"),
            number_in(details, "required")};
}

ExplainedRisk risk_in(const json::object& details) {
    ExplainedRisk risk;
    risk.score = number_in(details, "risk").value_or(0);
    const json::value* factors = details.if_contains("risk_factors");
    if (factors == nullptr || !factors->is_object()) return risk;
    for (const auto& [name, contribution] : factors->get_object()) {
        if (contribution.is_number()) risk.factors.push_back({std::string(name), contribution.to_number<double>()});
    }
    return risk;
}

std::string shown(const std::optional<double>& value) {
    return value ? fmt::format("{:.4g}", *value) : "-";
}

std::string signals_text(const ExplainedLiveness& liveness) {
    std::string text =
        fmt::format("\nLiveness: {}, confidence {}{}\n", liveness.live.value_or(false) ? "live" : "not live",
                    shown(liveness.confidence), liveness.challenge.empty() ? "" : ", challenge " + liveness.challenge);
    for (const ExplainedSignal& signal : liveness.signals) {
        text += fmt::format("  {} {:<22} {:>10}  (threshold {:>8}{})  {}\n", signal.passed ? "ok  " : "FAIL",
                            signal.name, shown(signal.value), shown(signal.threshold),
                            signal.required ? "" : ", supporting", signal.reason);
    }
    return text;
}

std::string match_text(const ExplainedMatch& match) {
    return fmt::format(
        "\nFace: compared with {}\n"
        "  score S        {:>10}  (threshold {})\n"
        "  FMR at S       {:>10}\n"
        "  people N       {:>10}\n"
        "  FMR x N        {:>10}  (at most {} is a match)\n",
        match.compared_with.empty() ? "-" : match.compared_with, shown(match.score), shown(match.threshold),
        shown(match.fmr), shown(match.people), shown(match.false_match), shown(match.required));
}

std::string risk_text(const ExplainedRisk& risk) {
    std::string text = fmt::format("\nRisk: {:.2f}\n", risk.score);
    for (const ExplainedFactor& factor : risk.factors) {
        text += fmt::format("  {:<28} +{:.2f}\n", factor.name, factor.contribution);
    }
    if (risk.factors.empty()) text += "  no factor contributed\n";
    return text;
}

}  // namespace

const api::Schema<ExplainedSignal>& ExplainedSignal::schema() {
    using Signal = ExplainedSignal;
    static const api::Schema<Signal> kSchema(
        "ExplainedSignal",
        {api::field("name", &Signal::name, "Which signal; see the liveness page of the documentation."),
         api::field("value", &Signal::value, "As measured; null if it could not be measured.").nullable(),
         api::field("threshold", &Signal::threshold, "From which value on it passes; null if it was not recorded.")
             .nullable(),
         api::field("passed", &Signal::passed, "Whether it passed."),
         api::field("required", &Signal::required, "A required signal that fails makes the clip not live."),
         api::field("reason", &Signal::reason, "In words.")});
    return kSchema;
}

const api::Schema<ExplainedLiveness>& ExplainedLiveness::schema() {
    using Liveness = ExplainedLiveness;
    static const api::Schema<Liveness> kSchema(
        "ExplainedLiveness",
        {api::field("confidence", &Liveness::confidence, "0-100; null if there was no verdict.").nullable(),
         api::field("live", &Liveness::live, "The verdict; null if there was none.").nullable(),
         api::field("challenge", &Liveness::challenge, "How liveness was to be proved."),
         api::field("signals", &Liveness::signals, "Every signal of the verdict.")});
    return kSchema;
}

const api::Schema<ExplainedMatch>& ExplainedMatch::schema() {
    using Match = ExplainedMatch;
    static const api::Schema<Match> kSchema(
        "ExplainedMatch", {api::field("compared_with", &Match::compared_with, "`claim`, `device` or `collection`."),
                           api::field("score", &Match::score, "S of the best person.").nullable(),
                           api::field("threshold", &Match::threshold, "S that would have been enough.").nullable(),
                           api::field("fmr", &Match::fmr, "False-match rate of one comparison at S.").nullable(),
                           api::field("people", &Match::people, "N: people compared.").nullable(),
                           api::field("false_match", &Match::false_match, "FMR × N.").nullable(),
                           api::field("required", &Match::required, "At most this much is a match.").nullable()});
    return kSchema;
}

const api::Schema<ExplainedFactor>& ExplainedFactor::schema() {
    static const api::Schema<ExplainedFactor> kSchema(
        "ExplainedFactor", {api::field("name", &ExplainedFactor::name, "Which risk factor."),
                            api::field("contribution", &ExplainedFactor::contribution, "What it added to the score.")});
    return kSchema;
}

const api::Schema<ExplainedRisk>& ExplainedRisk::schema() {
    static const api::Schema<ExplainedRisk> kSchema(
        "ExplainedRisk", {api::field("score", &ExplainedRisk::score, "0-1."),
                          api::field("factors", &ExplainedRisk::factors, "What contributed, the largest first.")});
    return kSchema;
}

const api::Schema<Explanation>& Explanation::schema() {
    static const api::Schema<Explanation> kSchema(
        "Explanation",
        {api::field("tenant_id", &Explanation::tenant_id, "Whose attempt it was."),
         api::field("environment", &Explanation::environment, "test, live or demo."),
         api::field("at", &Explanation::at, "When it was decided."),
         api::field("action", &Explanation::action, "The record that decided."),
         api::field("summary", &Explanation::summary, "What happened, in one sentence."),
         api::field("liveness", &Explanation::liveness, "The liveness check; null if there was none.").nullable(),
         api::field("match", &Explanation::match, "How the face compared; null if it was not.").nullable(),
         api::field("risk", &Explanation::risk, "The risk; null if it was not measured.").nullable(),
         api::field("records", &Explanation::records, "The audit records this is taken from, oldest first.")});
    return kSchema;
}

Explanation explain(const Scope& scope, const std::vector<domain::AuditRecord>& records) {
    Explanation explanation;
    explanation.tenant_id = scope.tenant;
    explanation.environment = name_of(scope.environment);
    int weight = 0;
    for (const domain::AuditRecord& record : records) {
        explanation.records.push_back(api::AuditRecordItem::of(record));
        if (weight_of(record) < weight) continue;
        weight = weight_of(record);
        const json::object& details = explanation.records.back().details;
        explanation.at = record.at;
        explanation.action = record.action;
        explanation.summary = summary_of(record, details);
        if (details.contains("signals")) explanation.liveness = liveness_in(details);
        if (details.contains("false_match")) explanation.match = match_in(details);
        if (details.contains("risk")) explanation.risk = risk_in(details);
    }
    return explanation;
}

std::string explanation_text(const Explanation& explanation) {
    std::string text = fmt::format("{}\n{}  tenant {} ({})\n", explanation.summary, to_iso8601(explanation.at),
                                   explanation.tenant_id.value, explanation.environment);
    if (explanation.liveness) text += signals_text(*explanation.liveness);
    if (explanation.match) text += match_text(*explanation.match);
    if (explanation.risk) text += risk_text(*explanation.risk);
    text += "\nAudit records:";
    for (const api::AuditRecordItem& record : explanation.records) {
        text += fmt::format(" {} ({})", record.number, record.action);
    }
    return text + "\n";
}

}  // namespace facegate::app
