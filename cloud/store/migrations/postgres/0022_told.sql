-- +goose Up

-- When a device last told its agent something by itself; 0: never.
ALTER TABLE device_states ADD COLUMN told_at bigint NOT NULL DEFAULT 0;

-- Where an agent serves provisioning files on its LAN, host:port; empty: it serves none.
ALTER TABLE agents ADD COLUMN files_address text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE agents DROP COLUMN files_address;
ALTER TABLE device_states DROP COLUMN told_at;
