#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "api/route_table.h"
#include "api/stream_places.h"
#include "base/clock.h"
#include "base/random.h"
#include "domain/audit/audit.h"
#include "domain/audit/signed_head.h"
#include "domain/consents/consent_texts.h"
#include "domain/issuers/issuers.h"
#include "domain/vault/vault.h"
#include "http/static_files.h"
#include "media/decoder_host.h"
#include "provider/local/face_matcher.h"
#include "provider/local/gallery.h"
#include "provider/local/photo_analysis.h"
#include "provider/local/template_growth.h"
#include "runtime/limiter.h"
#include "sql/database.h"
#include "vision/engine_set.h"

namespace facegate::api {

/// How the parts the server rests on are doing, as last measured by a job; read without blocking.
struct HealthFigures {
    std::atomic<bool> database_ok = false;
    std::atomic<double> database_ms = 0;
    std::atomic<bool> provider_ok = false;
    std::atomic<double> provider_ms = 0;
    std::atomic<int> phase = 0;  ///< api::Phase
};

/// What handlers work with. Built once in app/application.cpp; everything in it is thread-safe and outlives the routes.
struct Services {
    std::string public_url;  ///< without a trailing slash
    Clock& clock;
    Random& random;
    sql::Database& database;
    const domain::Vault& vault;
    const domain::AuditTrail& audit;
    domain::Issuers& issuers;
    const vision::EngineSet& engines;
    provider::Gallery& gallery;
    const provider::FaceMatcher& matcher;
    const provider::PhotoAnalysis& photos;
    const provider::TemplateGrowth& growth;
    runtime::Limiter& inference;  ///< one place per face analysed at a time
    StreamPlaces& streams;        ///< one place per open liveness stream
    media::DecoderHost& decoders;
    const http::StaticFiles& web;
    HealthFigures& health;
    bool demo = false;
    TimeMs started_at;
    const domain::HeadSigner& head_signer;
    domain::ConsentRegistry consent_texts = {};
};

/// Adds every route. Each of these lives in endpoints/<name>.cpp.
void add_all_routes(RouteTable& routes, Services& services);
void add_health_routes(RouteTable& routes, Services& services);
void add_liveness_session_routes(RouteTable& routes, Services& services);
void add_liveness_stream_route(RouteTable& routes, Services& services);
void add_verify_route(RouteTable& routes, Services& services);
void add_match_route(RouteTable& routes, Services& services);
void add_detect_attributes_route(RouteTable& routes, Services& services);
void add_enroll_route(RouteTable& routes, Services& services);
void add_user_routes(RouteTable& routes, Services& services);
void add_consent_routes(RouteTable& routes, Services& services);
void add_policy_routes(RouteTable& routes, Services& services);
void add_issuer_routes(RouteTable& routes, Services& services);
void add_session_routes(RouteTable& routes, Services& services);
void add_session_refresh_route(RouteTable& routes, Services& services);
void add_session_introspect_route(RouteTable& routes, Services& services);
void add_step_up_route(RouteTable& routes, Services& services);
void add_risk_score_route(RouteTable& routes, Services& services);
void add_audit_routes(RouteTable& routes, Services& services);
void add_demo_routes(RouteTable& routes, Services& services);
void add_page_routes(RouteTable& routes, Services& services);
/// Last: the document describes the routes added before it.
void add_document_routes(RouteTable& routes, const std::string& public_url);

}  // namespace facegate::api
