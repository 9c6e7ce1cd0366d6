#include "app/admin/explanation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "domain/audit/audit_action.h"

namespace facegate::app {
namespace {

const Scope kScope{TenantId("ten_1"), Environment::kLive};

domain::AuditRecord record(std::int64_t seq, const std::string& action, const std::string& details = "{}") {
    domain::AuditRecord made;
    made.seq = seq;
    made.at = from_unix_ms(1'780'000'000'000 + seq);
    made.actor = "key_1";
    made.action = action;
    made.details = details;
    return made;
}

TEST(Explanation, WhatFollowsFromADecisionDoesNotDecide) {
    for (const char* later : {"lockout.started", "template.learned", "session.revoked", "session.refreshed"}) {
        const Explanation why =
            explain(kScope, {record(1, "liveness.finished"), record(2, "verify.not_matched"), record(3, later)});
        EXPECT_EQ(why.action, "verify.not_matched") << later;
        EXPECT_EQ(why.at, record(2, "").at);
        EXPECT_THAT(why.summary, testing::HasSubstr("Not recognised"));
        EXPECT_EQ(why.records.size(), 3U);
    }
}

TEST(Explanation, TheLastDecisionCounts) {
    const Explanation why =
        explain(kScope, {record(1, "verify.matched", R"({"step_up_required":true,"risk":0.7,"risk_factors":{}})"),
                         record(2, "liveness.finished", R"({"live":true,"confidence":97,"signals":[]})"),
                         record(3, "step_up.matched", R"({"score":9,"false_match":1e-6,"required":1e-4})")});
    EXPECT_EQ(why.action, "step_up.matched");
    EXPECT_THAT(why.summary, testing::HasSubstr("step-up succeeded"));
    ASSERT_TRUE(why.match);
    EXPECT_EQ(why.match->false_match, 1e-6);
    ASSERT_TRUE(why.risk);
    EXPECT_EQ(why.risk->score, 0.7);
}

TEST(Explanation, WithoutADecisionTheLivenessCheckTells) {
    const Explanation why =
        explain(kScope, {record(1, "liveness.broken", R"({"reason":"client_gone"})"), record(2, "lockout.started")});
    EXPECT_EQ(why.action, "liveness.broken");
    EXPECT_THAT(why.summary, testing::HasSubstr("client_gone"));
    EXPECT_EQ(explain(kScope, {record(1, "lockout.started")}).action, "lockout.started");
}

TEST(Explanation, EveryActionHasAMeaning) {
    std::set<std::string_view> names;
    for (const domain::AuditAction& action : domain::audit_actions()) {
        EXPECT_TRUE(names.insert(action.name).second) << action.name << " is there twice";
        EXPECT_THAT(action.meaning, testing::EndsWith(".")) << action.name;
        EXPECT_THAT(explain(kScope, {record(1, std::string(action.name))}).summary,
                    testing::StartsWith(std::string(action.meaning)));
    }
}

/// The texts in the program that look like an action, `noun.verb` with the noun of a known one.
std::set<std::string> actions_in_the_source() {
    std::set<std::string> nouns;
    for (const domain::AuditAction& action : domain::audit_actions()) {
        nouns.insert(std::string(action.name.substr(0, action.name.find('.'))));
    }
    const std::set<std::string> endings{"json", "jsonl", "md", "svg", "txt", "db", "key", "cpp", "h"};
    const std::regex literal(R"re("([a-z_]+)\.([a-z_]+)")re");
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(FACEGATE_DOCS "/../src")) {
        if (entry.path().extension() != ".cpp" || entry.path().filename() == "audit_action.cpp") continue;
        std::ifstream file(entry.path());
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        for (std::sregex_iterator match(text.begin(), text.end(), literal), end; match != end; ++match) {
            if (nouns.contains((*match)[1]) && !endings.contains((*match)[2])) {
                found.insert((*match)[1].str() + "." + (*match)[2].str());
            }
        }
    }
    return found;
}

TEST(Explanation, EveryActionThatTheProgramNamesIsKnown) {
    const std::set<std::string> found = actions_in_the_source();
    EXPECT_GT(found.size(), 30U);
    for (const std::string& action : found) {
        EXPECT_NE(domain::find_audit_action(action), nullptr) << action << " has no meaning in audit_action.cpp";
    }
}

}  // namespace
}  // namespace facegate::app
