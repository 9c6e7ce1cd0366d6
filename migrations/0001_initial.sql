-- First schema. Runs unchanged on SQLite and PostgreSQL. Times are BIGINT milliseconds since 1970, UTC.
-- environment: 0 test, 1 live, 2 demo. Every table of a tenant starts its keys with (tenant_id, environment).

CREATE TABLE tenants (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    allowed_origins TEXT NOT NULL,
    default_role TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Data keys of the tenants, sealed under the master key.
CREATE TABLE tenant_keys (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    sealed_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment)
);

-- Keys that sign tokens, sealed under the master key. issuer: test, live, demo, or refresh.
CREATE TABLE signing_keys (
    issuer TEXT NOT NULL,
    kid TEXT NOT NULL,
    sealed_private_key BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    not_after BIGINT,
    PRIMARY KEY (issuer, kid)
);

CREATE TABLE api_keys (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    key_hash BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT,
    expires_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, environment, id)
);
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (key_hash);
CREATE UNIQUE INDEX api_keys_by_id ON api_keys (id);

CREATE TABLE users (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    id TEXT NOT NULL,
    role TEXT NOT NULL,
    status TEXT NOT NULL,
    enrolled_with_glasses BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    last_verified_at BIGINT,
    expires_at BIGINT,
    PRIMARY KEY (tenant_id, environment, id)
);
CREATE INDEX users_by_creation ON users (tenant_id, environment, created_at, id);
CREATE INDEX users_by_expiry ON users (expires_at);

-- What identifies a person by name; erased with the user. email_lookup is the address in lower case.
CREATE TABLE user_profiles (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT,
    email_lookup TEXT,
    phone TEXT,
    external_id TEXT,
    metadata TEXT NOT NULL,
    PRIMARY KEY (tenant_id, environment, user_id)
);
CREATE UNIQUE INDEX user_profiles_by_external_id ON user_profiles (tenant_id, environment, external_id);
CREATE INDEX user_profiles_by_email ON user_profiles (tenant_id, environment, email_lookup);

-- Data keys of the users, sealed under the tenant's. Without its row a user's templates are unreadable for ever.
CREATE TABLE user_keys (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    sealed_key BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, environment, user_id)
);

-- Templates: embeddings sealed under the user's key, never an image.
CREATE TABLE faces (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    pack_id TEXT NOT NULL,
    photos BIGINT NOT NULL,
    angle TEXT NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    created_at BIGINT NOT NULL,
    sealed_template BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, environment, id)
);
CREATE INDEX faces_by_user ON faces (tenant_id, environment, user_id);

-- What happened to the faces of a collection, in order. change: added or removed.
CREATE TABLE face_events (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    change TEXT NOT NULL,
    face_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, seq)
);
CREATE TABLE face_event_heads (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment)
);

-- Kept after the user is gone, unlinked and marked: the proof that there was consent.
CREATE TABLE consents (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    id TEXT NOT NULL,
    version TEXT NOT NULL,
    language TEXT NOT NULL,
    text_hash TEXT NOT NULL,
    user_id TEXT,
    ip TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    consented_at BIGINT NOT NULL,
    revoked_at BIGINT,
    user_deleted_at BIGINT,
    PRIMARY KEY (tenant_id, environment, id)
);
CREATE INDEX consents_by_user ON consents (tenant_id, environment, user_id);

-- status: created, started, succeeded or failed; that a time ran out is seen from the times.
CREATE TABLE liveness_sessions (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    id TEXT NOT NULL,
    challenge TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    start_before BIGINT NOT NULL,
    started_at BIGINT,
    end_before BIGINT,
    ended_at BIGINT,
    use_before BIGINT,
    consumed_at BIGINT,
    live BOOLEAN NOT NULL,
    confidence DOUBLE PRECISION NOT NULL,
    signals TEXT NOT NULL,
    quality DOUBLE PRECISION NOT NULL,
    pack_id TEXT NOT NULL,
    photos BIGINT NOT NULL,
    sealed_probe BYTEA,
    PRIMARY KEY (tenant_id, environment, id)
);
CREATE UNIQUE INDEX liveness_sessions_by_id ON liveness_sessions (id);
CREATE INDEX liveness_sessions_by_creation ON liveness_sessions (created_at);

CREATE TABLE sessions (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    fingerprint TEXT,
    confidence DOUBLE PRECISION NOT NULL,
    liveness DOUBLE PRECISION NOT NULL,
    risk DOUBLE PRECISION NOT NULL,
    step_up_required BOOLEAN NOT NULL,
    refresh_hash BYTEA,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, environment, id)
);
CREATE INDEX sessions_by_user ON sessions (tenant_id, environment, user_id);

-- Who signed in from which device. fingerprint is empty where the client sent none.
CREATE TABLE devices (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    device_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    user_id TEXT NOT NULL,
    first_seen_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, device_id, fingerprint, user_id)
);
CREATE INDEX devices_by_user ON devices (tenant_id, environment, user_id);

-- Append-only, each record's hash over the one before it, under a key kept outside the database.
CREATE TABLE audit_records (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    details TEXT NOT NULL,
    prev_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, environment, seq)
);
CREATE TABLE audit_heads (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, environment)
);
