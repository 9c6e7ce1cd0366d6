#pragma once

#include <string>
#include <vector>

namespace facegate::sql {

/// What can be said of a database file without changing it.
struct Inspection {
    std::vector<std::string> damages;  ///< what SQLite's integrity check finds, at most 100; empty: sound
    int applied_migrations = 0;
    int missing_migrations = 0;  ///< that the next opening would apply
    bool newer_program = false;  ///< it was brought further than this program knows
};

/// Reads the whole file. Throws DatabaseFailure if it cannot be opened or read, for instance because it is no database.
Inspection inspect_database(const std::string& path);

}  // namespace facegate::sql
