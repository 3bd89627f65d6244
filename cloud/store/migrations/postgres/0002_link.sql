-- +goose Up

-- The service's own keys: certificate authorities and the key that signs commands. secret is sealed by the master key.
CREATE TABLE authority_keys (
    name       text NOT NULL PRIMARY KEY,
    chain      bytea NOT NULL,
    secret     bytea NOT NULL,
    created_at bigint NOT NULL
);

CREATE TABLE agents (
    id               uuid NOT NULL PRIMARY KEY,
    site_id          uuid NOT NULL REFERENCES sites (id),
    name             text NOT NULL,
    config_key       bytea NOT NULL,
    created_at       bigint NOT NULL,
    revoked_at       bigint,
    state            text NOT NULL,
    since            bigint NOT NULL,
    reason           text NOT NULL,
    generation       bigint NOT NULL,
    counter          bigint NOT NULL,
    conn             uuid,
    beat_at          bigint NOT NULL,
    quiet_until      bigint NOT NULL,
    fenced           boolean NOT NULL,
    jumps            bigint NOT NULL,
    jumps_from       bigint NOT NULL,
    quarantined      boolean NOT NULL,
    version          text NOT NULL,
    lan_address      text NOT NULL,
    held_version     bigint NOT NULL,
    held_hash        bytea NOT NULL,
    rejected_version bigint NOT NULL
);
CREATE INDEX agents_site ON agents (site_id, created_at);
CREATE INDEX agents_state ON agents (state, beat_at);

CREATE TABLE claim_codes (
    id         uuid NOT NULL PRIMARY KEY,
    site_id    uuid NOT NULL REFERENCES sites (id),
    code_hash  bytea NOT NULL,
    created_by uuid,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at    bigint,
    agent_id   uuid
);
CREATE UNIQUE INDEX claim_codes_hash ON claim_codes (code_hash);
CREATE INDEX claim_codes_site ON claim_codes (site_id, created_at);

CREATE TABLE certificates (
    fingerprint bytea NOT NULL PRIMARY KEY,
    site_id     uuid NOT NULL REFERENCES sites (id),
    agent_id    uuid NOT NULL REFERENCES agents (id),
    leaf        bytea NOT NULL,
    created_at  bigint NOT NULL,
    expires_at  bigint NOT NULL,
    revoked_at  bigint
);
CREATE INDEX certificates_agent ON certificates (agent_id, created_at);

CREATE TABLE desired_heads (
    site_id    uuid NOT NULL PRIMARY KEY REFERENCES sites (id),
    version    bigint NOT NULL,
    hash       bytea NOT NULL,
    updated_at bigint NOT NULL
);

-- What the document holds now. version is the one that put the row; a row without body is a deletion, kept while a delta may need it.
CREATE TABLE desired_entities (
    site_id uuid NOT NULL REFERENCES sites (id),
    section bigint NOT NULL,
    key     bytea NOT NULL,
    version bigint NOT NULL,
    body    bytea,
    PRIMARY KEY (site_id, section, key)
);
CREATE INDEX desired_entities_version ON desired_entities (site_id, version);

-- Hashes of the last versions: a delta may start from these.
CREATE TABLE desired_deltas (
    site_id uuid NOT NULL REFERENCES sites (id),
    version bigint NOT NULL,
    hash    bytea NOT NULL,
    made_at bigint NOT NULL,
    PRIMARY KEY (site_id, version)
);

CREATE TABLE device_states (
    device_id  uuid NOT NULL PRIMARY KEY,
    site_id    uuid NOT NULL REFERENCES sites (id),
    agent_id   uuid NOT NULL REFERENCES agents (id),
    state      text NOT NULL,
    version    bigint NOT NULL,
    reason     text NOT NULL,
    online     boolean NOT NULL,
    since      bigint NOT NULL,
    seen_at    bigint NOT NULL,
    address    text NOT NULL,
    model      text NOT NULL,
    firmware   text NOT NULL,
    sip        boolean NOT NULL,
    updated_at bigint NOT NULL
);
CREATE INDEX device_states_site ON device_states (site_id);

CREATE TABLE event_cursors (
    agent_id uuid NOT NULL REFERENCES agents (id),
    epoch    uuid NOT NULL,
    stream   bigint NOT NULL,
    site_id  uuid NOT NULL REFERENCES sites (id),
    acked    bigint NOT NULL,
    digest   bytea NOT NULL,
    other    bytea NOT NULL,
    PRIMARY KEY (agent_id, epoch, stream)
);
CREATE INDEX event_cursors_site ON event_cursors (site_id);

CREATE TABLE events (
    received_at  bigint NOT NULL,
    agent_id     uuid NOT NULL REFERENCES agents (id),
    epoch        uuid NOT NULL,
    stream       bigint NOT NULL,
    seq          bigint NOT NULL,
    site_id      uuid NOT NULL REFERENCES sites (id),
    kind         text NOT NULL,
    occurred_at  bigint NOT NULL,
    mono         bigint NOT NULL,
    boot         bytea NOT NULL,
    clock_sure   boolean NOT NULL,
    body         bytea NOT NULL,
    salt         bytea NOT NULL,
    body_hash    bytea NOT NULL,
    digest       bytea NOT NULL,
    from_seq     bigint NOT NULL,
    device_id    uuid,
    apartment_id uuid,
    names        bytea NOT NULL,
    PRIMARY KEY (received_at, agent_id, epoch, stream, seq)
);
CREATE INDEX events_site ON events (site_id, received_at, seq);
CREATE INDEX events_device ON events (site_id, device_id, received_at);
CREATE INDEX events_apartment ON events (site_id, apartment_id, received_at);
CREATE UNIQUE INDEX events_key ON events (agent_id, epoch, stream, seq);

-- Rows the cloud does not take as they are: raw is the whole row.
CREATE TABLE dead_rows (
    agent_id    uuid NOT NULL REFERENCES agents (id),
    epoch       uuid NOT NULL,
    stream      bigint NOT NULL,
    seq         bigint NOT NULL,
    site_id     uuid NOT NULL REFERENCES sites (id),
    received_at bigint NOT NULL,
    reason      text NOT NULL,
    raw         bytea NOT NULL,
    PRIMARY KEY (agent_id, epoch, stream, seq)
);
CREATE INDEX dead_rows_site ON dead_rows (site_id, received_at);

CREATE TABLE commands (
    id          uuid NOT NULL PRIMARY KEY,
    site_id     uuid NOT NULL REFERENCES sites (id),
    agent_id    uuid NOT NULL REFERENCES agents (id),
    conn        uuid NOT NULL,
    kind        text NOT NULL,
    device_id   uuid NOT NULL,
    relay       bigint NOT NULL,
    account_id  uuid,
    actor       text NOT NULL,
    idem_key    text,
    issued_at   bigint NOT NULL,
    ttl         bigint NOT NULL,
    bound       bigint NOT NULL,
    accepted_at bigint,
    result      text NOT NULL,
    reason      text NOT NULL,
    ended_at    bigint,
    late_result text NOT NULL,
    late_reason text NOT NULL
);
CREATE UNIQUE INDEX commands_idem ON commands (account_id, idem_key);
CREATE INDEX commands_open ON commands (ended_at, issued_at);
CREATE INDEX commands_site ON commands (site_id, issued_at);

-- Devices that agents found and the document does not have.
CREATE TABLE candidates (
    site_id  uuid NOT NULL REFERENCES sites (id),
    mac      text NOT NULL,
    agent_id uuid NOT NULL REFERENCES agents (id),
    model    text NOT NULL,
    firmware text NOT NULL,
    address  text NOT NULL,
    service  text NOT NULL,
    found_at bigint NOT NULL,
    PRIMARY KEY (site_id, mac)
);

-- +goose Down
DROP TABLE candidates;
DROP TABLE commands;
DROP TABLE dead_rows;
DROP TABLE events;
DROP TABLE event_cursors;
DROP TABLE device_states;
DROP TABLE desired_deltas;
DROP TABLE desired_entities;
DROP TABLE desired_heads;
DROP TABLE certificates;
DROP TABLE claim_codes;
DROP TABLE agents;
DROP TABLE authority_keys;
