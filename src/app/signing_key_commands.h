#pragma once

#include <string>

namespace CLI {
class App;
}

/// `facegate signing-key …`: keys that sign tokens. A running server takes changes over within two seconds. Each
/// command prints its result to standard output (a table, or JSON with `json`) and throws std::runtime_error with a
/// message for the operator if it cannot.
namespace facegate::app {

/// Every key and secret that is known now; never what is secret of them.
void list_signing_keys(const std::string& data_dir, bool json);

struct KeyRotation {
    std::string issuer = {};
    int publish_minutes = 0;  ///< before the new key signs
    bool revoke_old = false;  ///< at once, with everything they signed
};
void rotate_signing_key(const std::string& data_dir, bool json, const KeyRotation& rotation);

struct SecretChange {
    std::string tenant = {};
    std::string environment = {};  ///< test or live
    int publish_minutes = 0;       ///< before the new secret signs
    bool off = false;              ///< back to ES256
};
/// Prints a new secret, once.
void change_token_secret(const std::string& data_dir, bool json, const SecretChange& change);

void add_signing_key_commands(CLI::App& app);

}  // namespace facegate::app
