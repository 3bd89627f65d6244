-- +goose Up

-- The service's own keys: certificate authorities and the key that signs commands. secret is sealed by the master key.
CREATE TABLE authority_keys (
    name       text NOT NULL PRIMARY KEY,
    chain      blob NOT NULL,
    secret     blob NOT NULL,
    created_at integer NOT NULL
);

CREATE TABLE agents (
    id               text NOT NULL PRIMARY KEY,
    site_id          text NOT NULL REFERENCES sites (id),
    name             text NOT NULL,
    config_key       blob NOT NULL,
    created_at       integer NOT NULL,
    revoked_at       integer,
    state            text NOT NULL,
    since            integer NOT NULL,
    reason           text NOT NULL,
    generation       integer NOT NULL,
    counter          integer NOT NULL,
    conn             text,
    beat_at          integer NOT NULL,
    quiet_until      integer NOT NULL,
    fenced           boolean NOT NULL,
    jumps            integer NOT NULL,
    jumps_from       integer NOT NULL,
    quarantined      boolean NOT NULL,
    version          text NOT NULL,
    lan_address      text NOT NULL,
    held_version     integer NOT NULL,
    held_hash        blob NOT NULL,
    rejected_version integer NOT NULL
);
CREATE INDEX agents_site ON agents (site_id, created_at);
CREATE INDEX agents_state ON agents (state, beat_at);

CREATE TABLE claim_codes (
    id         text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    code_hash  blob NOT NULL,
    created_by text,
    created_at integer NOT NULL,
    expires_at integer NOT NULL,
    used_at    integer,
    agent_id   text
);
CREATE UNIQUE INDEX claim_codes_hash ON claim_codes (code_hash);
CREATE INDEX claim_codes_site ON claim_codes (site_id, created_at);

CREATE TABLE certificates (
    fingerprint blob NOT NULL PRIMARY KEY,
    site_id     text NOT NULL REFERENCES sites (id),
    agent_id    text NOT NULL REFERENCES agents (id),
    leaf        blob NOT NULL,
    created_at  integer NOT NULL,
    expires_at  integer NOT NULL,
    revoked_at  integer
);
CREATE INDEX certificates_agent ON certificates (agent_id, created_at);

CREATE TABLE desired_heads (
    site_id    text NOT NULL PRIMARY KEY REFERENCES sites (id),
    version    integer NOT NULL,
    hash       blob NOT NULL,
    updated_at integer NOT NULL
);

-- What the document holds now. version is the one that put the row; a row without body is a deletion, kept while a delta may need it.
CREATE TABLE desired_entities (
    site_id text NOT NULL REFERENCES sites (id),
    section integer NOT NULL,
    key     blob NOT NULL,
    version integer NOT NULL,
    body    blob,
    PRIMARY KEY (site_id, section, key)
);
CREATE INDEX desired_entities_version ON desired_entities (site_id, version);

-- Hashes of the last versions: a delta may start from these.
CREATE TABLE desired_deltas (
    site_id text NOT NULL REFERENCES sites (id),
    version integer NOT NULL,
    hash    blob NOT NULL,
    made_at integer NOT NULL,
    PRIMARY KEY (site_id, version)
);

CREATE TABLE device_states (
    device_id  text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    agent_id   text NOT NULL REFERENCES agents (id),
    state      text NOT NULL,
    version    integer NOT NULL,
    reason     text NOT NULL,
    online     boolean NOT NULL,
    since      integer NOT NULL,
    seen_at    integer NOT NULL,
    address    text NOT NULL,
    model      text NOT NULL,
    firmware   text NOT NULL,
    sip        boolean NOT NULL,
    updated_at integer NOT NULL
);
CREATE INDEX device_states_site ON device_states (site_id);

CREATE TABLE event_cursors (
    agent_id text NOT NULL REFERENCES agents (id),
    epoch    text NOT NULL,
    stream   integer NOT NULL,
    site_id  text NOT NULL REFERENCES sites (id),
    acked    integer NOT NULL,
    digest   blob NOT NULL,
    other    blob NOT NULL,
    PRIMARY KEY (agent_id, epoch, stream)
);
CREATE INDEX event_cursors_site ON event_cursors (site_id);

CREATE TABLE events (
    received_at  integer NOT NULL,
    agent_id     text NOT NULL REFERENCES agents (id),
    epoch        text NOT NULL,
    stream       integer NOT NULL,
    seq          integer NOT NULL,
    site_id      text NOT NULL REFERENCES sites (id),
    kind         text NOT NULL,
    occurred_at  integer NOT NULL,
    mono         integer NOT NULL,
    boot         blob NOT NULL,
    clock_sure   boolean NOT NULL,
    body         blob NOT NULL,
    salt         blob NOT NULL,
    body_hash    blob NOT NULL,
    digest       blob NOT NULL,
    from_seq     integer NOT NULL,
    device_id    text,
    apartment_id text,
    names        blob NOT NULL,
    PRIMARY KEY (received_at, agent_id, epoch, stream, seq)
);
CREATE INDEX events_site ON events (site_id, received_at, seq);
CREATE INDEX events_device ON events (site_id, device_id, received_at);
CREATE INDEX events_apartment ON events (site_id, apartment_id, received_at);
CREATE UNIQUE INDEX events_key ON events (agent_id, epoch, stream, seq);

-- Rows the cloud does not take as they are: raw is the whole row.
CREATE TABLE dead_rows (
    agent_id    text NOT NULL REFERENCES agents (id),
    epoch       text NOT NULL,
    stream      integer NOT NULL,
    seq         integer NOT NULL,
    site_id     text NOT NULL REFERENCES sites (id),
    received_at integer NOT NULL,
    reason      text NOT NULL,
    raw         blob NOT NULL,
    PRIMARY KEY (agent_id, epoch, stream, seq)
);
CREATE INDEX dead_rows_site ON dead_rows (site_id, received_at);

CREATE TABLE commands (
    id          text NOT NULL PRIMARY KEY,
    site_id     text NOT NULL REFERENCES sites (id),
    agent_id    text NOT NULL REFERENCES agents (id),
    conn        text NOT NULL,
    kind        text NOT NULL,
    device_id   text NOT NULL,
    relay       integer NOT NULL,
    account_id  text,
    actor       text NOT NULL,
    idem_key    text,
    issued_at   integer NOT NULL,
    ttl         integer NOT NULL,
    bound       integer NOT NULL,
    accepted_at integer,
    result      text NOT NULL,
    reason      text NOT NULL,
    ended_at    integer,
    late_result text NOT NULL,
    late_reason text NOT NULL
);
CREATE UNIQUE INDEX commands_idem ON commands (account_id, idem_key);
CREATE INDEX commands_open ON commands (ended_at, issued_at);
CREATE INDEX commands_site ON commands (site_id, issued_at);

-- Devices that agents found and the document does not have.
CREATE TABLE candidates (
    site_id  text NOT NULL REFERENCES sites (id),
    mac      text NOT NULL,
    agent_id text NOT NULL REFERENCES agents (id),
    model    text NOT NULL,
    firmware text NOT NULL,
    address  text NOT NULL,
    service  text NOT NULL,
    found_at integer NOT NULL,
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
