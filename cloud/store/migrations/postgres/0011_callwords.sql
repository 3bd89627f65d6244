-- +goose Up

-- The calls of a device are read newest first and counted without their lines.
ALTER TABLE call_devices ADD COLUMN occurred_at bigint NOT NULL DEFAULT 0;
UPDATE call_devices SET occurred_at = (SELECT c.occurred_at FROM calls c WHERE c.id = call_devices.call_id)
    WHERE EXISTS (SELECT 1 FROM calls c WHERE c.id = call_devices.call_id);
CREATE INDEX call_devices_newest ON call_devices (site_id, device_id, occurred_at, call_id);

-- Words of calls, as those of the audit log in 0009.
-- +goose StatementBegin
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX calls_words ON calls USING gin (folded gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'searches of the calls go without an index: %', SQLERRM;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP INDEX IF EXISTS calls_words;
DROP INDEX call_devices_newest;
ALTER TABLE call_devices DROP COLUMN occurred_at;
