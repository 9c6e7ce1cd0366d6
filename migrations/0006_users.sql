-- What lists of users, devices and sessions are found by; what a tenant says of a device; sealed origins of consents.

-- Whom this user's face resembled when the enrollment allowed a duplicate. Gone when that user is.
ALTER TABLE users ADD COLUMN duplicate_of TEXT;
CREATE INDEX users_possible_duplicates ON users (tenant_id, environment, created_at, id)
    WHERE duplicate_of IS NOT NULL;
CREATE INDEX users_by_status ON users (tenant_id, environment, status, created_at, id);

-- A device without a row has no name and is not shared.
CREATE TABLE device_settings (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    device_id TEXT NOT NULL,
    name TEXT,
    shared BOOLEAN NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, device_id)
);

DROP INDEX IF EXISTS sessions_by_user;
CREATE INDEX sessions_of_user ON sessions (tenant_id, environment, user_id, created_at, id);
CREATE INDEX sessions_by_device ON sessions (tenant_id, environment, device_id);

-- IP address and user agent of a consent, sealed: under the tenant's key until a user is linked, then under the user's.
-- Rows from before hold them in ip and user_agent, which new rows leave empty.
ALTER TABLE consents ADD COLUMN sealed_origin BYTEA;
