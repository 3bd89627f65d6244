-- +goose Up

-- What one person did, newest first: somebody who did little is found without what all others did.
CREATE INDEX audit_entries_account ON audit_entries (account_id, created_at, id);

-- Whose entries they are, without their order: a list that is collected needs them all, and here they are a tenth as long.
CREATE INDEX audit_entries_sites ON audit_entries (site_id);
CREATE INDEX audit_entries_actors ON audit_entries (actor_org_id);

-- +goose Down
DROP INDEX audit_entries_actors;
DROP INDEX audit_entries_sites;
DROP INDEX audit_entries_account;
