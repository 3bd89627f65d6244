-- +goose Up

-- The forms of nouns are one JSON object each: what a list neither sorts nor searches.
ALTER TABLE sites ADD COLUMN form text NOT NULL DEFAULT '{}';
ALTER TABLE sites ADD COLUMN address text NOT NULL DEFAULT '{}';

ALTER TABLE apartments ADD COLUMN form text NOT NULL DEFAULT '{}';
ALTER TABLE apartments ADD COLUMN service text NOT NULL DEFAULT '{}';
ALTER TABLE apartments ADD COLUMN sip_user text NOT NULL DEFAULT '';
ALTER TABLE apartments ADD COLUMN floor_order integer NOT NULL DEFAULT 0;
CREATE INDEX apartments_building ON apartments (building_id, folded, id) WHERE deleted_at IS NULL;

-- Departments of offices and companies of commercial sites.
CREATE TABLE departments (
    id         text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    name       text NOT NULL,
    floors     text NOT NULL,
    folded     text NOT NULL,
    revision   integer NOT NULL DEFAULT 1,
    created_at integer NOT NULL,
    updated_at integer NOT NULL,
    deleted_at integer
);
CREATE UNIQUE INDEX departments_name ON departments (site_id, folded) WHERE deleted_at IS NULL;

CREATE TABLE companies (
    id         text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    name       text NOT NULL,
    folded     text NOT NULL,
    revision   integer NOT NULL DEFAULT 1,
    created_at integer NOT NULL,
    updated_at integer NOT NULL,
    deleted_at integer
);
CREATE UNIQUE INDEX companies_name ON companies (site_id, folded) WHERE deleted_at IS NULL;

-- People may live nowhere yet, or work in a department or company.
DROP INDEX people_apartment;
ALTER TABLE people RENAME COLUMN apartment_id TO home_id;
ALTER TABLE people ADD COLUMN apartment_id text REFERENCES apartments (id);
UPDATE people SET apartment_id = home_id;
ALTER TABLE people DROP COLUMN home_id;
ALTER TABLE people ADD COLUMN department_id text REFERENCES departments (id);
ALTER TABLE people ADD COLUMN company_id text REFERENCES companies (id);
ALTER TABLE people ADD COLUMN kind text NOT NULL DEFAULT 'master';
ALTER TABLE people ADD COLUMN sip_user text NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN staff_id text NOT NULL DEFAULT '';
ALTER TABLE people ADD COLUMN form text NOT NULL DEFAULT '{}';
CREATE INDEX people_apartment ON people (apartment_id) WHERE deleted_at IS NULL;
CREATE INDEX people_department ON people (department_id) WHERE deleted_at IS NULL;
CREATE INDEX people_company ON people (company_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX people_staff ON people (site_id, staff_id) WHERE deleted_at IS NULL AND staff_id <> '';

ALTER TABLE devices ADD COLUMN department_id text REFERENCES departments (id);
ALTER TABLE devices ADD COLUMN company_id text REFERENCES companies (id);
ALTER TABLE devices ADD COLUMN owner_id text REFERENCES people (id);
ALTER TABLE devices ADD COLUMN form text NOT NULL DEFAULT '{}';
CREATE INDEX devices_building ON devices (building_id, folded, id) WHERE deleted_at IS NULL;
ALTER TABLE relays ADD COLUMN methods integer NOT NULL DEFAULT 0;

CREATE TABLE cameras (
    id            text NOT NULL PRIMARY KEY,
    site_id       text NOT NULL REFERENCES sites (id),
    building_id   text REFERENCES buildings (id),
    apartment_id  text REFERENCES apartments (id),
    name          text NOT NULL,
    rtsp          text NOT NULL,
    user_name     text NOT NULL,
    password      blob NOT NULL, -- sealed by the master key
    no_monitoring boolean NOT NULL,
    terminal      text NOT NULL,
    device_id     text REFERENCES devices (id),
    folded        text NOT NULL,
    revision      integer NOT NULL DEFAULT 1,
    created_at    integer NOT NULL,
    updated_at    integer NOT NULL,
    deleted_at    integer
);
CREATE INDEX cameras_site ON cameras (site_id, folded, id) WHERE deleted_at IS NULL;

-- Every SIP number ever issued, so that none is issued twice over the platform; owner is an apartment, a person or a device.
CREATE TABLE sip_numbers (
    number     text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    kind       text NOT NULL,
    owner_id   text NOT NULL,
    created_at integer NOT NULL
);
CREATE INDEX sip_numbers_owner ON sip_numbers (owner_id);
CREATE INDEX sip_numbers_site ON sip_numbers (site_id);

INSERT INTO sip_numbers (number, site_id, kind, owner_id, created_at)
    SELECT sip_user, site_id, 'device', id, created_at FROM devices WHERE true ON CONFLICT DO NOTHING;

-- The MAC library: one MAC, one owner.
CREATE TABLE macs (
    mac        text NOT NULL PRIMARY KEY,
    org_id     text NOT NULL REFERENCES orgs (id),
    added_by   text,
    origin     text NOT NULL, -- distributor, installer, or device: registered by the adding of one
    created_at integer NOT NULL
);
CREATE INDEX macs_org ON macs (org_id, mac);
INSERT INTO macs (mac, org_id, added_by, origin, created_at)
    SELECT d.mac, s.org_id, NULL, 'device', d.created_at FROM devices d JOIN sites s ON s.id = d.site_id WHERE d.deleted_at IS NULL;

-- The code on a kit's monitor by which a resident registers; token_hash is of the text in the code. A reset makes a new row.
CREATE TABLE registrations (
    apartment_id text NOT NULL PRIMARY KEY REFERENCES apartments (id),
    site_id      text NOT NULL REFERENCES sites (id),
    token_hash   blob NOT NULL,
    token        blob NOT NULL, -- sealed by the master key: it travels to the building
    created_at   integer NOT NULL,
    used_at      integer
);
CREATE UNIQUE INDEX registrations_token ON registrations (token_hash);
CREATE INDEX registrations_site ON registrations (site_id);

-- Features that a device's firmware does not reach, which the agent therefore did not write: names, parted by commas.
ALTER TABLE device_states ADD COLUMN withheld text NOT NULL DEFAULT '';
-- Lift controllers are asked for with every apartment that has a floor.
CREATE INDEX device_states_lifts ON device_states (site_id) WHERE substr(firmware, 1, 3) = '33.';

-- People of further sites who use an account: the linked sites of its owner. accounts.person_id is the first.
CREATE TABLE account_people (
    person_id  text NOT NULL PRIMARY KEY REFERENCES people (id),
    account_id text NOT NULL REFERENCES accounts (id),
    site_id    text NOT NULL REFERENCES sites (id),
    created_at integer NOT NULL
);
CREATE INDEX account_people_account ON account_people (account_id);

-- Whoever came first to a home is its master, the others are family.
UPDATE people SET kind = 'member' WHERE apartment_id IS NOT NULL AND deleted_at IS NULL AND EXISTS (
    SELECT 1 FROM people first WHERE first.apartment_id = people.apartment_id AND first.deleted_at IS NULL
        AND (first.created_at < people.created_at OR first.created_at = people.created_at AND first.id < people.id)
);

-- The history of one object.
CREATE INDEX audit_object ON audit_entries (object_id, created_at);

-- +goose Down
SELECT 1;
