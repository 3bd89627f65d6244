-- +goose Up

-- When a device last told its agent something by itself; 0: never.
ALTER TABLE device_states ADD COLUMN told_at bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE device_states DROP COLUMN told_at;
