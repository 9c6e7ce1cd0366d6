#include "app/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace facegate::app {
namespace {

/// What is wrong with these settings; empty if nothing.
std::string refusal_of(const Config& config) {
    try {
        resolved(config);
        return {};
    } catch (const std::invalid_argument& refusal) {
        return refusal.what();
    }
}

Config with_admin_at(const std::string& address) {
    Config config;
    config.admin_listen = address;
    return config;
}

TEST(AdminListen, LoopbackNeedsNoTls) {
    for (const char* address : {"127.0.0.1:8081", "127.8.8.8:8081", "[::1]:8081", "localhost:8081"}) {
        EXPECT_EQ(refusal_of(with_admin_at(address)), "") << address;
    }
}

TEST(AdminListen, TokensDoNotCrossANetworkInClearText) {
    for (const char* address : {"10.0.0.5:8081", "0.0.0.0:8081", "[::]:8081", "[2001:db8::1]:8081", "128.0.0.1:8081"}) {
        Config config = with_admin_at(address);
        EXPECT_THAT(refusal_of(config),
                    testing::AllOf(testing::HasSubstr("--admin-listen"), testing::HasSubstr(address),
                                   testing::HasSubstr("clear text"), testing::HasSubstr("--tls-cert")));
        config.tls_cert = "chain.pem";
        config.tls_key = "key.pem";
        EXPECT_EQ(refusal_of(config), "") << address;
    }
}

TEST(AdminListen, NamesItsHostAndIsAnAddressOfItsOwn) {
    EXPECT_THAT(refusal_of(with_admin_at(":8081")), testing::HasSubstr("names its host"));
    EXPECT_THAT(refusal_of(with_admin_at("127.0.0.1:8080")), testing::HasSubstr("two different"));
    EXPECT_THAT(refusal_of(with_admin_at("nonsense")), testing::StartsWith("--admin-listen nonsense"));
}

}  // namespace
}  // namespace facegate::app
