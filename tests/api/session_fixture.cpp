#include "api/session_fixture.h"

#include <atomic>
#include <barrier>
#include <thread>

#include "domain/policies/saved_policy.h"
#include "domain/users/user.h"

namespace facegate::testing {

void SessionTest::set_status(domain::UserStatus status) const {
    application()
        .database()
        .write(client_.scope,
               [&](sql::TenantTx& tx) { return domain::set_user_status(tx, UserId(user_), status, clock().now()); })
        .value();
}

void SessionTest::set_continuous_policy(const json::object& config) const {
    application().database().write(
        client_.scope, [&](sql::TenantTx& tx) { domain::save_policy(tx, "continuous", config, clock().now()); });
}

std::int64_t SessionTest::audited(const std::string& action) const {
    return application().database().read(client_.scope, [&](sql::TenantTx& tx) {
        return tx
            .query("SELECT COUNT(*) FROM audit_records WHERE tenant_id = $1 AND environment = $2 AND action = $3",
                   {action})
            .front()
            .integer(0);
    });
}

std::vector<Answer> SessionTest::at_once(int count, const std::function<Answer(int)>& make) {
    constexpr int kThreads = 32;
    std::vector<Answer> answers(static_cast<std::size_t>(count));
    std::barrier start(kThreads);
    std::atomic<int> next = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            start.arrive_and_wait();
            for (int mine = next++; mine < count; mine = next++) answers[static_cast<std::size_t>(mine)] = make(mine);
        });
    }
    threads.clear();
    return answers;
}

}  // namespace facegate::testing
