#pragma once

#include <memory>
#include <string>

#include "base/random.h"
#include "domain/vault/vault.h"
#include "sql/database.h"

namespace facegate::app {

/// An opened data directory: the database and the keys that go with it. What the server and every command start from.
struct DataDirectory {
    std::unique_ptr<sql::Database> database;
    std::unique_ptr<domain::Vault> vault;
};

/// Opens `path`, creating directory (mode 0700), database and master key where they are missing. `random` must outlive
/// the result. Throws std::runtime_error with a message for the operator.
DataDirectory open_data_directory(const std::string& path, Random& random);

}  // namespace facegate::app
