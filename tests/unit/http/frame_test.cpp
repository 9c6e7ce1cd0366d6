#include "http/frame.h"

#include <gtest/gtest.h>

#include <string>

namespace facegate::http {
namespace {

using Kind = FrameEvent::Kind;

/// A client's frame: first byte, payload, masked with 1 2 3 4.
Bytes masked(std::uint8_t first, const Bytes& payload) {
    Bytes out = {first};
    if (payload.size() < 126) {
        out.push_back(static_cast<std::uint8_t>(0x80 | payload.size()));
    } else if (payload.size() <= 0xffff) {
        out.insert(out.end(), {0xfe, static_cast<std::uint8_t>(payload.size() >> 8U),
                               static_cast<std::uint8_t>(payload.size() & 0xffU)});
    } else {
        out.push_back(0xff);
        for (int i = 7; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(payload.size() >> (8 * i)));
    }
    out.insert(out.end(), {1, 2, 3, 4});
    for (std::size_t i = 0; i < payload.size(); ++i) out.push_back(payload[i] ^ static_cast<std::uint8_t>(i % 4 + 1));
    return out;
}

Bytes joined(std::initializer_list<Bytes> parts) {
    Bytes all;
    for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
}

/// All events of a stream that arrives in pieces of `step` bytes.
std::vector<FrameEvent> events_of(const Bytes& stream, std::size_t limit, std::size_t step) {
    FrameReader reader;
    reader.set_max_message_bytes(limit);
    std::vector<FrameEvent> events;
    for (std::size_t at = 0; at < stream.size(); at += step) {
        ByteView piece = ByteView(stream).subspan(at, std::min(step, stream.size() - at));
        while (auto event = reader.next(piece)) {
            events.push_back(*event);
            if (event->kind == Kind::kViolation) return events;
        }
    }
    return events;
}

std::uint16_t violation_of(const Bytes& stream, std::size_t limit = 1000) {
    const auto events = events_of(stream, limit, stream.size());
    return !events.empty() && events.back().kind == Kind::kViolation ? events.back().code : std::uint16_t{0};
}

TEST(Frame, ReadsMessagesOfEveryLengthFormInAnyPieces) {
    for (const std::size_t size : {0U, 1U, 125U, 126U, 65'535U, 65'536U, 70'000U}) {
        Bytes payload(size);
        for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<std::uint8_t>(i * 7);
        const Bytes stream = joined({masked(0x82, payload), masked(0x82, {9})});
        for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{4096}, stream.size()}) {
            const auto events = events_of(stream, 70'000, step);
            ASSERT_EQ(events.size(), 2U) << size << " in steps of " << step;
            EXPECT_EQ(events[0].payload, payload);
            EXPECT_EQ(events[1].payload, Bytes{9});
        }
    }
}

TEST(Frame, JoinsFragmentsWithControlFramesBetween) {
    const Bytes stream = joined({masked(0x02, {1, 2}), masked(0x89, {7}), masked(0x00, {}), masked(0x00, {3}),
                                 masked(0x8a, {}), masked(0x80, {4, 5})});
    const auto events = events_of(stream, 5, 1);
    ASSERT_EQ(events.size(), 3U);
    EXPECT_EQ(events[0].kind, Kind::kPing);
    EXPECT_EQ(events[0].payload, Bytes{7});
    EXPECT_EQ(events[1].kind, Kind::kPong);
    EXPECT_EQ(events[2].kind, Kind::kMessage);
    EXPECT_EQ(events[2].payload, (Bytes{1, 2, 3, 4, 5}));
}

TEST(Frame, RefusesMessagesOverTheLimitAtTheirHead) {
    EXPECT_EQ(violation_of(masked(0x82, Bytes(1001)), 1000), close_code::kTooBig);
    EXPECT_EQ(violation_of({0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4}),
              close_code::kTooBig);
    EXPECT_EQ(violation_of(joined({masked(0x02, Bytes(600)), masked(0x80, Bytes(401))}), 1000), close_code::kTooBig);
    EXPECT_EQ(violation_of(joined({masked(0x02, Bytes(600)), masked(0x80, Bytes(400))}), 1000), 0);
}

TEST(Frame, RefusesBrokenFraming) {
    const std::uint16_t error = close_code::kProtocolError;
    EXPECT_EQ(violation_of({0x82, 0x01, 'a'}), error) << "not masked";
    EXPECT_EQ(violation_of(masked(0xc2, {})), error) << "reserved bit";
    EXPECT_EQ(violation_of(masked(0x83, {})), error) << "reserved opcode";
    EXPECT_EQ(violation_of(masked(0x8b, {})), error) << "reserved control opcode";
    EXPECT_EQ(violation_of(masked(0x80, {1})), error) << "continues nothing";
    EXPECT_EQ(violation_of(joined({masked(0x02, {1}), masked(0x82, {1})})), error) << "begins inside a message";
    EXPECT_EQ(violation_of(masked(0x09, {})), error) << "fragmented ping";
    EXPECT_EQ(violation_of(masked(0x89, Bytes(126))), error) << "long ping";
    EXPECT_EQ(violation_of({0x82, 0xfe, 0x00, 0x7d, 1, 2, 3, 4}), error) << "length in too long a form";
    EXPECT_EQ(violation_of({0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4}), error);
    EXPECT_EQ(violation_of(masked(0x81, {'h', 'i'})), close_code::kUnsupportedData) << "text";
}

TEST(Frame, ReadsCloseCodes) {
    const auto code_of = [](const Bytes& payload) {
        const auto events = events_of(masked(0x88, payload), 10, 1);
        return std::pair(events.at(0).kind, events.at(0).code);
    };
    EXPECT_EQ(code_of({}), std::pair(Kind::kClose, close_code::kNone));
    EXPECT_EQ(code_of({0x03, 0xe8}), std::pair(Kind::kClose, std::uint16_t{1000}));
    EXPECT_EQ(code_of({0x0f, 0xa3, 'b', 'y', 'e'}), std::pair(Kind::kClose, std::uint16_t{4003}));
    for (const unsigned bad : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2999U, 5000U}) {
        const Bytes payload = {static_cast<std::uint8_t>(bad >> 8U), static_cast<std::uint8_t>(bad & 0xffU)};
        EXPECT_EQ(code_of(payload), std::pair(Kind::kViolation, close_code::kProtocolError)) << bad;
    }
    EXPECT_EQ(code_of({3}), std::pair(Kind::kViolation, close_code::kProtocolError));
}

TEST(Frame, WritesServerFrames) {
    EXPECT_EQ(binary_frame(Bytes{1, 2}), (Bytes{0x82, 2, 1, 2}));
    EXPECT_EQ(close_frame(1000), (Bytes{0x88, 2, 0x03, 0xe8}));
    EXPECT_EQ(close_frame(close_code::kNone), (Bytes{0x88, 0}));
    EXPECT_EQ(ping_frame(), (Bytes{0x89, 0}));
    EXPECT_EQ(pong_frame(Bytes{5}), (Bytes{0x8a, 1, 5}));
    const Bytes medium = binary_frame(Bytes(300));
    EXPECT_EQ(Bytes(medium.begin(), medium.begin() + 4), (Bytes{0x82, 126, 1, 44}));
    const Bytes large = binary_frame(Bytes(65'536));
    EXPECT_EQ(Bytes(large.begin(), large.begin() + 10), (Bytes{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}));
}

}  // namespace
}  // namespace facegate::http
