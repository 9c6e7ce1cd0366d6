#include "api/services.h"

namespace facegate::api {

namespace {

/// Nothing may be loaded from, or sent to, anywhere else, no inline script or style counts, and no markup may be made
/// of plain strings. The widget compiles WebAssembly, whose threads, where a browser grants them, are workers from
/// blobs.
constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'{}; "
    "worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'";

/// Of all that a browser can do for a page, this one needs the camera.
constexpr const char* kPermissions =
    "camera=(self), microphone=(), display-capture=(), geolocation=(), payment=(), usb=(), serial=(), hid=()";

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
                                                {"Permissions-Policy", kPermissions},
                                                {"Cross-Origin-Opener-Policy", "same-origin"},
                                                {"Cross-Origin-Resource-Policy", "same-origin"},
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
