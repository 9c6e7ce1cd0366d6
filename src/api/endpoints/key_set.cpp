#include "api/endpoints/key_set.h"

namespace facegate::api {

const Schema<PublicKeyItem>& PublicKeyItem::schema() {
    using Key = PublicKeyItem;
    // The coordinates are those of RFC 7515, A.3.
    static const Schema<Key> kSchema(
        "PublicKey",
        {field("kty", &Key::kty, "The kind of key.").one_of({"EC"}),
         field("crv", &Key::crv, "The curve.").one_of({"P-256"}),
         field("x", &Key::x, "First coordinate, base64url.").example("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
         field("y", &Key::y, "Second coordinate, base64url.").example("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"),
         field("kid", &Key::kid, "What the header of a token names the key by.")
             .example("mE3bC9xQ2tRf7VnK5pLdYw8Hj1GzS4Ua6TiB0oXqNcM"),
         field("use", &Key::use, "What it is for: signatures.").one_of({"sig"}),
         field("alg", &Key::alg, "The only algorithm to be accepted with it.").one_of({"ES256"})});
    return kSchema;
}

const Schema<KeySet>& KeySet::schema() {
    static const Schema<KeySet> kSchema(
        "KeySet", {field("keys", &KeySet::keys, "Keys that sign, are about to, or did lately; in no order.")});
    return kSchema;
}

}  // namespace facegate::api
