-- +goose Up

-- A rare word in the audit log is found without reading all of it. The extension comes with PostgreSQL; where it is not installed, or may not be made by
-- this user, the log is read through, which is slower and finds the same.
-- +goose StatementBegin
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    CREATE INDEX audit_entries_words ON audit_entries USING gin (folded gin_trgm_ops);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'searches of the audit log go without an index: %', SQLERRM;
END
$$;
-- +goose StatementEnd

-- +goose Down
DROP INDEX IF EXISTS audit_entries_words;
