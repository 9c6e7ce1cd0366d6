-- What makes the audit record searchable, its signed heads, and administration.

CREATE INDEX audit_records_by_subject ON audit_records (tenant_id, environment, subject, seq);
CREATE INDEX audit_records_by_action ON audit_records (tenant_id, environment, action, seq);
CREATE INDEX audit_records_by_actor ON audit_records (tenant_id, environment, actor, seq);

-- The id behind a subject's pseudonym: of users, as long as they exist. The chain itself is never touched.
CREATE TABLE audit_subjects (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    subject TEXT NOT NULL,
    pseudonym TEXT NOT NULL,
    PRIMARY KEY (tenant_id, environment, subject)
);
CREATE INDEX audit_subjects_by_pseudonym ON audit_subjects (tenant_id, environment, pseudonym);

-- Other ids a record can be found by, as pseudonyms: requests, liveness sessions, sign-in sessions.
CREATE TABLE audit_references (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    reference TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, reference, seq)
);

-- Keys that sign the heads of audit chains, sealed under the master key; of no token issuer.
CREATE TABLE audit_keys (
    kid TEXT PRIMARY KEY,
    sealed_private_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

-- Append-only: where a chain ended at a time, signed. published: it is in the file outside the database.
CREATE TABLE audit_signed_heads (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    token TEXT NOT NULL,
    signed_at BIGINT NOT NULL,
    published BOOLEAN NOT NULL,
    PRIMARY KEY (tenant_id, environment, seq)
);
CREATE INDEX audit_signed_heads_by_publication ON audit_signed_heads (published, signed_at);

ALTER TABLE tenants ADD COLUMN plan TEXT NOT NULL DEFAULT 'unlimited';

-- Tokens of the administration's listener: SHA-256, never the text.
CREATE TABLE admin_tokens (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    last_used_at BIGINT,
    revoked_at BIGINT
);
