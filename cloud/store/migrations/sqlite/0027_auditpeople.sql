-- +goose Up

-- What one person did, newest first: somebody who did little is found without what all others did.
CREATE INDEX audit_entries_account ON audit_entries (account_id, created_at, id);

-- +goose Down
DROP INDEX audit_entries_account;
