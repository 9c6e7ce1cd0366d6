#include "app/admin/doctor_answer.h"

#include <algorithm>

namespace facegate::app {

using api::field;
using api::Schema;

namespace {

/// Named as name_of() names them.
std::vector<std::string> health_names() {
    return {std::string(name_of(Health::kOk)), std::string(name_of(Health::kWarning)),
            std::string(name_of(Health::kProblem))};
}

}  // namespace

FindingItem FindingItem::of(const Finding& finding) {
    return {finding.check, std::string(name_of(finding.health)), finding.found, finding.next};
}

const Schema<FindingItem>& FindingItem::schema() {
    static const Schema<FindingItem> kSchema(
        "Finding",
        {field("check", &FindingItem::check, "What was looked at.").example("disk space"),
         field("health", &FindingItem::health, "How it is.").one_of(health_names()),
         field("found", &FindingItem::found, "What was found.").example("52114 MiB free under /var/lib/facegate"),
         field("next", &FindingItem::next, "What to do; empty if nothing.").example("")});
    return kSchema;
}

DoctorAnswer DoctorAnswer::of(const std::vector<Finding>& findings) {
    DoctorAnswer answer;
    Health worst = Health::kOk;
    for (const Finding& finding : findings) {
        worst = std::max(worst, finding.health);
        answer.findings.push_back(FindingItem::of(finding));
    }
    answer.health = name_of(worst);
    return answer;
}

const Schema<DoctorAnswer>& DoctorAnswer::schema() {
    static const Schema<DoctorAnswer> kSchema(
        "Doctor", {field("health", &DoctorAnswer::health, "The worst of the findings.").one_of(health_names()),
                   field("findings", &DoctorAnswer::findings, "One for each thing looked at.")});
    return kSchema;
}

}  // namespace facegate::app
