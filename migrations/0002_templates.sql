-- Templates that grow and outlive a change of the model pack; sign-ins that are finished by a claim.

-- source: enrolled; learned (from sign-ins, based_on the template it grew from); carried_over (made with a newer pack
-- at a sign-in, based_on the template that recognised the person). based_on may name a face that is gone.
ALTER TABLE faces ADD COLUMN source TEXT NOT NULL DEFAULT 'enrolled';
ALTER TABLE faces ADD COLUMN based_on TEXT;
CREATE INDEX faces_by_pack ON faces (pack_id);
DROP INDEX faces_by_user;
CREATE INDEX faces_by_user ON faces (tenant_id, environment, user_id, id);

CREATE INDEX face_events_by_user ON face_events (tenant_id, environment, user_id, created_at);

-- Model packs that templates were made with. fingerprint: of what their vectors depend on. serving: the server uses, or
-- used last, this one for new templates.
CREATE TABLE model_packs (
    pack_id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    serving BOOLEAN NOT NULL,
    first_used_at BIGINT NOT NULL
);

-- One saved policy of each type; what a config leaves out has its default.
CREATE TABLE policies (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    policy_type TEXT NOT NULL,
    config TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, policy_type)
);

-- The face of a finished liveness session, once for every model pack in use. Until now a session held one probe in its
-- own row, bound to it: those cannot be moved, so sessions that wait for being used in this moment expire.
CREATE TABLE liveness_probes (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    session_id TEXT NOT NULL,
    pack_id TEXT NOT NULL,
    sealed_probe BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, session_id, pack_id)
);
CREATE INDEX liveness_probes_by_expiry ON liveness_probes (expires_at);
UPDATE liveness_sessions SET use_before = created_at WHERE consumed_at IS NULL AND ended_at IS NOT NULL;
ALTER TABLE liveness_sessions DROP COLUMN sealed_probe;
ALTER TABLE liveness_sessions DROP COLUMN pack_id;
ALTER TABLE liveness_sessions DROP COLUMN photos;
ALTER TABLE liveness_sessions DROP COLUMN quality;

-- Sign-ins that need a claim to go on; the token's SHA-256. The face waits in liveness_probes.
CREATE TABLE continuations (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    session_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    liveness DOUBLE PRECISION NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, token_hash)
);
CREATE INDEX continuations_by_expiry ON continuations (expires_at);
