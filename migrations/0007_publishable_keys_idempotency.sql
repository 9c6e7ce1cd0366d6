-- Publishable keys, which browsers carry, beside secret ones; answers kept for requests with an Idempotency-Key.
ALTER TABLE api_keys ADD COLUMN publishable BOOLEAN NOT NULL DEFAULT FALSE;

-- One row a request with an Idempotency-Key. request_key: SHA-256 of API key id, path and the header's value.
-- status NULL: still running, until expires_at. The answer is sealed: under the key of user_id where it concerns one
-- person, and goes with that person; else under the tenant's. api_key: id of the key it was sent with.
CREATE TABLE idempotent_requests (
    tenant_id TEXT NOT NULL,
    environment BIGINT NOT NULL,
    request_key BYTEA NOT NULL,
    body_hash BYTEA NOT NULL,
    reservation TEXT NOT NULL,
    api_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    status BIGINT,
    sealed_answer BYTEA,
    user_id TEXT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, environment, request_key)
);
CREATE INDEX idempotent_requests_by_expiry ON idempotent_requests (expires_at);
CREATE INDEX idempotent_requests_by_api_key ON idempotent_requests (api_key, created_at);
CREATE INDEX idempotent_requests_by_user ON idempotent_requests (tenant_id, environment, user_id);
