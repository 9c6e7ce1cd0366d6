#include "domain/issuers/issuers.h"

#include "api/endpoints/key_set.h"
#include "api/services.h"

namespace facegate::api {

namespace {

void add_key_set(RouteTable& routes, Services& services, Environment environment, const std::string& prefix) {
    routes.add_raw(
        {.method = "GET",
         .path = prefix + "/.well-known/jwks.json",
         .summary = std::string("Public keys of the ") + name_of(environment) + " issuer",
         .doc = "RFC 7517. Cache it; an unknown `kid` in a token is the reason to fetch it again.",
         .tag = "Tokens",
         .auth = Auth::kNone,
         .content_type = "application/jwk-set+json"},
        [&services, environment](CallContext& call) -> Result<http::Response> {
            http::Response response;
            response.headers = {{"Content-Type", "application/jwk-set+json"}};
            response.body = services.issuers.jwks(environment, services.clock.now());
            call.response_headers.emplace_back("Cache-Control", "public, max-age=300");
            return response;
        },
        &KeySet::schema());
}

}  // namespace

void add_issuer_routes(RouteTable& routes, Services& services) {
    add_key_set(routes, services, Environment::kLive, "");
    add_key_set(routes, services, Environment::kTest, "/test");
    if (services.demo) add_key_set(routes, services, Environment::kDemo, "/demo");
}

}  // namespace facegate::api
