#include "api/docs_pages.h"
#include "api/json_writer.h"
#include "api/openapi.h"
#include "api/services.h"

namespace facegate::api {

void add_all_routes(RouteTable& routes, Services& services) {
    add_health_routes(routes, services);
    add_liveness_session_routes(routes, services);
    add_liveness_stream_route(routes, services);
    add_verify_route(routes, services);
    add_match_route(routes, services);
    add_detect_attributes_route(routes, services);
    add_enroll_route(routes, services);
    add_user_routes(routes, services);
    add_consent_routes(routes, services);
    add_policy_routes(routes, services);
    add_issuer_routes(routes, services);
    add_session_routes(routes, services);
    add_session_refresh_route(routes, services);
    add_session_introspect_route(routes, services);
    add_step_up_route(routes, services);
    add_risk_score_route(routes, services);
    add_audit_routes(routes, services);
    if (services.demo) add_demo_routes(routes, services);
    add_page_routes(routes, services);
    add_document_routes(routes, services.public_url);
}

namespace {

/// Nothing runs, nothing is loaded but the style, nobody frames it.
constexpr const char* kDocsPolicy =
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

void add_docs_route(RouteTable& routes, const char* path, const char* content_type, std::string text) {
    const auto body = std::make_shared<const std::string>(std::move(text));
    routes.add_raw({.method = "GET",
                    .path = path,
                    .summary = "Documentation",
                    .tag = "Operations",
                    .auth = Auth::kNone,
                    .in_openapi = false},
                   [body, content_type](CallContext&) -> Result<http::Response> {
                       http::Response response;
                       response.headers = {{"Content-Type", content_type},
                                           {"Content-Security-Policy", kDocsPolicy},
                                           {"Cache-Control", "no-cache"}};
                       response.shared_body = body;
                       return response;
                   });
}

}  // namespace

void add_document_routes(RouteTable& routes, const std::string& public_url) {
    // Written once: the table does not change after the start.
    const OpenApiInfo info{"FaceGate", FACEGATE_VERSION,
                           "Self-hosted face authentication: liveness, enrollment, 1:N matching, device-bound tokens.",
                           public_url};
    const boost::json::object document = openapi_document(routes, info);
    add_docs_route(routes, "/openapi.json", "application/json", write_json(document));
    add_docs_route(routes, "/docs", "text/html; charset=utf-8", docs_page(document));
    add_docs_route(routes, "/docs/errors", "text/html; charset=utf-8", errors_page());
    add_docs_route(routes, "/docs/docs.css", "text/css; charset=utf-8", std::string(docs_style()));
}

}  // namespace facegate::api
