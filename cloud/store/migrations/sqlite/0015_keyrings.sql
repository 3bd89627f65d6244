-- +goose Up

-- What people open doors with. Secret is sealed: the PIN and the cards. In_groups is JSON: access groups beside the own doors.
CREATE TABLE keyrings (
    person_id    text NOT NULL PRIMARY KEY,
    site_id      text NOT NULL REFERENCES sites (id),
    secret       blob NOT NULL,
    in_groups    text NOT NULL,
    no_own_doors boolean NOT NULL DEFAULT false,
    pin_at       integer NOT NULL DEFAULT 0,
    pins         integer NOT NULL DEFAULT 0,
    cards        integer NOT NULL DEFAULT 0,
    revision     integer NOT NULL DEFAULT 1,
    updated_at   integer NOT NULL
);
CREATE INDEX keyrings_site ON keyrings (site_id);

-- Keyed digests of PINs and cards, by which no two people of a site have the same; without the master key they tell nothing.
CREATE TABLE key_marks (
    site_id   text NOT NULL REFERENCES sites (id),
    mark      blob NOT NULL,
    person_id text NOT NULL,
    PRIMARY KEY (site_id, mark)
);
CREATE INDEX key_marks_person ON key_marks (person_id);

-- Doors and times at which keys open. Doors and schedule are JSON.
CREATE TABLE access_groups (
    id         text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    name       text NOT NULL,
    doors      text NOT NULL,
    schedule   text NOT NULL,
    folded     text NOT NULL,
    revision   integer NOT NULL DEFAULT 1,
    created_at integer NOT NULL,
    updated_at integer NOT NULL,
    deleted_at integer
);
CREATE UNIQUE INDEX access_groups_name ON access_groups (site_id, folded) WHERE deleted_at IS NULL;

-- +goose Down
DROP TABLE access_groups;
DROP TABLE key_marks;
DROP TABLE keyrings;
