#include "api/endpoints/sender.h"

#include <gtest/gtest.h>

namespace facegate::api {
namespace {

const std::string kFingerprint(64, 'a');
const std::string kOther(64, 'b');

Caller caller_with(bool publishable) {
    Caller caller;
    caller.publishable = publishable;
    return caller;
}

Sender sender_with(const std::optional<std::string>& fingerprint, const std::optional<std::string>& key) {
    Sender sender;
    sender.device.fingerprint = fingerprint;
    if (key) sender.proof = domain::KeyProof{*key, {}, {}};
    return sender;
}

TEST(SenderTest, AFingerprintIsNeededFromABrowserAndNeverWrong) {
    struct Case {
        bool publishable;
        std::optional<std::string> bound, sent;
        bool good;
    };
    for (const Case& one : std::initializer_list<Case>{{false, {}, {}, true},
                                                       {true, {}, {}, true},
                                                       {true, {}, kOther, true},
                                                       {false, kFingerprint, {}, true},
                                                       {true, kFingerprint, {}, false},
                                                       {false, kFingerprint, kFingerprint, true},
                                                       {true, kFingerprint, kFingerprint, true},
                                                       {false, kFingerprint, kOther, false},
                                                       {true, kFingerprint, kOther, false}}) {
        const auto checked =
            check_sender(caller_with(one.publishable), sender_with(one.sent, std::nullopt), one.bound, std::nullopt);
        EXPECT_EQ(checked.has_value(), one.good)
            << one.publishable << ' ' << one.bound.value_or("-") << ' ' << one.sent.value_or("-");
        if (!checked) {
            EXPECT_EQ(checked.error().code, ErrorCode::kDeviceMismatch);
        }
    }
}

TEST(SenderTest, ABoundKeyIsNeededWhoeverAsks) {
    for (const bool publishable : {false, true}) {
        const auto check = [&](const std::optional<std::string>& sent, const std::optional<std::string>& bound) {
            return check_sender(caller_with(publishable), sender_with(std::nullopt, sent), std::nullopt, bound);
        };
        EXPECT_TRUE(check(std::nullopt, std::nullopt).has_value());
        EXPECT_TRUE(check("key", std::nullopt).has_value());
        EXPECT_TRUE(check("key", "key").has_value());
        EXPECT_EQ(check(std::nullopt, "key").error().code, ErrorCode::kInvalidKeyProof);
        EXPECT_EQ(check("other", "key").error().code, ErrorCode::kInvalidKeyProof);
    }
}

}  // namespace
}  // namespace facegate::api
