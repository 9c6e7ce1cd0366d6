"""Checks FaceGate's access tokens. Needs PyJWT 2.6 or newer and cryptography."""
import json
import sys

import jwt

REQUIRED = ["iss", "aud", "sub", "exp", "nbf", "iat"]


class TokenVerifier:
    """Make one for each issuer and keep it: it remembers the issuer's keys. Thread-safe."""

    def __init__(self, issuer, tenant):
        """issuer: the server's public URL, with /test behind it for test tokens. tenant: your tenant's id."""
        self.issuer = issuer
        self.tenant = tenant
        self.keys = jwt.PyJWKClient(f"{issuer}/.well-known/jwks.json", lifespan=300)

    def verify(self, token):
        """The claims of a good token. Raises jwt.PyJWTError, which says why a token is refused."""
        header = jwt.get_unverified_header(token)
        # Only what the issuer uses, whatever the token says of itself.
        if header.get("alg") != "ES256" or header.get("typ") != "JWT" or "crit" in header:
            raise jwt.InvalidTokenError("not an ES256 access token")
        key = self.keys.get_signing_key_from_jwt(token)
        claims = jwt.decode(
            token,
            key.key,
            algorithms=["ES256"],
            issuer=self.issuer,
            audience=self.tenant,
            options={"require": REQUIRED},
        )
        # PyJWT also takes a list that holds the audience; FaceGate never sends one.
        if claims["aud"] != self.tenant:
            raise jwt.InvalidAudienceError("another audience")
        return claims


def main():
    issuer, tenant, token = sys.argv[1:]
    try:
        print(json.dumps(TokenVerifier(issuer, tenant).verify(token)))
    except jwt.PyJWTError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
