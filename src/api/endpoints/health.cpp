#include <cmath>

#include "api/dispatcher.h"
#include "api/services.h"

namespace facegate::api {

namespace {

struct Check {
    std::string status;
    double latency_ms = 0;

    static const Schema<Check>& schema() {
        static const Schema<Check> kSchema(
            "HealthCheck",
            {field("status", &Check::status, "Whether it works.").one_of({"ok", "error"}),
             field("latencyMs", &Check::latency_ms, "How long it last took to answer, in milliseconds.")});
        return kSchema;
    }
};

struct Checks {
    Check db;
    Check rekognition;

    static const Schema<Checks>& schema() {
        static const Schema<Checks> kSchema(
            "HealthChecks", {field("db", &Checks::db, "The database."),
                             field("rekognition", &Checks::rekognition, "The face provider, whichever it is.")});
        return kSchema;
    }
};

struct Health {
    std::string status;
    Checks checks;
    std::string version;
    std::int64_t uptime_seconds = 0;

    static const Schema<Health>& schema() {
        static const Schema<Health> kSchema(
            "Health", {field("status", &Health::status, "healthy, or why not.")
                           .one_of({"healthy", "starting", "draining", "unhealthy"}),
                       field("checks", &Health::checks, "What the server rests on."),
                       field("version", &Health::version, "The server's version.").example(FACEGATE_VERSION),
                       field("uptime_seconds", &Health::uptime_seconds, "Since the start.")});
        return kSchema;
    }
};

Check check_of(bool ok, double ms) {
    return {ok ? "ok" : "error", std::round(ms * 100) / 100};
}

Health measure(const Services& services) {
    const HealthFigures& figures = services.health;
    Health health;
    health.checks.db = check_of(figures.database_ok, figures.database_ms);
    health.checks.rekognition = check_of(figures.provider_ok, figures.provider_ms);
    health.version = FACEGATE_VERSION;
    health.uptime_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(services.clock.now() - services.started_at).count();
    const auto phase = static_cast<Phase>(figures.phase.load());
    if (phase == Phase::kStarting) {
        health.status = "starting";
    } else if (phase == Phase::kDraining) {
        health.status = "draining";
    } else {
        health.status = figures.database_ok && figures.provider_ok ? "healthy" : "unhealthy";
    }
    return health;
}

}  // namespace

void add_health_routes(RouteTable& routes, Services& services) {
    routes.add_raw(
        {.method = "GET",
         .path = "/v1/health",
         .summary = "Liveness and readiness probe",
         .doc = "200 when healthy; 503 while starting, draining, or when the database or the face provider fails.",
         .tag = "Operations",
         .auth = Auth::kNone,
         .on_io_thread = true,
         .while_starting = true,
         .other_status = 503},
        [&services](CallContext&) -> Result<http::Response> {
            const Health health = measure(services);
            return json_response(health.status == "healthy" ? 200 : 503, Health::schema().write(health));
        },
        &Health::schema());
}

}  // namespace facegate::api
