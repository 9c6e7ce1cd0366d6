#include "app/key_cache.h"

#include <cstring>

#include "domain/keys/api_key.h"

namespace facegate::app {

std::size_t KeyCache::DigestHash::operator()(const crypto::Digest& digest) const {
    std::size_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof(hash));
    return hash;
}

api::KnownKey KeyCache::known(std::string_view key) {
    if (!domain::parse_key(key)) return {};
    const crypto::Digest digest = crypto::sha256(as_bytes(key));
    const TimeMs now = clock_.now();
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(digest);
    if (found == entries_.end()) return {};
    Entry& entry = found->second;
    const bool expired = entry.expires_at && *entry.expires_at <= now;
    if (expired || entry.version != database_.watched_version() || Steady::now() - entry.read_at > kFresh) {
        return {nullptr, true};
    }
    note_use(entry, now);
    return {entry.caller, true};
}

Result<api::Caller> KeyCache::authenticate(std::string_view key) {
    if (const api::KnownKey remembered = known(key); remembered.caller) return *remembered.caller;
    const TimeMs now = clock_.now();
    // Read before the row: a change in between must make this entry old.
    const std::uint64_t version = database_.watched_version();
    const Steady::time_point read_at = Steady::now();
    const crypto::Digest digest = crypto::sha256(as_bytes(key));
    const Result<domain::AuthenticatedKey> found =
        database_.read_system([&](sql::SystemTx& tx) { return domain::authenticate(tx, key, now); });
    const std::lock_guard lock(mutex_);
    if (!found) {
        entries_.erase(digest);
        return std::unexpected(found.error());
    }
    const bool publishable = found->kind == domain::KeyKind::kPublishable;
    const auto caller = std::make_shared<const api::Caller>(api::Caller{
        found->scope, found->id, publishable, found->allowed_origins, found->default_role, found->publishable_enroll});
    // Valid keys only: so many at once are rare, and asking again is cheap.
    if (entries_.size() >= kMaxKeys && !entries_.contains(digest)) entries_.clear();
    Entry& entry = entries_[digest];
    entry = {caller, found->last_used_at, found->expires_at, version, read_at};
    note_use(entry, now);
    return *caller;
}

void KeyCache::note_use(Entry& entry, TimeMs now) {
    if (!domain::touch_due(entry.last_used_at, now)) return;
    entry.last_used_at = now;
    on_use_(entry.caller->key);
}

}  // namespace facegate::app
