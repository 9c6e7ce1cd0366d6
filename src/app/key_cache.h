#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "api/dispatcher.h"
#include "base/clock.h"
#include "crypto/secret.h"
#include "sql/database.h"

namespace facegate::app {

/// Callers by the SHA-256 of their key, so that not every request asks the database. A change of keys or tenants made
/// by this process counts with the next request, one made by another process (the command line) within `kFresh`.
/// Only keys that are valid are remembered. Thread-safe.
class KeyCache {
public:
    static constexpr std::chrono::milliseconds kFresh{250};

    /// `on_use` hears of keys whose last use is to be recorded. All must outlive the cache.
    KeyCache(sql::Database& database, Clock& clock, std::function<void(const KeyId&)> on_use)
        : database_(database), clock_(clock), on_use_(std::move(on_use)) {}

    /// As domain::authenticate. May ask the database.
    Result<api::Caller> authenticate(std::string_view key);
    /// Without asking the database: does not block.
    api::KnownKey known(std::string_view key);

private:
    static constexpr std::size_t kMaxKeys = 4096;
    using Steady = std::chrono::steady_clock;

    struct DigestHash {
        std::size_t operator()(const crypto::Digest& digest) const;
    };
    struct Entry {
        std::shared_ptr<const api::Caller> caller;
        std::optional<TimeMs> last_used_at;
        std::optional<TimeMs> expires_at;
        std::uint64_t version = 0;  ///< of keys and tenants in the database
        Steady::time_point read_at;
    };

    void note_use(Entry& entry, TimeMs now);

    sql::Database& database_;
    Clock& clock_;
    std::function<void(const KeyId&)> on_use_;
    std::mutex mutex_;
    std::unordered_map<crypto::Digest, Entry, DigestHash> entries_;
};

}  // namespace facegate::app
