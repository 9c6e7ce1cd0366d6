#include <set>

#include "domain/audit/audit.h"
#include "domain/audit/audit_search.h"
#include "domain/audit/signed_head.h"
#include "domain/consents/consent.h"
#include "domain/consents/consent_revocation.h"
#include "domain/continuations/continuation.h"
#include "domain/faces/face.h"
#include "domain/faces/face_events.h"
#include "domain/idempotency/idempotent_request.h"
#include "domain/issuers/key_proof.h"
#include "domain/issuers/token_secrets.h"
#include "domain/keys/api_key.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/lockout/failed_attempts.h"
#include "domain/policies/liveness_policy.h"
#include "domain/policies/match_policy.h"
#include "domain/re_enrollment/re_enrollment_token.h"
#include "domain/retention/unused_templates.h"
#include "domain/risk/sign_in_history.h"
#include "domain/sessions/device.h"
#include "domain/sessions/device_list.h"
#include "domain/sessions/exchange.h"
#include "domain/sessions/refresh.h"
#include "domain/sessions/session.h"
#include "domain/sessions/session_list.h"
#include "domain/sessions/session_use.h"
#include "domain/users/user_list.h"
#include "domain/users/user_removal.h"
#include "domain/users/user_status.h"
#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

constexpr crypto::Digest kRefreshHash{7};

/// One row of everything in `ours_`; nothing that runs in another tenant or environment may see or change it.
class IsolationTest : public DomainTest {
protected:
    IsolationTest() {
        UserProfile profile;
        profile.name = "Ada";
        profile.email = "ada@example.com";
        profile.external_id = "emp-7";
        user_ = add_user(ours_, profile);
        face_ = add_face_to(ours_, user_);
        consent_ = add_consent(ours_);
        finished_ = add_finished_session(ours_);
        session_ = new_session_id(random_);
        db_.write(ours_, [&](sql::TenantTx& tx) {
            created_ = create_liveness_session(tx, random_, LivenessChallenge::kMovementAndLight, now_).id;
            Session session;
            session.id = session_;
            session.user = user_;
            session.device = device_;
            create_session(tx, session, kRefreshHash, now_);
            record_device_use(tx, device_, std::nullopt, user_, now_);
            save_device_settings(tx, device_, {"Front desk", true}, now_);
            re_enrollment_ = create_re_enrollment_token(tx, random_, user_, now_);
            record_sign_in(tx, {session_, user_, device_, "network"}, now_);
            EXPECT_FALSE(record_failure(tx, user_counter(user_.value), RiskPolicy{}, now_).has_value());
            trail_.append(tx, {"key_1", "user.enrolled", user_.value, "{}"}, now_);
            trail_.refer(tx, "request-1");
            continuation_ = create_continuation(tx, random_, {finished_, device_, std::nullopt, 97.5}, now_);
            EXPECT_TRUE(take_for_exchange(tx, "jti-1", "jwt", now_ + std::chrono::hours(1)));
            EXPECT_TRUE(record_key_proof(tx, {"thumb", {}, now_ + std::chrono::hours(1)}).has_value());
            EXPECT_TRUE(create_token_secret(tx, vault_, random_, Milliseconds(0), now_).has_value());
            EXPECT_TRUE(claim_request(tx, vault_, random_, request_, now_ + std::chrono::hours(1), now_).has_value());
            EXPECT_TRUE(change_match_policy(tx, {.target_fmr = 1e-5}, now_).has_value());
            EXPECT_TRUE(change_liveness_policy(tx, {.min_confidence = 97}, now_).has_value());
        });
        db_.write_system([&](sql::SystemTx& tx) {
            EXPECT_EQ(sign_grown_heads(tx, trail_, signer_, now_, 10).signed_now, 1);
            EXPECT_TRUE(create_key(tx, random_, ours_, "ci", std::nullopt, now_).has_value());
        });
    }

    /// Every row of `ours_` in every tenant table, as text.
    std::string all_rows() {
        return db_.read_system([&](sql::SystemTx& tx) {
            std::string dump;
            for (const auto& table : tenant_tables(tx)) {
                const auto columns = columns_of(tx, table);
                std::string list;
                for (const auto& column : columns) list += (list.empty() ? "quote(" : ", quote(") + column + ")";
                const auto rows = tx.query(
                    "SELECT " + list + " FROM " + table + " WHERE tenant_id = $1 AND environment = $2 ORDER BY " + list,
                    {ours_.tenant, static_cast<int>(ours_.environment)});
                EXPECT_FALSE(rows.empty()) << table << " has no row to guard: add one to this fixture";
                for (const auto& row : rows) {
                    dump += table;
                    for (std::size_t i = 0; i < columns.size(); ++i) dump += "|" + row.text(i);
                    dump += '\n';
                }
            }
            return dump;
        });
    }
    static std::vector<std::string> columns_of(sql::SystemTx& tx, const std::string& table) {
        std::vector<std::string> columns;
        for (const auto& row : tx.query("SELECT name FROM pragma_table_info($1)", {table}))
            columns.push_back(row.text(0));
        return columns;
    }
    static std::vector<std::string> tenant_tables(sql::SystemTx& tx) {
        std::vector<std::string> tables;
        for (const auto& row : tx.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")) {
            const auto columns = columns_of(tx, row.text(0));
            if (std::ranges::find(columns, "tenant_id") != columns.end()) tables.push_back(row.text(0));
        }
        return tables;
    }

    const DeviceId device_{"dev_1"};
    const RequestIdentity request_{Bytes(32, 1), Bytes(32, 2), KeyId("key_1")};
    AuditTrail trail_{vault_};
    HeadSigner signer_ =
        db_.write_system([&](sql::SystemTx& tx) { return HeadSigner::load_or_create(tx, vault_, now_); });
    UserId user_;
    FaceId face_;
    ConsentId consent_;
    LivenessSessionId created_;
    LivenessSessionId finished_;
    SessionId session_;
    std::string continuation_;
    std::string re_enrollment_;
};

TEST_F(IsolationTest, EveryTableOfATenantIsKeyedByTenantAndEnvironment) {
    db_.read_system([&](sql::SystemTx& tx) {
        const auto tables = tenant_tables(tx);
        EXPECT_GE(tables.size(), 14U);
        for (const auto& table : tables) {
            const auto key = tx.query("SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk", {table});
            ASSERT_GE(key.size(), 2U) << table;
            EXPECT_EQ(key[0].text(0), "tenant_id") << table;
            EXPECT_EQ(key[1].text(0), "environment") << table;
        }
    });
}

TEST_F(IsolationTest, OtherScopesSeeNothing) {
    for (const auto& other : others_) {
        db_.read(other, [&](sql::TenantTx& tx) {
            EXPECT_FALSE(find_user(tx, user_).has_value());
            EXPECT_FALSE(find_user_by_external_id(tx, "emp-7").has_value());
            EXPECT_TRUE(find_users_by_email(tx, "ada@example.com").empty());
            EXPECT_TRUE(list_users(tx, {}, std::nullopt, 10).users.empty());
            EXPECT_TRUE(list_users(tx, {.external_id = "emp-7"}, std::nullopt, 10).users.empty());
            EXPECT_TRUE(list_users(tx, {.text = "ada"}, std::nullopt, 10).users.empty());
            EXPECT_EQ(count_users(tx), 0);
            EXPECT_FALSE(vault_.user_key(tx, user_).has_value());
            EXPECT_TRUE(load_faces_of_user(tx, vault_, user_).empty());
            EXPECT_TRUE(faces_of_user(tx, user_).empty());
            EXPECT_EQ(count_faces(tx), 0);
            EXPECT_EQ(
                load_collection(tx, vault_, [](std::vector<FaceTemplate>&&) { FAIL() << "a foreign face was loaded"; }),
                0);
            EXPECT_TRUE(face_events_after(tx, 0).empty());
            EXPECT_EQ(last_face_event(tx), 0);
            EXPECT_FALSE(find_consent(tx, consent_).has_value());
            EXPECT_EQ(check_consent(tx, consent_).error().code, ErrorCode::kConsentInvalid);
            EXPECT_EQ(find_liveness_session(tx, created_, now_).error().code, ErrorCode::kNotFound);
            EXPECT_EQ(check_consumable(tx, finished_, now_).error().code, ErrorCode::kNotFound);
            EXPECT_FALSE(find_session(tx, session_).has_value());
            EXPECT_EQ(usable_session(tx, session_, user_, now_).error().code, ErrorCode::kInvalidToken);
            EXPECT_FALSE(is_current_refresh_token(tx, session_, kRefreshHash));
            EXPECT_FALSE(device_history(tx, device_, std::nullopt, user_, now_).known_to_user);
            EXPECT_EQ(device_history(tx, device_, std::nullopt, UserId("user_x"), now_).other_users, 0);
            EXPECT_TRUE(users_of_device(tx, device_, std::nullopt, now_).empty());
            EXPECT_FALSE(is_shared_device(tx, device_));
            EXPECT_FALSE(find_re_enrollment_token(tx, re_enrollment_, now_).has_value());
            EXPECT_FALSE(find_device(tx, device_, now_).has_value());
            EXPECT_TRUE(list_devices(tx, {}, "", 10, now_).empty());
            EXPECT_TRUE(list_devices(tx, {.user = user_}, "", 10, now_).empty());
            EXPECT_TRUE(list_sessions(tx, user_, true, std::nullopt, 10, now_).sessions.empty());
            EXPECT_FALSE(find_consent_origin(tx, vault_, consent_).has_value());
            EXPECT_TRUE(consents_of_user(tx, user_, std::nullopt, 10).empty());
            EXPECT_EQ(trail_.verify_chain(tx).records, 0);
            EXPECT_TRUE(search_audit(tx, trail_, {}, 10).empty());
            EXPECT_TRUE(search_audit(tx, trail_, {.subject = user_.value}, 10).empty());
            EXPECT_TRUE(search_audit(tx, trail_, {.reference = "request-1"}, 10).empty());
            EXPECT_TRUE(list_signed_heads(tx, signer_, 1000, 10).empty());
            EXPECT_FALSE(find_answer(tx, vault_, request_, now_).value().has_value());
            EXPECT_TRUE(open_origins_of_user(tx, vault_, user_).empty());
            EXPECT_TRUE(load_probes(tx, vault_, finished_).empty());
            EXPECT_EQ(find_continuation(tx, continuation_, now_).error().code, ErrorCode::kContinuationInvalid);
            EXPECT_EQ(failure_state(tx, user_counter(user_.value), {}, now_).used, 0);
            EXPECT_EQ(recent_sign_ins(tx, user_, device_, "network", now_).of_user, 0);
            EXPECT_EQ(recent_sign_ins(tx, user_, device_, "network", now_).of_network, 0);
            EXPECT_TRUE(last_sign_ins(tx, user_, now_).empty());
            EXPECT_EQ(match_policy(tx).target_fmr, kTargetFmr);
            EXPECT_EQ(liveness_policy(tx).min_confidence, kLiveConfidence);
        });
    }
}

TEST_F(IsolationTest, OtherScopesChangeNothing) {
    const auto before = all_rows();
    for (const auto& other : others_) {
        db_.write(other, [&](sql::TenantTx& tx) {
            EXPECT_EQ(change_user_status(tx, user_, UserStatus::kLocked, now_).error().code, ErrorCode::kNotFound);
            EXPECT_EQ(revoke_consent(tx, consent_, now_).error().code, ErrorCode::kNotFound);
            EXPECT_EQ(revoke_device(tx, device_, now_).error().code, ErrorCode::kNotFound);
            EXPECT_FALSE(take_re_enrollment_token(tx, re_enrollment_, now_).has_value());
            forget_re_enrollment_token(tx, user_);
            clear_failures(tx, user_);
            record_re_enrollment(tx, user_, std::nullopt, now_);
            set_duplicate_of(tx, user_, user_);
            forget_duplicates_of(tx, user_);
            record_verification(tx, user_, now_);
            EXPECT_FALSE(expire_templates(tx, vault_, user_, now_ + std::chrono::days(5000)).has_value());
            forget_answers_of_user(tx, user_);
            EXPECT_EQ(remove_user(tx, user_, now_).error().code, ErrorCode::kNotFound);
            EXPECT_TRUE(remove_faces_of_user(tx, user_, now_).empty());
            EXPECT_FALSE(remove_face(tx, face_, now_));
            erase_probes(tx, finished_);
            EXPECT_FALSE(take_continuation(tx, continuation_, now_).has_value());
            EXPECT_FALSE(take_re_enrollment_token(tx, re_enrollment_, now_).has_value());
            forget_re_enrollment_token(tx, user_);
            record_failure(tx, user_counter(user_.value), {}, now_);
            record_success(tx, user_device_counter(user_.value, device_.value));
            clear_failures(tx, user_);
            forget_sign_ins_of_user(tx, user_);
            EXPECT_TRUE(change_match_policy(tx, {.target_fmr = 1e-3}, now_).has_value());
            EXPECT_TRUE(change_liveness_policy(tx, {.min_confidence = 99}, now_).has_value());
            Vault::destroy_user_key(tx, user_);
            EXPECT_EQ(link_consent(tx, vault_, consent_, user_).error().code, ErrorCode::kConsentInvalid);
            detach_consents_of_user(tx, user_, now_);
            EXPECT_EQ(mark_started(tx, created_, now_).error().code, ErrorCode::kNotFound);
            EXPECT_EQ(finish_liveness_session(tx, vault_, created_, {}, now_).error().code, ErrorCode::kNotFound);
            fail_liveness_session(tx, created_, "foreign", now_);
            EXPECT_EQ(read_finished_liveness(tx, vault_, finished_, now_).error().code, ErrorCode::kNotFound);
            EXPECT_EQ(consume_liveness_session(tx, finished_, now_).error().code, ErrorCode::kNotFound);
            EXPECT_EQ(end_sessions_of_user(tx, user_, now_), 0);
            EXPECT_EQ(revoke_session(tx, session_, now_).error().code, ErrorCode::kNotFound);
            EXPECT_FALSE(rotate_refresh_token(tx, session_, kRefreshHash, {}, now_));
            set_refresh_token(tx, session_, {});
            record_approval(tx, session_);
            Session verified;
            verified.id = session_;
            record_step_up(tx, verified, now_ + std::chrono::hours(1));
            bind_session(tx, session_, "theirs");
            EXPECT_TRUE(take_for_exchange(tx, "jti-1", "jwt", now_ + std::chrono::hours(1)));
            EXPECT_TRUE(record_key_proof(tx, {"thumb", {}, now_ + std::chrono::hours(1)}).has_value());
            EXPECT_EQ(end_token_secrets(tx, now_), 0);
            forget_devices_of_user(tx, user_);
            record_device_use(tx, device_, std::nullopt, user_, now_ + std::chrono::hours(1));
            forget_audit_subject(tx, user_);
            trail_.append(tx, {"key_2", "user.enrolled", user_.value, "{}"}, now_);
            trail_.refer(tx, "request-1");
        });
    }
    EXPECT_EQ(all_rows(), before);
}

TEST_F(IsolationTest, AForeignTemplateRowDoesNotOpenEvenIfCopied) {
    // Rows moved over by a hand in the database: the sealed blobs are bound to their scope.
    db_.write_system([&](sql::SystemTx& tx) {
        for (const auto* table : {"faces", "user_keys"}) {
            tx.execute(std::string("UPDATE ") + table + " SET tenant_id = $1", {theirs_.tenant});
        }
    });
    EXPECT_THROW(db_.read(theirs_, [&](sql::TenantTx& tx) { (void)load_faces_of_user(tx, vault_, user_); }),
                 VaultFailure);
}

}  // namespace
}  // namespace facegate::domain
