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
    if (services.demo) add_demo_routes(routes, services);
    add_page_routes(routes, services);
    add_document_routes(routes, services.public_url);
}

void add_document_routes(RouteTable& routes, const std::string& public_url) {
    // Written once: the table does not change after the start.
    const OpenApiInfo info{"FaceGate", FACEGATE_VERSION,
                           "Self-hosted face authentication: liveness, enrollment, 1:N matching, device-bound tokens.",
                           public_url};
    const auto document = std::make_shared<const std::string>(write_json(openapi_document(routes, info)));
    routes.add_raw({.method = "GET",
                    .path = "/openapi.json",
                    .summary = "This document",
                    .tag = "Operations",
                    .auth = Auth::kNone,
                    .in_openapi = false},
                   [document](CallContext&) -> Result<http::Response> {
                       http::Response response;
                       response.headers = {{"Content-Type", "application/json"}};
                       response.body = *document;
                       return response;
                   });
}

}  // namespace facegate::api
