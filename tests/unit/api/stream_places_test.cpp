#include "api/stream_places.h"

#include <gtest/gtest.h>

#include <vector>

namespace facegate::api {
namespace {

const Scope kTenant{TenantId("ten_a"), Environment::kLive};
const Scope kOther{TenantId("ten_b"), Environment::kLive};
const Scope kVisitors{TenantId("ten_demo"), Environment::kDemo};

/// As many as the scope can get.
std::vector<StreamPlaces::Lease> take_all(StreamPlaces& places, const Scope& scope) {
    std::vector<StreamPlaces::Lease> leases;
    while (auto lease = places.acquire(scope)) leases.push_back(std::move(*lease));
    return leases;
}

TEST(StreamPlaces, NobodyTakesThemAll) {
    StreamPlaces places(12);
    const auto visitors = take_all(places, kVisitors);
    EXPECT_EQ(visitors.size(), 6U);
    const auto tenant = take_all(places, kTenant);
    EXPECT_EQ(tenant.size(), 6U) << "all that are left";
    EXPECT_FALSE(places.acquire(kOther));
}

TEST(StreamPlaces, OneTenantLeavesAQuarterToOthers) {
    StreamPlaces places(12);
    const auto tenant = take_all(places, kTenant);
    EXPECT_EQ(tenant.size(), 9U);
    EXPECT_EQ(take_all(places, kOther).size(), 3U);
    EXPECT_EQ(take_all(places, kOther).size(), 3U) << "given back";
}

TEST(StreamPlaces, TheOnlyPlaceIsAnybodys) {
    StreamPlaces places(1);
    EXPECT_EQ(take_all(places, kVisitors).size(), 1U);
    EXPECT_EQ(take_all(places, kTenant).size(), 1U);
}

}  // namespace
}  // namespace facegate::api
