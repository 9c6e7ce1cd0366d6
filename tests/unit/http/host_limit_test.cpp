#include "http/host_limit.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "http/registry.h"

namespace facegate::http {
namespace {

std::size_t admitted(HostLimit& limit, const std::string& address, std::size_t tries) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < tries; ++i) count += limit.enter(address) ? 1U : 0U;
    return count;
}

TEST(HostLimit, OneHostHasAnEighthAndAtLeastSixteen) {
    HostLimit large(4096);
    EXPECT_EQ(admitted(large, "192.0.2.1", 1000), 512U);
    EXPECT_EQ(admitted(large, "192.0.2.2", 1000), 512U) << "another host has its own part";
    HostLimit small(20);
    EXPECT_EQ(admitted(small, "192.0.2.1", 1000), 16U);
}

TEST(HostLimit, LoopbackHasAnyNumber) {
    HostLimit limit(128);
    for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_EQ(admitted(limit, address, 100), 100U) << address;
        limit.leave(address);
    }
    EXPECT_EQ(limit.hosts(), 0U);
}

TEST(HostLimit, AnIpv6NetworkIsOneHost) {
    HostLimit limit(128);
    EXPECT_EQ(admitted(limit, "2001:db8:1:2::1", 10), 10U);
    EXPECT_EQ(admitted(limit, "2001:db8:1:2:ffff::9", 10), 6U);
    EXPECT_EQ(admitted(limit, "2001:db8:1:3::1", 10), 10U);
    EXPECT_EQ(admitted(limit, "::ffff:192.0.2.1", 10), 10U);
    EXPECT_EQ(admitted(limit, "192.0.2.1", 10), 6U) << "the same host in other clothes";
    EXPECT_EQ(host_of("fe80::1%1"), "fe80::/64");
    EXPECT_EQ(admitted(limit, "", 100), 100U);
}

TEST(HostLimit, WhoLeavesMakesRoomAndIsForgotten) {
    HostLimit limit(128);
    EXPECT_EQ(admitted(limit, "192.0.2.1", 100), 16U);
    limit.leave("192.0.2.1");
    EXPECT_EQ(admitted(limit, "192.0.2.1", 100), 1U);
    for (int i = 0; i < 16; ++i) limit.leave("192.0.2.1");
    EXPECT_EQ(limit.hosts(), 0U);
}

TEST(Registry, TurnsAwayTheHostThatHasItsPartAndNoOther) {
    const auto registry = std::make_shared<Registry>(32);
    std::vector<std::unique_ptr<Registry::Ticket>> tickets;
    const auto enter = [&](const std::string& address) {
        tickets.push_back(registry->enter(address));
        return tickets.back() != nullptr;
    };
    for (int i = 0; i < 16; ++i) EXPECT_TRUE(enter("192.0.2.1")) << i;
    EXPECT_FALSE(enter("192.0.2.1"));
    EXPECT_TRUE(enter("192.0.2.2"));
    tickets.front().reset();
    EXPECT_TRUE(enter("192.0.2.1"));
    EXPECT_FALSE(enter("192.0.2.1"));
    for (int i = 0; i < 15; ++i) EXPECT_TRUE(enter("127.0.0.1")) << i;
    EXPECT_FALSE(enter("127.0.0.1")) << "all together are still bounded";
    EXPECT_FALSE(enter("192.0.2.3"));
}

}  // namespace
}  // namespace facegate::http
