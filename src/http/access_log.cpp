#include "http/access_log.h"

#include <fmt/format.h>

#include <string>

#include "base/log.h"

namespace facegate::http {

void log_request(const RequestRecord& record, const Response& response) {
    if (!spdlog::should_log(spdlog::level::info)) return;
    spdlog::info(
        R"("event":"request","request_id":{},"method":{},"route":{},"status":{},"ms":{},"bytes_in":{},"bytes_out":{},"remote":{}{}{})",
        log::json_string(record.request_id), log::json_string(record.method), log::json_string(response.route),
        response.status, record.took.count(), record.bytes_in, record.bytes_out,
        log::json_string(record.remote_address), response.log_fields.empty() ? "" : ",", response.log_fields);
}

void log_socket(const RequestRecord& record, const SocketRecord& socket) {
    if (!spdlog::should_log(spdlog::level::info)) return;
    spdlog::info(
        R"("event":"socket","request_id":{},"status":101,"ms":{},"bytes_in":{},"bytes_out":{},"messages_in":{},"messages_out":{},"close":{},"remote":{})",
        log::json_string(record.request_id), record.took.count(), record.bytes_in, record.bytes_out, socket.messages_in,
        socket.messages_out, socket.close_code, log::json_string(record.remote_address));
}

}  // namespace facegate::http
