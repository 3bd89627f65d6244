-- +goose Up

-- Who each agent hears on which of its networks. Links is JSON: interface, prefixes, devices, other agents.
CREATE TABLE agent_reach (
    agent_id    uuid NOT NULL PRIMARY KEY REFERENCES agents (id),
    site_id     uuid NOT NULL REFERENCES sites (id),
    links       text NOT NULL,
    updated_at  bigint NOT NULL
);
CREATE INDEX agent_reach_site ON agent_reach (site_id);

-- +goose Down
DROP TABLE agent_reach;
