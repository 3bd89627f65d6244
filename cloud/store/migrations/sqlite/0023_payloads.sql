-- +goose Up

-- The configuration that an agent pulls in many chunks, sealed for it, so that every replica can answer. One for each agent.
CREATE TABLE payloads (
    agent_id     text NOT NULL PRIMARY KEY REFERENCES agents (id),
    site_id      text NOT NULL REFERENCES sites (id),
    from_version integer NOT NULL,
    version      integer NOT NULL,
    hash         blob NOT NULL,
    packs        boolean NOT NULL,
    whole        blob NOT NULL,
    data         blob NOT NULL,
    made_at      integer NOT NULL
);
CREATE INDEX payloads_site ON payloads (site_id);

-- +goose Down
DROP TABLE payloads;
