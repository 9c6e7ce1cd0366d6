#pragma once

#include <span>
#include <string_view>

namespace facegate::sql {

class Connection;

/// One file of migrations/, embedded at build time.
struct Migration {
    int version;                ///< the file's number, from 1
    std::string_view name;      ///< the file's name without `.sql`
    std::string_view checksum;  ///< SHA-256 of the file, lower-case hex
    std::string_view sql;
};

/// All files of migrations/, by rising version.
std::span<const Migration> embedded_migrations();

/// Brings the schema forward to the last of `migrations` (rising versions) and returns how many were applied now. Each
/// runs in a transaction of its own; processes that start at once take turns. Throws DatabaseFailure, having changed
/// nothing, if an applied migration has since been edited, is unknown here (the database is of a newer version), or if
/// a missing one is older than one already applied; and if one fails, keeping those before it.
int migrate(Connection& connection, std::span<const Migration> migrations);

}  // namespace facegate::sql
