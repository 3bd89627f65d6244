-- +goose Up

-- The configuration that an agent pulls in many chunks, sealed for it, so that every replica can answer. One for each agent.
CREATE TABLE payloads (
    agent_id     uuid NOT NULL PRIMARY KEY REFERENCES agents (id),
    site_id      uuid NOT NULL REFERENCES sites (id),
    from_version bigint NOT NULL,
    version      bigint NOT NULL,
    hash         bytea NOT NULL,
    packs        boolean NOT NULL,
    whole        bytea NOT NULL,
    data         bytea NOT NULL,
    made_at      bigint NOT NULL
);
CREATE INDEX payloads_site ON payloads (site_id);

-- +goose Down
DROP TABLE payloads;
