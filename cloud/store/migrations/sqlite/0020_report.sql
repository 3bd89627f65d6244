-- +goose Up

-- The name of the last report of an agent that is stored (wire.Told); 0: none.
ALTER TABLE agents ADD COLUMN told integer NOT NULL DEFAULT 0;

-- +goose Down
ALTER TABLE agents DROP COLUMN told;
