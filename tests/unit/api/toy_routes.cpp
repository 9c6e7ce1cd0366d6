#include "unit/api/toy_routes.h"

#include <fmt/format.h>

#include <stdexcept>

#include "sql/database.h"
#include "vision/runtime/inference.h"

namespace facegate::api {

namespace {

class EchoPeer final : public http::SocketPeer {
public:
    Output on_open() override { return {}; }
    Output on_message(Bytes message) override { return {{std::move(message)}, std::nullopt}; }
    Output on_timer() override { return {}; }
    Output on_close(std::uint16_t) override { return {}; }
    [[nodiscard]] std::optional<TimeMs> deadline() const override { return std::nullopt; }
    [[nodiscard]] std::size_t max_message_bytes() const override { return 100; }
};

Result<GreetAnswer> greet(Call<GreetRequest>& call) {
    if (call.body.name == "nobody") return fail(ErrorCode::kNoFaceDetected, "Nobody is there");
    if (call.body.name == "database") throw sql::DatabaseFailure("disk secret-path is full");
    if (call.body.name == "provider") throw vision::InferenceFailure("secret-model.onnx: broken");
    if (call.body.name == "bug") throw std::logic_error("secret-invariant broken");
    if (call.body.name == "odd") throw 42;
    call.response_headers.emplace_back("x-greeted", call.body.name);
    call.log["times"] = call.body.times.value_or(1);
    return GreetAnswer{
        fmt::format("Hello {} of {} from {}", call.body.name, call.caller.scope.tenant.value, call.client_address)};
}

}  // namespace

void add_toy_routes(RouteTable& routes) {
    routes.add<GreetRequest, GreetAnswer>({.method = "POST",
                                           .path = "/v1/greet",
                                           .summary = "Greet somebody",
                                           .tag = "Greetings",
                                           .body_limit = 1000,
                                           .success_status = 201,
                                           .errors = {ErrorCode::kNoFaceDetected}},
                                          greet);
    routes.add<ListQuery, GuestList>(
        {.method = "GET", .path = "/v1/guests", .summary = "List guests", .tag = "Guests"},
        [](Call<ListQuery>& call) -> Result<GuestList> {
            return GuestList{
                {{fmt::format("{} {} {}", call.body.limit, call.body.q.value_or("-"), call.body.all.value_or(false))}},
                std::nullopt};
        });
    routes.add<Nothing, GreetAnswer>(
        {.method = "GET",
         .path = "/v1/guests/:id",
         .summary = "One guest",
         .tag = "Guests",
         .errors = {ErrorCode::kNotFound}},
        [](Call<Nothing>& call) -> Result<GreetAnswer> { return GreetAnswer{call.param("id")}; });
    routes.add<Nothing, Nothing>({.method = "DELETE",
                                  .path = "/v1/guests/:id",
                                  .summary = "Send away",
                                  .tag = "Guests",
                                  .auth = Auth::kSecretKey},
                                 [](Call<Nothing>&) -> Result<Nothing> { return Nothing{}; });
    routes.add<Nothing, GreetAnswer>(
        {.method = "GET", .path = "/v1/guests/first", .summary = "The first", .tag = "Guests"},
        [](Call<Nothing>&) -> Result<GreetAnswer> { return GreetAnswer{"fixed"}; });
    routes.add<Nothing, Nothing>({.method = "POST", .path = "/v1/ping", .summary = "Ping"},
                                 [](Call<Nothing>&) -> Result<Nothing> { return Nothing{}; });
    routes.add<Nothing, GreetAnswer>({.method = "GET",
                                      .path = "/v1/health",
                                      .summary = "Health",
                                      .auth = Auth::kNone,
                                      .on_io_thread = true,
                                      .while_starting = true},
                                     [](Call<Nothing>&) -> Result<GreetAnswer> { return GreetAnswer{"healthy"}; });
    routes.add<Nothing, GreetAnswer>(
        {.method = "POST", .path = "/demo/hello", .summary = "Demo", .auth = Auth::kDemo},
        [](Call<Nothing>& call) -> Result<GreetAnswer> { return GreetAnswer{call.caller.scope.tenant.value}; });
    routes.add_raw({.path = "/assets/*file", .summary = "Files", .auth = Auth::kNone, .content_type = "text/plain"},
                   [](CallContext& context) -> Result<http::Response> {
                       http::Response response;
                       response.headers = {{"Content-Type", "text/plain"}, {"Cache-Control", "max-age=60"}};
                       response.body = context.param("file");
                       return response;
                   });
    routes.add_socket({.path = "/stream", .summary = "Echo", .auth = Auth::kNone}, [](CallContext& context) {
        if (context.request.query == "throw") throw std::runtime_error("broken");
        return std::make_unique<EchoPeer>();
    });
}

}  // namespace facegate::api
