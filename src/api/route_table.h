#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/endpoint.h"

namespace facegate::api {

/// All routes, in the order they were declared. Filled at start by one thread, then only read.
///
///     table.add<VerifyRequest, VerifyAnswer>(
///         {.method = "POST", .path = "/v1/verify", .summary = "Verify a face", .tag = "Authentication",
///          .errors = {ErrorCode::kLivenessFailed}},
///         [&services](Call<VerifyRequest>& call) -> Result<VerifyAnswer> { … });
class RouteTable {
public:
    template <Declared Req, Declared Res>
    void add(RouteInfo info, Handler<Req, Res> handler) {
        insert(make_endpoint<Req, Res>(std::move(info), std::move(handler)));
    }
    /// A route that makes its own answer: pages, key sets, documents. `answer` describes it, where it is JSON.
    void add_raw(RouteInfo info, RawHandler handler, const ObjectSchema* answer = nullptr);
    /// A WebSocket. Its method is GET.
    void add_socket(RouteInfo info, SocketHandler handler);

    struct Match {
        const Route* route = nullptr;               ///< null: no route of that method
        std::map<std::string, std::string> params;  ///< decoded
        std::vector<std::string> allowed;           ///< methods of that path; empty: the path is unknown
    };
    /// `path` is still percent-encoded. Fixed segments win over parameters. HEAD finds the GET route. A path with
    /// broken percent encoding is unknown.
    [[nodiscard]] Match find(std::string_view method, std::string_view path) const;

    [[nodiscard]] const std::deque<Route>& routes() const { return routes_; }

private:
    /// Throws std::logic_error if the method and path are taken.
    void insert(Route route);

    std::deque<Route> routes_;
};

}  // namespace facegate::api
