-- +goose Up

-- What agents signed about their logs. Of each block of numbers the newest stays: it vouches for the ones before.
CREATE TABLE checkpoints (
    agent_id  uuid NOT NULL REFERENCES agents (id),
    epoch     uuid NOT NULL,
    stream    bigint NOT NULL,
    block     bigint NOT NULL,
    site_id   uuid NOT NULL REFERENCES sites (id),
    seq       bigint NOT NULL,
    digest    bytea NOT NULL,
    signed_at bigint NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (agent_id, epoch, stream, block)
);
CREATE INDEX checkpoints_site ON checkpoints (site_id);

-- +goose Down
DROP TABLE checkpoints;
