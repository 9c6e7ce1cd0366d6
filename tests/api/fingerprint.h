#pragma once

#include <string>

#include "base/ids.h"
#include "sql/database.h"

namespace facegate::testing {

/// Every row of one collection in every tenant's table, as text: equal before and after means that nothing changed.
/// Without what jobs write in the meantime: API keys, whose last use is recorded, and signed heads of the audit chain.
std::string fingerprint_of(sql::Database& database, const Scope& scope);

}  // namespace facegate::testing
