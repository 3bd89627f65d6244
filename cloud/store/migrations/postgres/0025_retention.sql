-- +goose Up

-- How long a site keeps its log is one form: the row of all other kinds carries its revision.
ALTER TABLE event_terms ADD COLUMN revision bigint NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE event_terms DROP COLUMN revision;
