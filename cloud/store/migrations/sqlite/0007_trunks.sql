-- +goose Up

-- The trunk of a site: its account at a carrier. A deleted one stays, so that its revisions count on. Account is user@host: no two sites have the
-- same; NULL without a user.
CREATE TABLE trunks (
    site_id     text NOT NULL PRIMARY KEY REFERENCES sites (id),
    host        text NOT NULL,
    port        integer NOT NULL,
    transport   text NOT NULL,
    register    boolean NOT NULL,
    user_name   text NOT NULL,
    password    blob NOT NULL, -- sealed by the master key
    caller_id   text NOT NULL,
    enabled     boolean NOT NULL,
    limits      text NOT NULL, -- JSON
    account     text,
    revision    integer NOT NULL,
    created_at  integer NOT NULL,
    updated_at  integer NOT NULL,
    deleted_at  integer
);
CREATE UNIQUE INDEX trunks_account ON trunks (account);

-- What each agent says of the trunk of its site.
CREATE TABLE trunk_states (
    agent_id    text NOT NULL PRIMARY KEY REFERENCES agents (id),
    site_id     text NOT NULL REFERENCES sites (id),
    state       text NOT NULL,
    reason      text NOT NULL,
    since       integer NOT NULL,
    day         text NOT NULL,
    minutes     integer NOT NULL,
    calls       integer NOT NULL,
    refusals    integer NOT NULL,
    refused     text NOT NULL,
    updated_at  integer NOT NULL
);
CREATE INDEX trunk_states_site ON trunk_states (site_id);

-- +goose Down
DROP TABLE trunk_states;
DROP TABLE trunks;
