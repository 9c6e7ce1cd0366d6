-- What a tenant decides about people who enroll themselves, and how long unused templates are kept.

-- publishable_enroll: a browser's key may enroll. retention_days: 1 to 1095.
ALTER TABLE tenants ADD COLUMN publishable_enroll BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE tenants ADD COLUMN retention_days BIGINT NOT NULL DEFAULT 1095;

-- When the templates were last used: at the last verification or enrollment. Null: there are none.
ALTER TABLE users ADD COLUMN templates_used_at BIGINT;
UPDATE users SET templates_used_at = (
    SELECT MAX(f.created_at) FROM faces f
    WHERE f.tenant_id = users.tenant_id AND f.environment = users.environment AND f.user_id = users.id);
UPDATE users SET templates_used_at = last_verified_at WHERE last_verified_at > templates_used_at;
CREATE INDEX users_by_use ON users (tenant_id, templates_used_at) WHERE templates_used_at IS NOT NULL;

CREATE INDEX consents_unlinked ON consents (consented_at)
    WHERE user_id IS NULL AND revoked_at IS NULL AND user_deleted_at IS NULL;
