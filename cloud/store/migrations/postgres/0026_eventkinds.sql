-- +goose Up

-- The rows of a kind are found without those of the others: a site without an alarm has as many rows to look through as it has.
CREATE INDEX events_kind ON events (site_id, kind, received_at, seq);

-- +goose Down
DROP INDEX events_kind;
