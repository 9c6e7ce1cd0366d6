#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "api/rendered_streams.h"
#include "domain/policies/liveness_policy.h"

namespace facegate::testing {
namespace {

using synthesis::Species;

/// Whole streams of rendered people and attacks, each made for the challenge that its own session announced.
class RenderedStream : public LivenessStreamTest {
protected:
    /// Plays a take into a new session of the client; whether it was judged live, and by which signals not.
    WidgetSession play(Species species, std::size_t who, const json::object& request = {}) {
        const WidgetSession session = new_session(client_, request);
        Stream stream = open(session);
        EXPECT_TRUE(is_open(stream));
        const synthesis::Take take = rendered_for(challenge_in(stream), species, who);
        http::SocketPeer::Output last;
        for (const RecordedEvent& event : events_of(take, stream.opened)) {
            EXPECT_FALSE(last.close) << event.type;
            clock().advance(std::max(stream.opened + event.at - clock().now(), Milliseconds(0)));
            last = stream.send(event.type, event.json);
        }
        EXPECT_EQ(last.close, 1000);
        return session;
    }

    /// The required signals that did not pass in the newest verdict of the client's tenant.
    std::vector<std::string> failed() const {
        std::vector<std::string> names;
        const auto records = audit();
        for (auto record = records.rbegin(); record != records.rend(); ++record) {
            if (record->first != "liveness.finished") continue;
            for (const json::value& signal : record->second.at("signals").as_array()) {
                if (signal.at("required").as_bool() && !signal.at("passed").as_bool())
                    names.emplace_back(signal.at("name").as_string());
            }
            break;
        }
        return names;
    }
    bool has_failed(const std::string& name) const { return std::ranges::count(failed(), name) == 1; }
};

TEST_F(RenderedStream, APersonIsJudgedLiveAndEnrolls) {
    const WidgetSession session = play(Species::kGenuine, 0);
    EXPECT_EQ(failed(), std::vector<std::string>{});
    const std::string status = status_of(session);
    EXPECT_TRUE(status.starts_with("SUCCEEDED ")) << status;
    const std::string consent = ApiTest::consent(client_);
    const Answer enrolled = post(
        "/v1/enroll",
        json::object{
            {"name", "Ada Guard"}, {"role", "member"}, {"liveness_session_id", session.id}, {"consent_id", consent}});
    ASSERT_EQ(enrolled.status, 201U) << enrolled;

    const Answer verified = verify_session(play(Species::kGenuine, 0));
    EXPECT_EQ(failed(), std::vector<std::string>{});
    EXPECT_EQ(verified.status, 200U) << verified;
    EXPECT_EQ(verified.at("/matched"), json::value(true)) << verified;
}

TEST_F(RenderedStream, APhotoIsRefusedHoweverItIsMovedAndTinted) {
    for (const Species species : {Species::kPrint, Species::kBentPrint, Species::kPhotoZoom}) {
        SCOPED_TRACE(synthesis::name_of(species));
        client_ = new_client();
        const WidgetSession session = play(species, 1);
        EXPECT_TRUE(status_of(session).starts_with("FAILED ")) << status_of(session);
        EXPECT_TRUE(has_failed("solid_head"));
        EXPECT_FALSE(has_failed("color_order")) << "the light is right: it is the depth that tells";
        EXPECT_TRUE(is_error(verify_session(session), 403, "LIVENESS_FAILED"));
    }
}

TEST_F(RenderedStream, ARecordingOfAnotherOrderIsRefusedByItsColours) {
    play(Species::kReplayOtherOrder, 2);
    EXPECT_TRUE(has_failed("color_order"));
    EXPECT_FALSE(has_failed("solid_head"));
}

TEST_F(RenderedStream, MovementAloneIsEnoughWhereTheTenantAllowsIt) {
    application().database().write(client_.scope, [&](sql::TenantTx& tx) {
        return domain::change_liveness_policy(tx, {.challenge = domain::ChallengeChoice::kMovementAllowed},
                                              clock().now());
    });
    const WidgetSession session = play(Species::kGenuine, 0, {{"challenge", "movement"}});
    EXPECT_EQ(failed(), std::vector<std::string>{});
    EXPECT_TRUE(status_of(session).starts_with("SUCCEEDED ")) << status_of(session);
    const WidgetSession print = play(Species::kPrint, 0, {{"challenge", "movement"}});
    EXPECT_TRUE(has_failed("solid_head"));
    EXPECT_TRUE(status_of(print).starts_with("FAILED "));
}

}  // namespace
}  // namespace facegate::testing
