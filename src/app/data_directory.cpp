#include "app/data_directory.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "domain/vault/master_key.h"

namespace facegate::app {

namespace {

crypto::SecretKey read_master_key(const std::filesystem::path& directory, Random& random) {
    // The key may be kept apart from the disk it protects.
    const char* from_environment = std::getenv("FACEGATE_MASTER_KEY");
    const Result<crypto::SecretKey> key =
        from_environment != nullptr ? domain::master_key_from_hex(from_environment)
                                    : domain::load_or_create_master_key((directory / "master.key").string(), random);
    if (!key) throw std::runtime_error(key.error().message);
    return *key;
}

}  // namespace

DataDirectory open_data_directory(const std::string& path, Random& random) {
    const std::filesystem::path directory(path);
    std::error_code error;
    if (!std::filesystem::exists(directory, error)) {
        std::filesystem::create_directories(directory, error);
        if (error) throw std::runtime_error(fmt::format("--data-dir {}: cannot be created: {}", path, error.message()));
        ::chmod(directory.c_str(), S_IRWXU);
    }
    const crypto::SecretKey master = read_master_key(directory, random);
    DataDirectory data;
    sql::Database::Options options{(directory / "facegate.db").string()};
    options.watched_tables = {"api_keys", "tenants"};  // what KeyCache rests on
    data.database = std::make_unique<sql::Database>(options);
    data.vault = std::make_unique<domain::Vault>(master, random);
    return data;
}

}  // namespace facegate::app
