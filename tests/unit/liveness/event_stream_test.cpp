#include "liveness/event_stream.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <boost/json.hpp>

#include "unit/liveness/recording.h"

namespace facegate::liveness {
namespace {

EventStreamMessage sample() {
    EventStreamUuid uuid{};
    uuid[15] = 7;
    return {{{"yes", true},
             {"no", false},
             {"byte", std::int8_t{-3}},
             {"short", std::int16_t{-300}},
             {"integer", std::int32_t{-70'000}},
             {"long", std::int64_t{-5'000'000'000}},
             {"bytes", Bytes{1, 2, 3}},
             {"string", std::string("text")},
             {"timestamp", from_unix_ms(1795398821473)},
             {"uuid", uuid}},
            Bytes{9, 8, 7}};
}

/// Writes both checksums anew, so that only what was changed is wrong.
Bytes with_checksums(Bytes bytes) {
    const auto put = [&](std::size_t at, std::size_t length) {
        const auto crc = static_cast<std::uint32_t>(crc32_z(0, bytes.data(), length));
        for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
    };
    put(8, 8);
    put(bytes.size() - 4, bytes.size() - 4);
    return bytes;
}

TEST(EventStream, AllTenHeaderTypesSurvive) {
    const EventStreamMessage message = sample();
    const auto decoded = decode_message(encode_message(message));
    ASSERT_TRUE(decoded);
    ASSERT_EQ(decoded->headers.size(), message.headers.size());
    for (std::size_t i = 0; i < message.headers.size(); ++i) {
        EXPECT_EQ(decoded->headers[i].name, message.headers[i].name);
        EXPECT_EQ(decoded->headers[i].value, message.headers[i].value) << message.headers[i].name;
    }
    EXPECT_EQ(decoded->payload, message.payload);
}

TEST(EventStream, TheEmptyMessageIsSixteenBytes) {
    // The well-known encoding of a message without headers and payload.
    EXPECT_EQ(to_hex(encode_message({})), "000000100000000005c248eb7d98c8ff");
    EXPECT_TRUE(decode_message(encode_message({})));
}

TEST(EventStream, EveryFlippedBitIsRefused) {
    const Bytes good = encode_message(sample());
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
        Bytes bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
        EXPECT_FALSE(decode_message(bad)) << bit;
    }
}

TEST(EventStream, EveryWrongLengthIsRefused) {
    const Bytes good = encode_message(sample());
    for (std::size_t length = 0; length < good.size(); ++length) {
        EXPECT_FALSE(decode_message(ByteView(good).first(length))) << length;
    }
    Bytes longer = good;
    longer.push_back(0);
    EXPECT_FALSE(decode_message(longer));
}

TEST(EventStream, EveryFlippedBitUnderRightChecksumsIsSafe) {
    const Bytes good = encode_message(sample());
    for (std::size_t bit = 0; bit < (good.size() - 4) * 8; ++bit) {
        Bytes changed = good;
        changed[bit / 8] = static_cast<std::uint8_t>(changed[bit / 8] ^ (1U << (bit % 8)));
        const auto decoded = decode_message(with_checksums(changed));
        // Whatever is still a message must encode to those same bytes: nothing was read from elsewhere.
        if (decoded) {
            EXPECT_EQ(encode_message(*decoded), with_checksums(changed)) << bit;
        }
    }
}

TEST(EventStream, LimitsHold) {
    EventStreamMessage message;
    for (int i = 0; i < 17; ++i) message.headers.push_back({"h" + std::to_string(i), true});
    EXPECT_FALSE(decode_message(encode_message(message)));
    message.headers.pop_back();
    EXPECT_TRUE(decode_message(encode_message(message)));

    EXPECT_FALSE(decode_message(encode_message({{{"same", true}, {"same", false}}, {}})));
    EXPECT_FALSE(decode_message(encode_message({{{"", true}}, {}})));
    EXPECT_FALSE(decode_message(encode_message({{{"long", Bytes(17'000)}}, {}})));
    EXPECT_FALSE(decode_message(encode_message({{}, Bytes(4u << 20)})));
    EXPECT_TRUE(decode_message(encode_message({{}, Bytes((4u << 20) - 16)})));
}

TEST(EventStream, UnknownHeaderTypeIsRefused) {
    Bytes bytes = encode_message({{{"h", true}}, {}});
    bytes[12 + 2] = 10;
    EXPECT_FALSE(decode_message(with_checksums(bytes)));
}

TEST(EventStream, ServerMessagesLookAsRecorded) {
    const auto recording = testing::load_recording("light-genuine");
    for (const auto& message : recording.server) {
        const auto recorded = decode_message(message.bytes);
        ASSERT_TRUE(recorded);
        const auto ours =
            decode_message(encode_event(recorded->text(":event-type").value(), as_text(recorded->payload)));
        ASSERT_TRUE(ours);
        ASSERT_EQ(ours->headers.size(), recorded->headers.size());
        for (const auto& header : recorded->headers) {
            ASSERT_NE(ours->find(header.name), nullptr) << header.name;
            EXPECT_EQ(*ours->find(header.name), header.value) << header.name;
        }
        EXPECT_EQ(ours->payload, recorded->payload);
    }
}

TEST(EventStream, ExceptionsNameTheirKindTwice) {
    const auto message = decode_message(encode_exception(StreamException::kThrottling, "slow \"down\"")).value();
    EXPECT_EQ(message.text(":message-type"), "exception");
    EXPECT_EQ(message.text(":exception-type"), "ThrottlingException");
    const auto body = boost::json::parse(as_text(message.payload));
    EXPECT_EQ(body.at("Message").as_string(), "slow \"down\"");
    EXPECT_EQ(body.at("Code").as_string(), "ThrottlingException");
}

}  // namespace
}  // namespace facegate::liveness
