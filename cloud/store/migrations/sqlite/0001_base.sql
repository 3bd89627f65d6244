-- +goose Up
CREATE TABLE orgs (
    id         text NOT NULL PRIMARY KEY,
    parent_id  text REFERENCES orgs (id),
    kind       text NOT NULL,
    name       text NOT NULL,
    created_at integer NOT NULL
);
CREATE INDEX orgs_parent ON orgs (parent_id);

CREATE TABLE accounts (
    id            text NOT NULL PRIMARY KEY,
    org_id        text NOT NULL REFERENCES orgs (id),
    email         text NOT NULL,
    email_folded  text NOT NULL,
    name          text NOT NULL,
    role          text NOT NULL,
    password_hash text NOT NULL,
    created_at    integer NOT NULL,
    updated_at    integer NOT NULL,
    deleted_at    integer
);
CREATE UNIQUE INDEX accounts_email ON accounts (email_folded) WHERE deleted_at IS NULL;
CREATE INDEX accounts_org ON accounts (org_id);

CREATE TABLE sessions (
    token_hash blob NOT NULL PRIMARY KEY,
    account_id text NOT NULL REFERENCES accounts (id),
    created_at integer NOT NULL,
    seen_at    integer NOT NULL,
    expires_at integer NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- At most one row: the token that may make the first account.
CREATE TABLE setup_tokens (
    token_hash blob NOT NULL PRIMARY KEY,
    created_at integer NOT NULL,
    expires_at integer NOT NULL
);

CREATE TABLE sites (
    id         text NOT NULL PRIMARY KEY,
    org_id     text NOT NULL REFERENCES orgs (id),
    name       text NOT NULL,
    time_zone  text NOT NULL,
    folded     text NOT NULL,
    created_at integer NOT NULL,
    updated_at integer NOT NULL,
    deleted_at integer
);
CREATE INDEX sites_org ON sites (org_id, folded, id) WHERE deleted_at IS NULL;

CREATE TABLE network_groups (
    id         text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    name       text NOT NULL,
    folded     text NOT NULL,
    created_at integer NOT NULL,
    updated_at integer NOT NULL,
    deleted_at integer
);
CREATE UNIQUE INDEX network_groups_name ON network_groups (site_id, folded) WHERE deleted_at IS NULL;

-- Who may act for a group; the lowest position acts.
CREATE TABLE group_agents (
    site_id  text NOT NULL REFERENCES sites (id),
    group_id text NOT NULL REFERENCES network_groups (id),
    agent_id text NOT NULL,
    position integer NOT NULL,
    PRIMARY KEY (group_id, agent_id)
);
CREATE INDEX group_agents_site ON group_agents (site_id, agent_id);

CREATE TABLE buildings (
    id           text NOT NULL PRIMARY KEY,
    site_id      text NOT NULL REFERENCES sites (id),
    name         text NOT NULL,
    ground_floor text NOT NULL,
    start_floor  text NOT NULL,
    folded       text NOT NULL,
    created_at   integer NOT NULL,
    updated_at   integer NOT NULL,
    deleted_at   integer
);
CREATE UNIQUE INDEX buildings_name ON buildings (site_id, folded) WHERE deleted_at IS NULL;

CREATE TABLE apartments (
    id          text NOT NULL PRIMARY KEY,
    site_id     text NOT NULL REFERENCES sites (id),
    building_id text NOT NULL REFERENCES buildings (id),
    number      text NOT NULL,
    name        text NOT NULL,
    floor       text NOT NULL,
    contact     text NOT NULL,
    call_path   text NOT NULL,
    folded      text NOT NULL,
    created_at  integer NOT NULL,
    updated_at  integer NOT NULL,
    deleted_at  integer
);
CREATE UNIQUE INDEX apartments_number ON apartments (building_id, number) WHERE deleted_at IS NULL;
CREATE INDEX apartments_site ON apartments (site_id, folded, id) WHERE deleted_at IS NULL;

CREATE TABLE people (
    id           text NOT NULL PRIMARY KEY,
    site_id      text NOT NULL REFERENCES sites (id),
    apartment_id text NOT NULL REFERENCES apartments (id),
    first_name   text NOT NULL,
    last_name    text NOT NULL,
    email        text NOT NULL,
    phone        text NOT NULL,
    folded       text NOT NULL,
    created_at   integer NOT NULL,
    updated_at   integer NOT NULL,
    deleted_at   integer
);
CREATE INDEX people_site ON people (site_id, folded, id) WHERE deleted_at IS NULL;
CREATE INDEX people_apartment ON people (apartment_id) WHERE deleted_at IS NULL;

CREATE TABLE boards (
    id         text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    group_id   text NOT NULL REFERENCES network_groups (id),
    name       text NOT NULL,
    profile    text NOT NULL,
    address    text NOT NULL,
    unit       integer NOT NULL,
    channels   integer NOT NULL,
    folded     text NOT NULL,
    created_at integer NOT NULL,
    updated_at integer NOT NULL,
    deleted_at integer
);
CREATE INDEX boards_site ON boards (site_id, folded, id) WHERE deleted_at IS NULL;

-- sip_password and api_password are sealed by the master key.
CREATE TABLE devices (
    id           text NOT NULL PRIMARY KEY,
    site_id      text NOT NULL REFERENCES sites (id),
    type         integer NOT NULL,
    mac          text NOT NULL,
    name         text NOT NULL,
    group_id     text NOT NULL REFERENCES network_groups (id),
    building_id  text REFERENCES buildings (id),
    apartment_id text REFERENCES apartments (id),
    driver       text NOT NULL,
    address      text NOT NULL,
    dtmf_method  text NOT NULL,
    sip_user     text NOT NULL,
    sip_password blob NOT NULL,
    api_user     text NOT NULL,
    api_password blob,
    folded       text NOT NULL,
    created_at   integer NOT NULL,
    updated_at   integer NOT NULL,
    deleted_at   integer
);
CREATE UNIQUE INDEX devices_mac ON devices (mac) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX devices_sip_user ON devices (site_id, sip_user) WHERE deleted_at IS NULL;
CREATE INDEX devices_site ON devices (site_id, folded, id) WHERE deleted_at IS NULL;
CREATE INDEX devices_apartment ON devices (apartment_id) WHERE deleted_at IS NULL;

CREATE TABLE relays (
    site_id   text NOT NULL REFERENCES sites (id),
    device_id text NOT NULL REFERENCES devices (id),
    number    integer NOT NULL,
    name      text NOT NULL,
    enabled   boolean NOT NULL,
    dtmf      text NOT NULL,
    mode      text NOT NULL,
    rest      boolean NOT NULL,
    hold_ms   integer NOT NULL,
    board_id  text REFERENCES boards (id),
    channel   integer NOT NULL,
    PRIMARY KEY (device_id, number)
);
CREATE INDEX relays_site ON relays (site_id);
CREATE UNIQUE INDEX relays_channel ON relays (board_id, channel) WHERE board_id IS NOT NULL;

-- Who changed what: before and after are JSON without secrets. Rows are never changed.
CREATE TABLE audit_entries (
    id         text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    account_id text,
    actor      text NOT NULL,
    action     text NOT NULL,
    object     text NOT NULL,
    object_id  text NOT NULL,
    before     text NOT NULL,
    after      text NOT NULL,
    created_at integer NOT NULL
);
CREATE INDEX audit_entries_site ON audit_entries (site_id, created_at, id);

-- +goose Down
DROP TABLE audit_entries;
DROP TABLE relays;
DROP TABLE devices;
DROP TABLE boards;
DROP TABLE people;
DROP TABLE apartments;
DROP TABLE buildings;
DROP TABLE group_agents;
DROP TABLE network_groups;
DROP TABLE sites;
DROP TABLE setup_tokens;
DROP TABLE sessions;
DROP TABLE accounts;
DROP TABLE orgs;
