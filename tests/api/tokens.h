#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>

namespace facegate::testing {

/// A compact JWS, decoded.
struct Token {
    boost::json::object header;
    boost::json::object claims;
};

/// Decodes without checking; empty objects where it is none.
Token decode_token(const std::string& token);

/// The key of that id in a key set; null if it is not there.
boost::json::value find_key(const boost::json::value& key_set, const std::string& key_id);

/// Whether an ES256 token was signed with the key of this JWK, judged by OpenSSL from `x` and `y` alone.
bool signed_by(const boost::json::value& jwk, const std::string& token);

}  // namespace facegate::testing
