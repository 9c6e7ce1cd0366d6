#include "sql/inspection.h"

#include <algorithm>

#include "sql/connection.h"
#include "sql/database.h"
#include "sql/migrator.h"

namespace facegate::sql {

Inspection inspect_database(const std::string& path) {
    Connection connection(path, Connection::Access::kReadOnly);
    Inspection inspection;
    connection.control("BEGIN");
    for (const Row& row : connection.query("PRAGMA integrity_check(100)", {})) {
        if (row.text(0) != "ok") inspection.damages.push_back(row.text(0));
    }
    const bool has_schema =
        !connection.query("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'", {}).empty();
    const auto known = embedded_migrations();
    inspection.missing_migrations = static_cast<int>(known.size());
    if (has_schema) {
        for (const Row& row : connection.query("SELECT version FROM schema_migrations", {})) {
            const bool ours = std::ranges::any_of(
                known, [&](const Migration& migration) { return migration.version == row.integer(0); });
            inspection.newer_program = inspection.newer_program || !ours;
            inspection.missing_migrations -= ours ? 1 : 0;
            ++inspection.applied_migrations;
        }
    }
    connection.control("COMMIT");
    return inspection;
}

}  // namespace facegate::sql
