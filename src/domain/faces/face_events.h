#pragma once

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "sql/database.h"

namespace facegate::domain {

enum class FaceChange { kAdded, kRemoved };

/// One change of a collection. Numbers of a collection rise by one in the order of the commits, from 1.
struct FaceEvent {
    std::int64_t seq = 0;
    FaceChange change = FaceChange::kAdded;
    FaceId face;
    UserId user;
};

void append_face_event(sql::TenantTx& tx, FaceChange change, const FaceId& face, const UserId& user, TimeMs now);
/// At most `limit` events with a number above `seq`, in order.
std::vector<FaceEvent> face_events_after(sql::TenantTx& tx, std::int64_t seq, int limit = 1000);
/// The number of the newest event; 0 if there is none.
std::int64_t last_face_event(sql::TenantTx& tx);

/// The newest event number of every collection that ever had a face: what an index has to load and to follow.
struct CollectionHead {
    Scope scope;
    std::int64_t seq = 0;
};
std::vector<CollectionHead> collection_heads(sql::SystemTx& tx);

}  // namespace facegate::domain
