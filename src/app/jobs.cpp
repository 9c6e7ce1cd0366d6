#include "app/jobs.h"

#include <spdlog/spdlog.h>

#include <boost/json.hpp>

#include "base/log.h"
#include "domain/consents/consent.h"
#include "domain/continuations/continuation.h"
#include "domain/idempotency/idempotent_request.h"
#include "domain/issuers/key_proof.h"
#include "domain/keys/api_key.h"
#include "domain/liveness_sessions/liveness_session.h"
#include "domain/lockout/failed_attempts.h"
#include "domain/re_enrollment/re_enrollment_token.h"
#include "domain/retention/unused_templates.h"
#include "domain/risk/sign_in_history.h"
#include "domain/sessions/exchange.h"
#include "domain/users/user.h"
#include "domain/users/user_removal.h"

namespace facegate::app {

namespace {

constexpr std::chrono::seconds kTurn{1};
constexpr unsigned kTurnsBetweenErasures = 10;
constexpr int kErasedAtOnce = 100;
constexpr int kAnswersErasedAtOnce = 5000;
constexpr int kConsentsErasedAtOnce = 1000;
constexpr int kMaxKeptAnswers = 100'000;  ///< of one API key

}  // namespace

void run_steps(std::span<const JobStep> steps, unsigned count) {
    for (const JobStep& step : steps) {
        if (count % step.every != 0) continue;
        try {
            step.run();
        } catch (const std::exception& failure) {
            spdlog::error(R"("event":"job_failed","job":{},"what":{})", log::json_string(step.name),
                          log::json_string(failure.what()));
        }
    }
}

void Jobs::start() {
    thread_ = std::thread([this] { run(); });
}

void Jobs::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Jobs::key_used(const KeyId& key) {
    const std::lock_guard lock(mutex_);
    used_keys_.insert(key);
}

void Jobs::run() {
    for (unsigned count = 1;; ++count) {
        {
            std::unique_lock lock(mutex_);
            if (wake_.wait_for(lock, kTurn, [&] { return stopping_; })) return;
        }
        run_steps(steps_, count);
    }
}

std::vector<JobStep> Jobs::steps() {
    return {{"health", 1, [this] { measure_health(); }},
            {"gallery", 1, [this] { services_.gallery.catch_up_all(); }},
            {"key_use", 1, [this] { record_key_use(); }},
            {"erasure", kTurnsBetweenErasures, [this] { erase_expired(); }},
            {"retention", kTurnsBetweenErasures, [this] { expire_templates(); }},
            {"signing_keys", 1, [this] { follow_signing_keys(); }},
            {"audit_heads", 1, [this] { heads_.publish_if_due(); }}};
}

void Jobs::measure_health() {
    try {
        services_.health.database_ms = services_.database.ping();
        services_.health.database_ok = true;
    } catch (const sql::DatabaseFailure&) {
        services_.health.database_ok = false;
    }
    // Under load the engine is known to work: measuring must not queue up behind real faces.
    const auto lease = services_.inference.acquire();
    if (!lease) return;
    const auto start = std::chrono::steady_clock::now();
    try {
        constexpr int kSide = 64;
        const media::Image blank{kSide, kSide, std::vector<std::uint8_t>(std::size_t{kSide} * kSide * 3, 128)};
        static_cast<void>(services_.engines.current().detect(blank));
        services_.health.provider_ok = true;
    } catch (const std::exception&) {
        services_.health.provider_ok = false;
    }
    services_.health.provider_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void Jobs::follow_signing_keys() {
    const bool changed = services_.database.read_system(
        [&](sql::SystemTx& tx) { return services_.issuers.reload(tx, services_.vault, services_.clock.now()); });
    if (changed) spdlog::info(R"("event":"signing_keys_changed")");
}

void Jobs::record_key_use() {
    std::set<KeyId> keys;
    {
        const std::lock_guard lock(mutex_);
        keys.swap(used_keys_);
    }
    if (keys.empty()) return;
    services_.database.write_system([&](sql::SystemTx& tx) {
        for (const KeyId& key : keys) domain::touch_key(tx, key, services_.clock.now());
    });
}

void Jobs::erase_expired() {
    const TimeMs now = services_.clock.now();
    services_.database.write_system([&](sql::SystemTx& tx) {
        domain::purge_liveness_sessions(tx, now);
        domain::purge_continuations(tx, now);
        domain::purge_idempotent_requests(tx, now, kAnswersErasedAtOnce, kMaxKeptAnswers);
        domain::purge_failed_attempts(tx, now);
        domain::purge_sign_ins(tx, now);
        domain::purge_re_enrollment_tokens(tx, now);
        domain::purge_exchanges(tx, now);
        domain::purge_key_proofs(tx, now);
        domain::purge_signing_keys(tx, now);
        domain::purge_token_secrets(tx, now);
        domain::purge_unlinked_consents(tx, now, kConsentsErasedAtOnce);
    });
    const auto expired = services_.database.read_system(
        [&](sql::SystemTx& tx) { return domain::expired_users(tx, now, kErasedAtOnce); });
    for (const domain::ExpiredUser& user : expired) {
        services_.database.write(user.scope, [&](sql::TenantTx& tx) {
            // Somebody else may have deleted the user since.
            if (!domain::remove_user(tx, user.user, now)) return;
            services_.audit.append(tx, {"system", "user.expired", user.user.value, "{}"}, now);
        });
        services_.gallery.catch_up(user.scope);
    }
}

void Jobs::expire_templates() {
    const TimeMs now = services_.clock.now();
    const auto unused = services_.database.read_system(
        [&](sql::SystemTx& tx) { return domain::unused_templates(tx, now, kErasedAtOnce); });
    for (const domain::UnusedTemplates& found : unused) {
        try {
            services_.database.write(found.scope, [&](sql::TenantTx& tx) {
                const auto expired = domain::expire_templates(tx, services_.vault, found.user, now);
                if (!expired) return;
                const boost::json::object details{{"faces", expired->faces.size()},
                                                  {"sessions_ended", expired->sessions_ended}};
                services_.audit.append(
                    tx, {"system", "templates.expired", found.user.value, boost::json::serialize(details)}, now);
            });
        } catch (const domain::VaultFailure& failure) {
            // One damaged row must not keep everybody else's templates alive.
            spdlog::error(R"("event":"templates_not_expired","user":{},"what":{})", log::json_string(found.user.value),
                          log::json_string(failure.what()));
        }
        services_.gallery.catch_up(found.scope);
    }
}

}  // namespace facegate::app
