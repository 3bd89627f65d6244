-- +goose Up

-- What agents signed about their logs. Of each block of numbers the newest stays: it vouches for the ones before.
CREATE TABLE checkpoints (
    agent_id  text NOT NULL REFERENCES agents (id),
    epoch     text NOT NULL,
    stream    integer NOT NULL,
    block     integer NOT NULL,
    site_id   text NOT NULL REFERENCES sites (id),
    seq       integer NOT NULL,
    digest    blob NOT NULL,
    signed_at integer NOT NULL,
    signature blob NOT NULL,
    PRIMARY KEY (agent_id, epoch, stream, block)
);
CREATE INDEX checkpoints_site ON checkpoints (site_id);

-- +goose Down
DROP TABLE checkpoints;
