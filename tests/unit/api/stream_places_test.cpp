#include "api/stream_places.h"

#include <gtest/gtest.h>

#include <vector>

namespace facegate::api {
namespace {

const Scope kTenant{TenantId("ten_a"), Environment::kLive};
const Scope kOther{TenantId("ten_b"), Environment::kLive};
const Scope kTenantsTests{TenantId("ten_a"), Environment::kTest};
const Scope kVisitors{TenantId("ten_demo"), Environment::kDemo};

/// As many as the scope can get.
std::vector<StreamPlaces::Lease> take_all(StreamPlaces& places, const Scope& scope, const std::string& network = {}) {
    std::vector<StreamPlaces::Lease> leases;
    while (auto lease = places.acquire(scope, network)) leases.push_back(std::move(*lease));
    return leases;
}

TEST(StreamPlaces, NobodyTakesThemAll) {
    StreamPlaces places(12);
    const auto visitors = take_all(places, kVisitors);
    EXPECT_EQ(visitors.size(), 6U);
    const auto tenant = take_all(places, kTenant);
    EXPECT_EQ(tenant.size(), 6U) << "all that are left";
    EXPECT_FALSE(places.acquire(kOther, {}));
}

TEST(StreamPlaces, OneTenantLeavesAQuarterToOthers) {
    StreamPlaces places(12);
    const auto tenant = take_all(places, kTenant);
    EXPECT_EQ(tenant.size(), 9U);
    EXPECT_EQ(take_all(places, kOther).size(), 3U);
    EXPECT_EQ(take_all(places, kOther).size(), 3U) << "given back";
}

TEST(StreamPlaces, ATenantsEnvironmentsShareItsPart) {
    StreamPlaces places(12);
    const auto live = take_all(places, kTenant);
    EXPECT_TRUE(take_all(places, kTenantsTests).empty());
}

TEST(StreamPlaces, OneNetworkTakesHalfAtMostWhoeverItSpeaksFor) {
    StreamPlaces places(12);
    const auto first = take_all(places, kTenant, "192.0.2.7");
    EXPECT_EQ(first.size(), 6U);
    EXPECT_TRUE(take_all(places, kVisitors, "192.0.2.7").empty());
    EXPECT_EQ(take_all(places, kTenant, "192.0.2.8").size(), 3U) << "the tenant's nine";
    EXPECT_EQ(take_all(places, kOther, "192.0.2.8").size(), 6U);
}

TEST(StreamPlaces, TheOnlyPlaceIsAnybodys) {
    StreamPlaces places(1);
    EXPECT_EQ(take_all(places, kVisitors).size(), 1U);
    EXPECT_EQ(take_all(places, kTenant).size(), 1U);
}

}  // namespace
}  // namespace facegate::api
