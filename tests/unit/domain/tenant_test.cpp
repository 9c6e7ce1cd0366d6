#include "domain/tenants/tenant.h"

#include "unit/domain/domain_fixture.h"

namespace facegate::domain {
namespace {

TEST(Origin, GrammarIsThatOfTheOriginHeader) {
    for (const auto* good : {"https://app.example.com", "http://localhost:5173", "https://a-b.example:1", "*",
                             "http://[::1]:8080", "https://10.0.0.1"}) {
        EXPECT_TRUE(is_origin(good)) << good;
    }
    for (const auto* bad :
         {"", "https://", "https://Example.com", "https://example.com/", "ftp://example.com", "example.com",
          "https://example.com:", "https://example.com:0", "https://example.com:65536", "null",
          "https://example.com:80x", "https://exa mple.com", "https://example.com\nhttps://evil.example", "http://[::1",
          "https://user@example.com", "https://*"}) {
        EXPECT_FALSE(is_origin(bad)) << bad;
    }
}

TEST(Origin, StoredListComesBack) {
    const std::vector<std::string> origins{"https://a.example", "https://b.example"};
    EXPECT_EQ(split_origins(join_origins(origins)), origins);
    EXPECT_TRUE(split_origins("").empty());
}

TEST(Origin, IsComparedExactly) {
    const std::vector<std::string> origins{"https://a.example"};
    EXPECT_TRUE(origin_allowed(origins, "https://a.example"));
    EXPECT_FALSE(origin_allowed(origins, "http://a.example"));
    EXPECT_FALSE(origin_allowed(origins, "https://a.example.evil.example"));
    EXPECT_FALSE(origin_allowed({}, "https://a.example"));
    EXPECT_TRUE(origin_allowed(std::vector<std::string>{"*"}, "https://anything.example"));
}

using TenantTest = DomainTest;

TEST_F(TenantTest, ListShowsCustomersOnly) {
    const auto tenants = db_.read_system([](sql::SystemTx& tx) { return list_tenants(tx); });
    ASSERT_EQ(tenants.size(), 2U);
    EXPECT_NE(tenants[0].id, tenants[1].id);
    for (const auto& tenant : tenants) EXPECT_NE(tenant.id, demo_tenant_id());
}

TEST_F(TenantTest, RefusesBadNamesAndOrigins) {
    const auto code_of = [&](const std::string& name, const std::vector<std::string>& origins) {
        const auto created = db_.write_system(
            [&](sql::SystemTx& tx) { return create_tenant(tx, vault_, random_, name, origins, now_); });
        return created ? std::nullopt : std::optional(created.error().code);
    };
    EXPECT_EQ(code_of("", {}), ErrorCode::kValidationFailed);
    EXPECT_EQ(code_of(std::string(201, 'x'), {}), ErrorCode::kValidationFailed);
    EXPECT_EQ(code_of("Good", {"https://good.example", "bad"}), ErrorCode::kValidationFailed);
    EXPECT_EQ(rows_in("tenants"), 3);
}

TEST_F(TenantTest, SuspendAndResume) {
    const auto set = [&](const TenantId& id, TenantStatus status) {
        return db_.write_system([&](sql::SystemTx& tx) { return set_tenant_status(tx, id, status); });
    };
    EXPECT_EQ(set(ours_.tenant, TenantStatus::kSuspended)->status, TenantStatus::kSuspended);
    const auto found = db_.read_system([&](sql::SystemTx& tx) { return find_tenant(tx, ours_.tenant); });
    EXPECT_EQ(found->status, TenantStatus::kSuspended);
    EXPECT_EQ(set(ours_.tenant, TenantStatus::kActive)->status, TenantStatus::kActive);
    EXPECT_EQ(set(TenantId("ten_nobody"), TenantStatus::kActive).error().code, ErrorCode::kNotFound);
}

TEST_F(TenantTest, PreflightKnowsOriginsOfActiveTenantsOnly) {
    const auto allowed = [&](std::string_view origin) {
        return db_.read_system([&](sql::SystemTx& tx) { return origin_allowed_anywhere(tx, origin); });
    };
    EXPECT_TRUE(allowed("https://first.example"));
    EXPECT_TRUE(allowed("https://second.example"));
    EXPECT_FALSE(allowed("https://third.example"));
    db_.write_system([&](sql::SystemTx& tx) {
        (void)set_tenant_status(tx, ours_.tenant, TenantStatus::kSuspended);
        (void)set_allowed_origins(tx, theirs_.tenant, {"https://third.example"});
    });
    EXPECT_FALSE(allowed("https://first.example"));
    EXPECT_FALSE(allowed("https://second.example"));
    EXPECT_TRUE(allowed("https://third.example"));
}

}  // namespace
}  // namespace facegate::domain
