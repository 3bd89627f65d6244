-- +goose Up

-- The calls of a device are read newest first and counted without their lines.
ALTER TABLE call_devices ADD COLUMN occurred_at integer NOT NULL DEFAULT 0;
UPDATE call_devices SET occurred_at = (SELECT c.occurred_at FROM calls c WHERE c.id = call_devices.call_id)
    WHERE EXISTS (SELECT 1 FROM calls c WHERE c.id = call_devices.call_id);
CREATE INDEX call_devices_newest ON call_devices (site_id, device_id, occurred_at, call_id);

-- +goose Down
DROP INDEX call_devices_newest;
ALTER TABLE call_devices DROP COLUMN occurred_at;
