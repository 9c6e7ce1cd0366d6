// rooms: http
// Heads, WebSocket frames and query strings as a stranger may send them.
#include <boost/asio/buffer.hpp>
#include <cstdint>

#include "base/bytes.h"
#include "http/frame.h"
#include "http/request_head.h"
#include "http/uri.h"

namespace {

using namespace facegate;

void parse_head(ByteView input) {
    http::RequestParser parser;
    parser.header_limit(16 * 1024);
    boost::system::error_code error;
    parser.put(boost::asio::buffer(input.data(), input.size()), error);
    if (error || !parser.is_header_done()) return;
    http::Request request;
    if (http::describe_head(parser, request) != 0) return;
    http::expects_continue(parser);
    http::websocket_key(parser);
    http::percent_decode(request.path);
    http::parse_query(request.query);
}

void read_frames(ByteView input) {
    constexpr std::size_t kLimit = 1000;
    http::FrameReader reader;
    reader.set_max_message_bytes(kLimit);
    while (auto event = reader.next(input)) {
        if (event->payload.size() > kLimit) __builtin_trap();
        if (event->kind == http::FrameEvent::Kind::kViolation) return;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView input(data, size);
    parse_head(input);
    read_frames(input);
    return 0;
}
