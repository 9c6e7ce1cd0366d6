#include "api/services.h"

namespace facegate::api {

namespace {

/// Nothing may be loaded from, or sent to, anywhere else; the widget compiles WebAssembly and sets inline styles.
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
    "blob:; "
    "media-src 'self' blob:; connect-src 'self'{}; font-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'none'";

/// The server's own address as a WebSocket source: not every browser counts it as 'self'.
std::string socket_source(const std::string& public_url) {
    const std::size_t scheme_end = public_url.find("://");
    const std::size_t path = public_url.find('/', scheme_end + 3);
    const std::string authority = public_url.substr(scheme_end, path == std::string::npos ? path : path - scheme_end);
    return public_url.starts_with("https") ? " wss" + authority : " ws" + authority;
}

std::unexpected<Error> no_such_file() {
    return fail(ErrorCode::kNotFound, "There is no such file");
}

void add_demo_page(RouteTable& routes, Services& services) {
    const std::string policy = fmt::format(fmt::runtime(kPagePolicy), socket_source(services.public_url));
    routes.add_raw({.method = "GET",
                    .path = "/demo",
                    .summary = "The demo page",
                    .tag = "Demo",
                    .auth = Auth::kDemo,
                    .content_type = "text/html"},
                   [&services, policy](CallContext& call) -> Result<http::Response> {
                       auto page = services.web.serve(call.request, "/demo.html", "no-cache");
                       if (!page) return no_such_file();
                       call.response_headers = {{"Content-Security-Policy", policy},
                                                {"Permissions-Policy", "camera=(self), microphone=()"},
                                                {"X-Frame-Options", "DENY"}};
                       return std::move(*page);
                   });
    routes.add_raw({.method = "GET", .path = "/", .summary = "To the demo", .auth = Auth::kNone, .in_openapi = false},
                   [](CallContext&) -> Result<http::Response> {
                       http::Response response;
                       response.status = 302;
                       response.headers = {{"Location", "/demo"}};
                       return response;
                   });
}

}  // namespace

void add_page_routes(RouteTable& routes, Services& services) {
    if (services.demo) add_demo_page(routes, services);
    routes.add_raw({.method = "GET",
                    .path = "/assets/*file",
                    .summary = "Files of the pages and of the liveness widget",
                    .tag = "Demo",
                    .auth = Auth::kNone,
                    .in_openapi = false},
                   [&services](CallContext& call) -> Result<http::Response> {
                       auto file = services.web.serve(call.request, "/" + call.param("file"), "public, max-age=3600");
                       if (!file) return no_such_file();
                       return std::move(*file);
                   });
}

}  // namespace facegate::api
