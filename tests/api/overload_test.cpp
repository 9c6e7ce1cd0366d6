#include <gtest/gtest.h>

#include <latch>
#include <mutex>
#include <thread>

#include "api/api_fixture.h"

namespace facegate::testing {
namespace {

class Overload : public ApiTest {};

TEST_F(Overload, ABurstOfFacesIsRefusedAtOnceAndTheRestServed) {
    constexpr int kBurst = 40;
    const std::string user = enroll(client_, Person::kAda);
    const json::object photo{{"image", base64(photo_of(Person::kAda))}};
    // Every place is busy until the burst has been refused.
    std::vector<runtime::Limiter::Lease> busy;
    for (int i = 0; i < 2; ++i) busy.push_back(services().inference.wait());

    const int waiting = static_cast<int>(services().inference.may_wait());
    ASSERT_GT(waiting, 0);
    ASSERT_LT(waiting, kBurst);
    std::mutex mutex;
    std::vector<Answer> answers;
    std::latch refused(kBurst - waiting);
    std::vector<std::thread> threads;
    for (int i = 0; i < kBurst; ++i) {
        threads.emplace_back([&] {
            Answer answer = post(client_, "/v1/match", photo);
            const bool was_refused = answer.status == 503;
            {
                const std::lock_guard lock(mutex);
                answers.push_back(std::move(answer));
            }
            if (was_refused) refused.count_down();
        });
    }
    refused.wait();
    EXPECT_EQ(get("/v1/users").status, 200U) << "what needs no face goes on";
    busy.clear();
    for (auto& thread : threads) thread.join();
    int served = 0;
    for (const Answer& answer : answers) {
        if (answer.status == 200) {
            ++served;
            EXPECT_EQ(answer.text_at("/user/id"), user);
        } else {
            EXPECT_TRUE(is_error(answer, 503, "OVERLOADED"));
            EXPECT_EQ(answer.header("Retry-After"), "1");
        }
    }
    EXPECT_EQ(served, waiting);
}

}  // namespace
}  // namespace facegate::testing
