#include "domain/faces/used_packs.h"

namespace facegate::domain {

Result<void> remember_pack(sql::SystemTx& tx, const std::string& pack_id, const std::string& fingerprint, TimeMs now) {
    tx.execute(
        "INSERT INTO model_packs (pack_id, fingerprint, serving, first_used_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (pack_id) DO NOTHING",
        {pack_id, fingerprint, false, to_unix_ms(now)});
    const auto rows = tx.query("SELECT fingerprint FROM model_packs WHERE pack_id = $1", {pack_id});
    if (rows.at(0).text(0) == fingerprint) return {};
    return fail(ErrorCode::kProviderError,
                "The installed model pack " + pack_id +
                    " is not the one that the templates of this data directory were made with: put that one back, or "
                    "give the changed pack another version");
}

void set_serving_pack(sql::SystemTx& tx, const std::string& pack_id) {
    tx.execute("UPDATE model_packs SET serving = (pack_id = $1)", {pack_id});
}

std::optional<std::string> serving_pack(sql::SystemTx& tx) {
    const auto rows = tx.query("SELECT pack_id FROM model_packs WHERE serving = $1", {true});
    if (rows.empty()) return std::nullopt;
    return rows.front().text(0);
}

}  // namespace facegate::domain
