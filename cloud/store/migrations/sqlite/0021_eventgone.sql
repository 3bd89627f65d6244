-- +goose Up

-- Up to where the rows of a kind are out of the database: less than until while they are on their way.
ALTER TABLE event_terms ADD COLUMN gone integer NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE event_terms DROP COLUMN gone;
