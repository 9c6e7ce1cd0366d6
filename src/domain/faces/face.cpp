#include "domain/faces/face.h"

#include <algorithm>

#include "domain/faces/face_events.h"
#include "domain/time_columns.h"

namespace facegate::domain {

namespace {

constexpr int kBatch = 500;
constexpr std::string_view kColumns =
    "f.id, f.user_id, f.pack_id, f.photos, f.angle, f.confidence, f.created_at, f.source, f.based_on";
constexpr std::string_view kWithKey =
    "FROM faces f JOIN user_keys k "
    "ON k.tenant_id = f.tenant_id AND k.environment = f.environment AND k.user_id = f.user_id "
    "WHERE f.tenant_id = $1 AND f.environment = $2";

FaceSource source_of(std::string_view stored) {
    for (const auto source : {FaceSource::kEnrolled, FaceSource::kLearned, FaceSource::kCarriedOver}) {
        if (stored == name_of(source)) return source;
    }
    throw sql::DatabaseFailure("a face of unknown source");
}

Face face_in(const sql::Row& row) {
    Face face;
    face.id = FaceId(row.text(0));
    face.user = UserId(row.text(1));
    face.pack_id = row.text(2);
    face.photos = static_cast<int>(row.integer(3));
    face.angle = row.text(4);
    face.confidence = row.real(5);
    face.created_at = time_in(row, 6);
    face.source = source_of(row.text(7));
    if (const auto based_on = row.maybe_text(8)) face.based_on = FaceId(*based_on);
    return face;
}

FaceTemplate template_in(const sql::Row& row, const crypto::SecretKey& tenant_key, const Scope& scope) {
    FaceTemplate opened{face_in(row), {}};
    const auto key = Vault::unwrap_user_key(tenant_key, scope, opened.face.user, row.blob(10));
    opened.vector = Vault::open_vector(key, row.blob(9), row_context("faces", scope, opened.face.id.value));
    return opened;
}

std::string select_templates(std::string_view condition) {
    return "SELECT " + std::string(kColumns) + ", f.sealed_template, k.sealed_key " + std::string(kWithKey) +
           std::string(condition);
}

}  // namespace

std::string_view name_of(FaceSource source) {
    switch (source) {
        case FaceSource::kEnrolled: return "enrolled";
        case FaceSource::kLearned: return "learned";
        case FaceSource::kCarriedOver: return "carried_over";
    }
    return "enrolled";
}

Face add_face(sql::TenantTx& tx, const Vault& vault, Random& random, const Face& face, std::span<const float> vector,
              TimeMs now) {
    const auto key = vault.user_key(tx, face.user);
    if (!key) throw VaultFailure("the user has no data key");
    Face added = face;
    added.id = FaceId(random.id("face_"));
    added.created_at = now;
    tx.execute(
        "INSERT INTO faces (tenant_id, environment, id, user_id, pack_id, photos, angle, confidence, created_at, "
        "source, based_on, sealed_template) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        {added.id, added.user, added.pack_id, added.photos, added.angle, added.confidence, to_unix_ms(now),
         name_of(added.source), added.based_on,
         vault.seal_vector(*key, vector, row_context("faces", tx.scope(), added.id.value))});
    tx.execute("UPDATE users SET templates_used_at = $4 WHERE tenant_id = $1 AND environment = $2 AND id = $3",
               {added.user, to_unix_ms(now)});
    append_face_event(tx, FaceChange::kAdded, added.id, added.user, now);
    return added;
}

std::vector<Face> faces_of_user(sql::TenantTx& tx, const UserId& user) {
    const auto rows = tx.query("SELECT " + std::string(kColumns) +
                                   " FROM faces f WHERE f.tenant_id = $1 AND f.environment = $2 AND f.user_id = $3 "
                                   "ORDER BY f.created_at, f.id",
                               {user});
    std::vector<Face> faces;
    for (const auto& row : rows) faces.push_back(face_in(row));
    return faces;
}

std::vector<std::size_t> faces_in_use(std::span<const Face> faces, std::span<const std::string> packs) {
    std::vector<std::size_t> used;
    for (const std::string& pack : packs) {
        for (std::size_t i = 0; i < faces.size(); ++i) {
            const auto replaces = [&](const Face& other) {
                return other.source == FaceSource::kLearned && other.pack_id == pack && other.based_on == faces[i].id;
            };
            if (faces[i].pack_id == pack && std::ranges::none_of(faces, replaces)) used.push_back(i);
        }
        if (!used.empty()) break;
    }
    return used;
}

bool face_added_since(sql::TenantTx& tx, const UserId& user, TimeMs since) {
    return !tx.query(
                  "SELECT 1 FROM face_events WHERE tenant_id = $1 AND environment = $2 AND user_id = $3 "
                  "AND change = 'added' AND created_at > $4 LIMIT 1",
                  {user, to_unix_ms(since)})
                .empty();
}

void replace_face(sql::TenantTx& tx, const FaceId& old, const FaceId& by, TimeMs now) {
    tx.execute(
        "UPDATE faces SET based_on = $4 WHERE tenant_id = $1 AND environment = $2 AND based_on = $3 AND id <> $4",
        {old, by});
    remove_face(tx, old, now);
}

std::vector<std::size_t> descendants_of(std::span<const Face> faces, const FaceId& face) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < faces.size(); ++i) {
        if (faces[i].id == face) found.push_back(i);
    }
    for (std::size_t next = 0; next < found.size(); ++next) {
        for (std::size_t i = 0; i < faces.size(); ++i) {
            const bool known = std::ranges::find(found, i) != found.end();
            if (!known && faces[i].based_on == faces[found[next]].id) found.push_back(i);
        }
    }
    return found;
}

bool remove_face(sql::TenantTx& tx, const FaceId& face, TimeMs now) {
    const auto rows =
        tx.query("DELETE FROM faces WHERE tenant_id = $1 AND environment = $2 AND id = $3 RETURNING user_id", {face});
    if (rows.empty()) return false;
    append_face_event(tx, FaceChange::kRemoved, face, UserId(rows.front().text(0)), now);
    return true;
}

std::vector<FaceId> remove_faces_of_user(sql::TenantTx& tx, const UserId& user, TimeMs now) {
    const auto rows =
        tx.query("DELETE FROM faces WHERE tenant_id = $1 AND environment = $2 AND user_id = $3 RETURNING id", {user});
    std::vector<FaceId> removed;
    for (const auto& row : rows) {
        removed.emplace_back(row.text(0));
        append_face_event(tx, FaceChange::kRemoved, removed.back(), user, now);
    }
    return removed;
}

std::int64_t count_faces(sql::TenantTx& tx) {
    return tx.query("SELECT COUNT(*) FROM faces WHERE tenant_id = $1 AND environment = $2").front().integer(0);
}

std::vector<FaceTemplate> load_faces_of_user(sql::TenantTx& tx, const Vault& vault, const UserId& user) {
    const auto rows = tx.query(select_templates(" AND f.user_id = $3 ORDER BY f.created_at, f.id"), {user});
    std::vector<FaceTemplate> faces;
    if (rows.empty()) return faces;
    const auto tenant_key = vault.tenant_key(tx);
    for (const auto& row : rows) faces.push_back(template_in(row, tenant_key, tx.scope()));
    return faces;
}

std::int64_t load_collection(sql::TenantTx& tx, const Vault& vault,
                             const std::function<void(std::vector<FaceTemplate>&&)>& sink) {
    const auto seq = last_face_event(tx);
    if (seq == 0) return 0;
    const auto tenant_key = vault.tenant_key(tx);
    const auto select = select_templates(" AND (f.user_id, f.id) > ($3, $4) ORDER BY f.user_id, f.id LIMIT $5");
    std::string after_user;
    std::string after_face;
    std::vector<FaceTemplate> person;
    for (;;) {
        const auto rows = tx.query(select, {after_user, after_face, kBatch});
        for (const auto& row : rows) {
            FaceTemplate face = template_in(row, tenant_key, tx.scope());
            if (!person.empty() && person.front().face.user != face.face.user) {
                sink(std::move(person));
                person.clear();
            }
            person.push_back(std::move(face));
        }
        if (rows.size() < static_cast<std::size_t>(kBatch)) break;
        after_user = rows.back().text(1);
        after_face = rows.back().text(0);
    }
    if (!person.empty()) sink(std::move(person));
    return seq;
}

}  // namespace facegate::domain
