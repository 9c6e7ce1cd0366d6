-- Sessions that go on (refresh, step-up), tokens bound to keys (RFC 9449), and signing keys that rotate.

-- key_thumbprint: RFC 7638, of the key the session's tokens are bound to. verified_at: when the face was last compared.
-- risk_factors: names, a JSON array.
ALTER TABLE sessions ADD COLUMN key_thumbprint TEXT;
ALTER TABLE sessions ADD COLUMN verified_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN risk_factors TEXT NOT NULL DEFAULT '[]';
UPDATE sessions SET verified_at = created_at;

-- A key is published from its creation on, signs from signs_from on, and is forgotten after not_after.
ALTER TABLE signing_keys ADD COLUMN signs_from BIGINT NOT NULL DEFAULT 0;

-- Shared secrets (HS256) of the tenants that chose them, sealed under the master key. Times as of signing_keys.
CREATE TABLE token_secrets (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    kid TEXT NOT NULL,
    sealed_secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    not_after BIGINT,
    PRIMARY KEY (tenant_id, environment, kid)
);

-- Tokens that were exchanged, once for each provider, until they expire. provider is empty for a token that came from
-- an exchange: it cannot be exchanged at all.
CREATE TABLE token_exchanges (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    jti TEXT NOT NULL,
    provider TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, jti, provider)
);
CREATE INDEX token_exchanges_by_expiry ON token_exchanges (expires_at);

-- Proofs of possession that were accepted, by the SHA-256 of key and jti, until they are too old to be accepted again.
CREATE TABLE key_proofs (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    proof_hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, proof_hash)
);
CREATE INDEX key_proofs_by_expiry ON key_proofs (expires_at);
