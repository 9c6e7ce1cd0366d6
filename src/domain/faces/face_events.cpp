#include "domain/faces/face_events.h"

namespace facegate::domain {

namespace {

constexpr std::string_view kAdded = "added";
constexpr std::string_view kRemoved = "removed";

}  // namespace

void append_face_event(sql::TenantTx& tx, FaceChange change, const FaceId& face, const UserId& user, TimeMs now) {
    // Counting in the head's row orders the writers: whoever holds it commits before the next number is drawn.
    const auto rows = tx.query(
        "INSERT INTO face_event_heads (tenant_id, environment, seq) VALUES ($1, $2, 1) "
        "ON CONFLICT (tenant_id, environment) DO UPDATE SET seq = face_event_heads.seq + 1 RETURNING seq");
    tx.execute(
        "INSERT INTO face_events (tenant_id, environment, seq, change, face_id, user_id, created_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7)",
        {rows.front().integer(0), change == FaceChange::kAdded ? kAdded : kRemoved, face, user, to_unix_ms(now)});
}

std::vector<FaceEvent> face_events_after(sql::TenantTx& tx, std::int64_t seq, int limit) {
    const auto rows = tx.query(
        "SELECT seq, change, face_id, user_id FROM face_events "
        "WHERE tenant_id = $1 AND environment = $2 AND seq > $3 ORDER BY seq LIMIT $4",
        {seq, limit});
    std::vector<FaceEvent> events;
    events.reserve(rows.size());
    for (const auto& row : rows) {
        const auto change = row.text(1) == kAdded ? FaceChange::kAdded : FaceChange::kRemoved;
        events.push_back({row.integer(0), change, FaceId(row.text(2)), UserId(row.text(3))});
    }
    return events;
}

std::int64_t last_face_event(sql::TenantTx& tx) {
    const auto rows = tx.query("SELECT seq FROM face_event_heads WHERE tenant_id = $1 AND environment = $2");
    return rows.empty() ? 0 : rows.front().integer(0);
}

std::vector<CollectionHead> collection_heads(sql::SystemTx& tx) {
    std::vector<CollectionHead> heads;
    const auto rows =
        tx.query("SELECT tenant_id, environment, seq FROM face_event_heads ORDER BY tenant_id, environment");
    for (const auto& row : rows) {
        const Scope scope{TenantId(row.text(0)), static_cast<Environment>(row.integer(1))};
        heads.push_back({scope, row.integer(2)});
    }
    return heads;
}

}  // namespace facegate::domain
