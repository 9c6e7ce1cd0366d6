#include "app/head_publisher.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "app/audit_heads_file.h"
#include "base/log.h"

namespace facegate::app {

namespace {

constexpr int kAtOnce = 200;

}  // namespace

void HeadPublisher::publish_if_due() {
    const TimeMs now = clock_.now();
    if (now < next_) return;
    // Set before: what throws is tried again soon, yet not at every call.
    next_ = now + std::min<Milliseconds>(every_, kRetry);
    publish();
    next_ = now + every_;
}

void HeadPublisher::sign() {
    for (;;) {
        const auto [signed_now, broken] = database_.write_system(
            [&](sql::SystemTx& tx) { return domain::sign_grown_heads(tx, trail_, signer_, clock_.now(), kAtOnce); });
        for (const Scope& scope : broken) {
            spdlog::error(R"("event":"audit_chain_broken","tenant":{},"environment":{})",
                          log::json_string(scope.tenant.value), log::json_string(name_of(scope.environment)));
        }
        if (signed_now < kAtOnce) return;
    }
}

void HeadPublisher::publish() {
    sign();
    for (;;) {
        const auto waiting =
            database_.read_system([&](sql::SystemTx& tx) { return domain::unpublished_heads(tx, signer_, kAtOnce); });
        if (waiting.empty()) return;
        append_heads(path_, waiting);
        database_.write_system([&](sql::SystemTx& tx) { domain::mark_published(tx, waiting); });
    }
}

}  // namespace facegate::app
