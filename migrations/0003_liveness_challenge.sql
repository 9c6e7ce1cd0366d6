-- How liveness was proved at a sign-in: movement_and_light or movement. Until now there was no other.
ALTER TABLE sessions ADD COLUMN challenge TEXT NOT NULL DEFAULT 'movement_and_light';
