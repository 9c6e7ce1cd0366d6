#pragma once

#include <string>
#include <vector>

#include "api/schema.h"
#include "app/admin/doctor.h"

namespace facegate::app {

struct FindingItem {
    std::string check;
    std::string health;
    std::string found;
    std::string next;

    static FindingItem of(const Finding& finding);
    static const api::Schema<FindingItem>& schema();
};

/// What GET /admin/v1/doctor answers.
struct DoctorAnswer {
    std::string health;  ///< the worst of the findings'
    std::vector<FindingItem> findings;

    static DoctorAnswer of(const std::vector<Finding>& findings);
    static const api::Schema<DoctorAnswer>& schema();
};

}  // namespace facegate::app
