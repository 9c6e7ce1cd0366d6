#include "api/trusted_proxies.h"

#include <gtest/gtest.h>

#include "api/visit_limit.h"

namespace facegate::api {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

http::Request from(std::string address, Headers headers = {}) {
    http::Request request;
    request.remote_address = std::move(address);
    request.headers = std::move(headers);
    return request;
}

TEST(TrustedProxies, ReadsAddressesAndNetworks) {
    for (const char* good : {"", "10.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "10.0.0.0/8, ::1,192.168.0.0/16",
                             "0.0.0.0/0", "::/0", "10.1.2.3/32", "::ffff:10.0.0.0/104"}) {
        EXPECT_TRUE(TrustedProxies::parse(good)) << good;
    }
    for (const char* bad : {"proxy.example", "10.0.0.0/33", "::1/129", "10.0.0", "10.0.0.0/", "10.0.0.0/x", ",",
                            "10.0.0.1,,::1", "10.0.0.0/-1", "10.0.0.1:80", "[::1]", "1.2.3.4/8/8"}) {
        EXPECT_FALSE(TrustedProxies::parse(bad)) << bad;
    }
}

TEST(TrustedProxies, BelievesOnlyThemAndOnlyTheRightMostStranger) {
    struct Case {
        const char* name;
        const char* trusted;
        const char* socket;
        Headers headers;
        const char* client;
    };
    const std::vector<Case> cases = {
        {"nobody is trusted", "", "10.0.0.1", {{"x-forwarded-for", "203.0.113.9"}}, "10.0.0.1"},
        {"a stranger sends the header",
         "10.0.0.0/8",
         "198.51.100.7",
         {{"x-forwarded-for", "203.0.113.9"}},
         "198.51.100.7"},
        {"a proxy", "10.0.0.0/8", "10.0.0.1", {{"x-forwarded-for", "203.0.113.9"}}, "203.0.113.9"},
        {"a proxy without the header", "10.0.0.0/8", "10.0.0.1", {}, "10.0.0.1"},
        {"the client invents some",
         "10.0.0.0/8",
         "10.0.0.1",
         {{"x-forwarded-for", "8.8.8.8, 1.1.1.1, 203.0.113.9"}},
         "203.0.113.9"},
        {"two proxies",
         "10.0.0.0/8",
         "10.0.0.1",
         {{"x-forwarded-for", "8.8.8.8, 203.0.113.9, 10.0.0.2"}},
         "203.0.113.9"},
        {"two lines are one list",
         "10.0.0.0/8",
         "10.0.0.1",
         {{"x-forwarded-for", "8.8.8.8"}, {"host", "x"}, {"x-forwarded-for", "203.0.113.9"}},
         "203.0.113.9"},
        {"all of them are proxies", "10.0.0.0/8", "10.0.0.1", {{"x-forwarded-for", "10.0.0.3,10.0.0.2"}}, "10.0.0.3"},
        {"malformed", "10.0.0.0/8", "10.0.0.1", {{"x-forwarded-for", "203.0.113.9, unknown"}}, "10.0.0.1"},
        {"malformed behind a proxy",
         "10.0.0.0/8",
         "10.0.0.1",
         {{"x-forwarded-for", "203.0.113.9, x, 10.0.0.2"}},
         "10.0.0.2"},
        {"empty", "10.0.0.0/8", "10.0.0.1", {{"x-forwarded-for", ""}}, "10.0.0.1"},
        {"commas", "10.0.0.0/8", "10.0.0.1", {{"x-forwarded-for", ",,,"}}, "10.0.0.1"},
        {"with a port", "10.0.0.0/8", "10.0.0.1", {{"x-forwarded-for", "203.0.113.9:4711"}}, "203.0.113.9"},
        {"IPv6 with a port", "10.0.0.0/8", "10.0.0.1", {{"x-forwarded-for", "[2001:db8::7]:4711"}}, "2001:db8::7"},
        {"IPv6 proxy", "2001:db8:1::/48", "2001:db8:1::9", {{"x-forwarded-for", "2001:db8:2::7"}}, "2001:db8:2::7"},
        {"just outside of the network",
         "2001:db8:1::/48",
         "2001:db8:2::9",
         {{"x-forwarded-for", "2001:db8:3::7"}},
         "2001:db8:2::9"},
        {"mapped socket address", "10.0.0.0/8", "::ffff:10.0.0.1", {{"x-forwarded-for", "203.0.113.9"}}, "203.0.113.9"},
        {"mapped forwarded address",
         "10.0.0.0/8",
         "10.0.0.1",
         {{"x-forwarded-for", "::ffff:203.0.113.9"}},
         "203.0.113.9"},
        {"mapped, nobody trusted", "", "::ffff:203.0.113.9", {}, "203.0.113.9"},
        {"every IPv4, not IPv6", "0.0.0.0/0", "2001:db8::1", {{"x-forwarded-for", "203.0.113.9"}}, "2001:db8::1"},
        {"a part of a byte", "10.0.0.0/9", "10.128.0.1", {{"x-forwarded-for", "203.0.113.9"}}, "10.128.0.1"},
        {"another header",
         "10.0.0.0/8",
         "10.0.0.1",
         {{"forwarded", "for=203.0.113.9"}, {"x-real-ip", "1.1.1.1"}},
         "10.0.0.1"},
        {"no socket address", "10.0.0.0/8", "", {{"x-forwarded-for", "203.0.113.9"}}, ""},
    };
    for (const Case& one : cases) {
        const auto proxies = TrustedProxies::parse(one.trusted);
        ASSERT_TRUE(proxies) << one.name;
        EXPECT_EQ(proxies->client_address(from(one.socket, one.headers)), one.client) << one.name;
    }
}

TEST(TrustedProxies, TellWhetherTheClientSpokeTls) {
    const TrustedProxies proxies = TrustedProxies::parse("10.0.0.0/8").value();
    EXPECT_TRUE(proxies.is_secure(from("10.0.0.1", {{"x-forwarded-proto", "https"}})));
    EXPECT_FALSE(proxies.is_secure(from("10.0.0.1", {{"x-forwarded-proto", "http"}})));
    EXPECT_FALSE(proxies.is_secure(from("10.0.0.1", {{"x-forwarded-proto", "https, http"}})));
    EXPECT_FALSE(proxies.is_secure(from("10.0.0.1")));
    EXPECT_FALSE(proxies.is_secure(from("203.0.113.9", {{"x-forwarded-proto", "https"}})));
    http::Request own = from("203.0.113.9", {{"x-forwarded-proto", "http"}});
    own.secure = true;
    EXPECT_TRUE(proxies.is_secure(own));
}

TEST(NetworkOf, IsTheAddressOrTheNetworkOfIpv6) {
    EXPECT_EQ(network_of("203.0.113.9"), "203.0.113.9");
    EXPECT_EQ(network_of("::ffff:203.0.113.9"), "203.0.113.9");
    EXPECT_EQ(network_of("2001:db8:1:2:3::4"), network_of("2001:db8:1:2:ffff::"));
    EXPECT_NE(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
    EXPECT_EQ(network_of("fe80::1%eth0"), network_of("fe80::2%eth1"));
    EXPECT_EQ(network_of("nonsense"), "nonsense");
}

}  // namespace
}  // namespace facegate::api
