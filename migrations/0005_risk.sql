-- Failed attempts and what they lock; sign-ins by which later ones are judged; re-enrollment.

-- kind: user_device (subject: device, empty for one that was not named), user (subject empty), claim (nobody has the
-- claimed name; subject: its keyed hash and the device), network (subject: keyed hash of API key and network). user_id
-- is empty where it is nobody's. failures: since the last pause as long as a lockout, or since the last lock.
CREATE TABLE failed_attempts (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    kind TEXT NOT NULL,
    user_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures BIGINT NOT NULL,
    last_failed_at BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    keep_until BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, kind, user_id, subject)
);
CREATE INDEX failed_attempts_by_user ON failed_attempts (tenant_id, environment, user_id);
CREATE INDEX failed_attempts_by_age ON failed_attempts (keep_until);

-- Sign-ins that succeeded. network: keyed hash of the address, erased after an hour.
CREATE TABLE sign_ins (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    session_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    network TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, session_id)
);
CREATE INDEX sign_ins_by_user ON sign_ins (tenant_id, environment, user_id, created_at);
CREATE INDEX sign_ins_by_device ON sign_ins (tenant_id, environment, device_id, created_at);
CREATE INDEX sign_ins_by_network ON sign_ins (tenant_id, environment, network, created_at) WHERE network IS NOT NULL;
CREATE INDEX sign_ins_by_age ON sign_ins (created_at);

-- Permission to enroll again, one for each user; the token's SHA-256.
CREATE TABLE re_enrollment_tokens (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, user_id)
);
CREATE UNIQUE INDEX re_enrollment_tokens_by_hash ON re_enrollment_tokens (tenant_id, environment, token_hash);
CREATE INDEX re_enrollment_tokens_by_expiry ON re_enrollment_tokens (expires_at);
