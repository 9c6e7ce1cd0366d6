#include "http/response_text.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/beast/http/status.hpp>
#include <chrono>
#include <ctime>
#include <stdexcept>

#include "base/bytes.h"
#include "base/log.h"

namespace facegate::http {

namespace {

constexpr std::array<std::string_view, 6> kListenersOwn = {"content-length", "date",       "connection",
                                                           "x-request-id",   "keep-alive", "transfer-encoding"};

bool is_token(std::string_view text) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [&](char a, char b) { return lower(a) == lower(b); });
}

bool is_listeners_own(std::string_view name) {
    return std::any_of(kListenersOwn.begin(), kListenersOwn.end(),
                       [&](std::string_view own) { return equal_ignoring_case(name, own); });
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

/// http_date of now; formatted once a second and thread.
const std::string& date_now() {
    thread_local std::int64_t formatted_second = -1;
    thread_local std::string text;
    const auto now = std::chrono::system_clock::now();
    const std::int64_t second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    if (second != formatted_second) {
        text = http_date(second);
        formatted_second = second;
    }
    return text;
}

std::string accept_token(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    Bytes digest(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
        throw std::runtime_error("SHA-1 is not available");
    }
    digest.resize(size);
    return to_base64(digest);
}

}  // namespace

bool may_have_body(unsigned status) {
    return status >= 200 && status != 204 && status != 304;
}

std::string http_date(std::int64_t unix_seconds) {
    constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t time = unix_seconds;
    std::tm utc{};
    gmtime_r(&time, &utc);
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays.at(static_cast<std::size_t>(utc.tm_wday)),
                       utc.tm_mday, kMonths.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900, utc.tm_hour,
                       utc.tm_min, utc.tm_sec);
}

bool is_sane_request_id(std::string_view text) {
    return !text.empty() && text.size() <= 128 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
               c == '-';
    });
}

std::string response_head(const Response& response, const Delivery& delivery) {
    const auto reason = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(response.status));
    std::string out =
        fmt::format("HTTP/1.1 {} {}\r\n", response.status, std::string_view(reason.data(), reason.size()));
    for (const auto& [name, value] : response.headers) {
        if (is_listeners_own(name)) continue;
        constexpr std::string_view kLineBreaks("\r\n\0", 3);
        if (!is_token(name) || value.find_first_of(kLineBreaks) != std::string::npos) {
            spdlog::error(R"("event":"unsafe_header_dropped","request_id":{},"header":{})",
                          log::json_string(delivery.request_id), log::json_string(name));
            continue;
        }
        append_header(out, name, value);
    }
    if (may_have_body(response.status)) append_header(out, "Content-Length", fmt::to_string(response.content().size()));
    append_header(out, "Date", date_now());
    append_header(out, "Connection", delivery.keep_alive ? "keep-alive" : "close");
    append_header(out, "x-request-id", delivery.request_id);
    return out += "\r\n";
}

std::string switching_protocols_head(std::string_view key, std::string_view request_id) {
    std::string out = "HTTP/1.1 101 Switching Protocols\r\n";
    append_header(out, "Upgrade", "websocket");
    append_header(out, "Connection", "Upgrade");
    append_header(out, "Sec-WebSocket-Accept", accept_token(key));
    append_header(out, "Date", date_now());
    append_header(out, "x-request-id", request_id);
    return out += "\r\n";
}

}  // namespace facegate::http
