#pragma once

#include <string>
#include <vector>

#include "api/schema.h"

namespace facegate::api {

/// What a JWK set looks like (RFC 7517, 7518 section 6.2), for the documentation: the text itself comes from the keys.
struct PublicKeyItem {
    std::string kty;
    std::string crv;
    std::string x;
    std::string y;
    std::string kid;
    std::string use;
    std::string alg;

    static const Schema<PublicKeyItem>& schema();
};

struct KeySet {
    std::vector<PublicKeyItem> keys;

    static const Schema<KeySet>& schema();
};

}  // namespace facegate::api
