-- +goose Up

-- Organisations: gates that a distributor sets for an installer, the operator for a distributor, and the region allows for both.
ALTER TABLE orgs ADD COLUMN own boolean NOT NULL DEFAULT false;
ALTER TABLE orgs ADD COLUMN two_factor boolean NOT NULL DEFAULT false;
ALTER TABLE orgs ADD COLUMN payment boolean NOT NULL DEFAULT false;
ALTER TABLE orgs ADD COLUMN account_access boolean NOT NULL DEFAULT false;
ALTER TABLE orgs ADD COLUMN community_calls boolean NOT NULL DEFAULT false;
ALTER TABLE orgs ADD COLUMN mac_registration boolean NOT NULL DEFAULT false;
ALTER TABLE orgs ADD COLUMN credits bigint NOT NULL DEFAULT 0;
ALTER TABLE orgs ADD COLUMN offline_solution boolean NOT NULL DEFAULT false;
ALTER TABLE orgs ADD COLUMN automatic_renewal boolean NOT NULL DEFAULT false;
ALTER TABLE orgs ADD COLUMN dormakaba_locks boolean NOT NULL DEFAULT false;
ALTER TABLE orgs ADD COLUMN folded text NOT NULL DEFAULT '';
ALTER TABLE orgs ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE orgs ADD COLUMN updated_at bigint NOT NULL DEFAULT 0;
ALTER TABLE orgs ADD COLUMN deleted_at bigint;
UPDATE orgs SET folded = lower(name), updated_at = created_at;
-- The set-up makes the operator's own installer organisation in the same moment.
UPDATE orgs SET own = true WHERE kind = 'installer' AND parent_id IN (SELECT id FROM orgs WHERE kind = 'operator');

-- The forms of an organisation (service provider, customer service, billing, time, app), each one JSON object.
CREATE TABLE org_forms (
    org_id     uuid NOT NULL REFERENCES orgs (id),
    form       text NOT NULL,
    body       text NOT NULL,
    revision   bigint NOT NULL,
    updated_at bigint NOT NULL,
    PRIMARY KEY (org_id, form)
);

ALTER TABLE accounts ADD COLUMN username text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN username_folded text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN first_name text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN last_name text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN phone text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN language text NOT NULL DEFAULT 'en';
ALTER TABLE accounts ADD COLUMN time_zone text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN person_id uuid REFERENCES people (id);
ALTER TABLE accounts ADD COLUMN email_verified_at bigint;
ALTER TABLE accounts ADD COLUMN activated_at bigint;
ALTER TABLE accounts ADD COLUMN password_changed_at bigint;
ALTER TABLE accounts ADD COLUMN remind_monthly boolean NOT NULL DEFAULT false;
ALTER TABLE accounts ADD COLUMN reminded_at bigint;
ALTER TABLE accounts ADD COLUMN notify boolean NOT NULL DEFAULT true;
ALTER TABLE accounts ADD COLUMN email_factor boolean NOT NULL DEFAULT false;
ALTER TABLE accounts ADD COLUMN totp_secret bytea;
ALTER TABLE accounts ADD COLUMN totp_confirmed_at bigint;
ALTER TABLE accounts ADD COLUMN totp_step bigint NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN passkey_handle bytea;
ALTER TABLE accounts ADD COLUMN agreed_version bigint NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN folded text NOT NULL DEFAULT '';
ALTER TABLE accounts ADD COLUMN revision bigint NOT NULL DEFAULT 1;
UPDATE accounts SET folded = lower(name) || ' ' || email_folded, activated_at = created_at, password_changed_at = created_at, email_verified_at = created_at;
DROP INDEX accounts_email;
CREATE UNIQUE INDEX accounts_email ON accounts (email_folded) WHERE deleted_at IS NULL AND email_folded <> '';
CREATE UNIQUE INDEX accounts_username ON accounts (username_folded) WHERE deleted_at IS NULL AND username_folded <> '';
CREATE UNIQUE INDEX accounts_person ON accounts (person_id) WHERE deleted_at IS NULL AND person_id IS NOT NULL;
CREATE INDEX accounts_folded ON accounts (org_id, role, folded, id) WHERE deleted_at IS NULL;

-- The stage of a session is what still stands between a right password and the account: factor, or nothing.
DROP TABLE sessions;
CREATE TABLE sessions (
    token_hash bytea NOT NULL PRIMARY KEY,
    id         uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts (id),
    stage      text NOT NULL,
    bearer     boolean NOT NULL,
    agent      text NOT NULL,
    address    text NOT NULL,
    grant_id   uuid,
    factor_at  bigint,
    created_at bigint NOT NULL,
    seen_at    bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE UNIQUE INDEX sessions_id ON sessions (id);
CREATE INDEX sessions_account ON sessions (account_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_grant ON sessions (grant_id);

-- Single-use links: activate, reset, email (a new address that must be confirmed).
CREATE TABLE links (
    token_hash bytea NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    kind       text NOT NULL,
    email      text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX links_account ON links (account_id, kind);
CREATE INDEX links_expiry ON links (expires_at);

-- One mailed code waits for each session at most.
CREATE TABLE factor_codes (
    session_id uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    code_hash  bytea NOT NULL,
    tries      bigint NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX factor_codes_account ON factor_codes (account_id);

CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES accounts (id),
    code_hash  bytea NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);

CREATE TABLE passkeys (
    id            uuid NOT NULL PRIMARY KEY,
    account_id    uuid NOT NULL REFERENCES accounts (id),
    credential_id bytea NOT NULL,
    credential    text NOT NULL,
    name          text NOT NULL,
    created_at    bigint NOT NULL,
    used_at       bigint
);
CREATE UNIQUE INDEX passkeys_credential ON passkeys (credential_id);
CREATE INDEX passkeys_account ON passkeys (account_id);

-- A passkey ceremony between its two steps.
CREATE TABLE passkey_ceremonies (
    token_hash bytea NOT NULL PRIMARY KEY,
    account_id uuid,
    kind       text NOT NULL,
    data       text NOT NULL,
    expires_at bigint NOT NULL
);

CREATE TABLE policies (
    version      bigint NOT NULL PRIMARY KEY,
    body         text NOT NULL,
    published_by uuid,
    published_at bigint NOT NULL
);

CREATE TABLE agreements (
    account_id uuid NOT NULL REFERENCES accounts (id),
    version    bigint NOT NULL,
    agreed     boolean NOT NULL,
    address    text NOT NULL,
    at         bigint NOT NULL,
    PRIMARY KEY (account_id, version, at)
);

-- Leave to enter an organisation: its owner's consent, or the operator's break-glass.
CREATE TABLE grants (
    id         uuid NOT NULL PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES orgs (id),
    to_org_id  uuid NOT NULL REFERENCES orgs (id),
    kind       text NOT NULL,
    writes     boolean NOT NULL,
    reason     text NOT NULL,
    given_by   uuid,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    ended_at   bigint,
    ended_by   uuid
);
CREATE INDEX grants_org ON grants (org_id, ended_at, expires_at);
CREATE INDEX grants_to ON grants (to_org_id, ended_at, expires_at);

CREATE TABLE entries (
    id         uuid NOT NULL PRIMARY KEY,
    grant_id   uuid NOT NULL REFERENCES grants (id),
    session_id uuid NOT NULL,
    account_id uuid NOT NULL REFERENCES accounts (id),
    entered_at bigint NOT NULL,
    left_at    bigint
);
CREATE INDEX entries_grant ON entries (grant_id);
CREATE INDEX entries_session ON entries (session_id);

CREATE TABLE site_managers (
    site_id           uuid NOT NULL REFERENCES sites (id),
    account_id        uuid NOT NULL REFERENCES accounts (id),
    pay               boolean NOT NULL,
    renewal_mails     boolean NOT NULL,
    app               boolean NOT NULL,
    app_user          text NOT NULL,
    app_password_hash text NOT NULL,
    app_expires_at    bigint,
    delete_accounts   boolean NOT NULL,
    log_access        boolean NOT NULL,
    revision          bigint NOT NULL,
    created_at        bigint NOT NULL,
    updated_at        bigint NOT NULL,
    PRIMARY KEY (site_id, account_id)
);
CREATE INDEX site_managers_account ON site_managers (account_id);
CREATE UNIQUE INDEX site_managers_app_user ON site_managers (app_user) WHERE app_user <> '';

CREATE TABLE notices (
    id         uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    kind       text NOT NULL,
    data       text NOT NULL,
    created_at bigint NOT NULL,
    read_at    bigint
);
CREATE INDEX notices_account ON notices (account_id, created_at, id);

CREATE TABLE api_tokens (
    id         uuid NOT NULL PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    name       text NOT NULL,
    token_hash bytea NOT NULL,
    scopes     text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at    bigint,
    used_from  text NOT NULL,
    revoked_at bigint
);
CREATE UNIQUE INDEX api_tokens_hash ON api_tokens (token_hash);
CREATE INDEX api_tokens_account ON api_tokens (account_id);

-- secret is sealed by the master key.
CREATE TABLE webhooks (
    id         uuid NOT NULL PRIMARY KEY,
    org_id     uuid NOT NULL REFERENCES orgs (id),
    name       text NOT NULL,
    url        text NOT NULL,
    secret     bytea NOT NULL,
    kinds      text NOT NULL,
    enabled    boolean NOT NULL,
    failures   bigint NOT NULL,
    failing_at bigint,
    stopped    text NOT NULL,
    revision   bigint NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    deleted_at bigint
);
CREATE INDEX webhooks_org ON webhooks (org_id) WHERE deleted_at IS NULL;

CREATE TABLE webhook_deliveries (
    id         uuid NOT NULL PRIMARY KEY,
    webhook_id uuid NOT NULL REFERENCES webhooks (id),
    kind       text NOT NULL,
    body       text NOT NULL,
    state      text NOT NULL,
    attempts   bigint NOT NULL,
    status     bigint NOT NULL,
    error      text NOT NULL,
    took_ms    bigint NOT NULL,
    created_at bigint NOT NULL,
    done_at    bigint
);
CREATE INDEX webhook_deliveries_hook ON webhook_deliveries (webhook_id, created_at, id);

-- letter is sealed by the master key, because it may hold a single-use link; it goes when the mail is sent or given up.
CREATE TABLE mails (
    id         uuid NOT NULL PRIMARY KEY,
    account_id uuid,
    org_id     uuid,
    kind       text NOT NULL,
    language   text NOT NULL,
    address    text NOT NULL,
    state      text NOT NULL,
    attempts   bigint NOT NULL,
    error      text NOT NULL,
    letter     bytea,
    created_at bigint NOT NULL,
    expires_at bigint,
    done_at    bigint
);
CREATE INDEX mails_created ON mails (created_at, id);

CREATE TABLE mail_suppressions (
    address_folded text NOT NULL PRIMARY KEY,
    reason         text NOT NULL,
    created_at     bigint NOT NULL
);

-- Kind of a site (community, office, single, commercial), and a revision of every noun for If-Match.
ALTER TABLE sites ADD COLUMN kind text NOT NULL DEFAULT 'community';
ALTER TABLE sites ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE network_groups ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE buildings ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE apartments ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE people ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE boards ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE devices ADD COLUMN revision bigint NOT NULL DEFAULT 1;

-- The audit outlives what it tells of: no reference to a row that may be purged. An entry about a site is seen by whoever sees the site,
-- one about an organisation by its members, and both by the organisation of who acted.
CREATE TABLE audit_entries_next (
    id           uuid NOT NULL PRIMARY KEY,
    site_id      uuid,
    org_id       uuid,
    account_id   uuid,
    actor        text NOT NULL,
    actor_org_id uuid,
    behalf       text NOT NULL,
    grant_id     uuid,
    token_id     uuid,
    address      text NOT NULL,
    action       text NOT NULL,
    object       text NOT NULL,
    object_id    uuid NOT NULL,
    object_name  text NOT NULL,
    reason       text NOT NULL,
    before       text NOT NULL,
    after        text NOT NULL,
    folded       text NOT NULL,
    created_at   bigint NOT NULL
);
INSERT INTO audit_entries_next (id, site_id, account_id, actor, behalf, address, action, object, object_id, object_name, reason, before, after, folded, created_at)
    SELECT id, site_id, account_id, actor, '', '', action, object, object_id, '', '', before, after, lower(actor || ' ' || action || ' ' || object), created_at
    FROM audit_entries;
DROP TABLE audit_entries;
ALTER TABLE audit_entries_next RENAME TO audit_entries;
CREATE INDEX audit_entries_site ON audit_entries (site_id, created_at, id);
CREATE INDEX audit_entries_org ON audit_entries (org_id, created_at, id);
CREATE INDEX audit_entries_actor ON audit_entries (actor_org_id, created_at, id);
