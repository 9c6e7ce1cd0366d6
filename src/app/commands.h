#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config.h"

/// What the subcommands do. Each prints its result to standard output (a table, or JSON with `json`) and throws
/// std::runtime_error with a message for the operator if it cannot.
namespace facegate::app {

void create_tenant(const std::string& data_dir, bool json, const std::string& name,
                   const std::vector<std::string>& origins);
void list_tenants(const std::string& data_dir, bool json);
void suspend_tenant(const std::string& data_dir, bool json, const std::string& id);
void resume_tenant(const std::string& data_dir, bool json, const std::string& id);
void set_tenant_origins(const std::string& data_dir, bool json, const std::string& id,
                        const std::vector<std::string>& origins);

/// What `facegate tenant matching` changes; nothing given: it only shows.
struct MatchingChange {
    std::string tenant;
    std::string environment;  ///< test or live
    std::optional<double> target_fmr;
    std::optional<double> target_fpir;
    std::optional<double> duplicate_fmr;
    std::optional<bool> learning;
};
void change_matching(const std::string& data_dir, bool json, const MatchingChange& change);

/// What `facegate tenant liveness` changes; nothing given: it only shows.
struct LivenessChange {
    std::string tenant;
    std::string environment;               ///< test or live
    std::optional<std::string> challenge;  ///< name of a domain::ChallengeChoice
    std::optional<bool> movement_step_up;
    std::optional<double> min_confidence;
};
void change_liveness(const std::string& data_dir, bool json, const LivenessChange& change);

struct NewKey {
    std::string tenant;
    std::string environment;  ///< test or live
    std::string name;
    int expires_days = 0;  ///< 0: never
    bool publishable = false;
};
void create_key(const std::string& data_dir, bool json, const NewKey& key);
void list_keys(const std::string& data_dir, bool json, const std::string& tenant);
void revoke_key(const std::string& data_dir, bool json, const std::string& id);

/// All settings with their values, defaults and documentation.
void print_config(const Config& config, bool json);

/// Serves until SIGTERM or SIGINT.
void serve(Config config);

}  // namespace facegate::app
