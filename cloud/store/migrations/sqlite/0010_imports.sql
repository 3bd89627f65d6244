-- +goose Up

-- Sheets on their way into sites: what was read, what it would do, and what its undo needs.
CREATE TABLE imports (
    id         text NOT NULL PRIMARY KEY,
    site_id    text NOT NULL REFERENCES sites (id),
    kind       text NOT NULL,
    name       text NOT NULL,
    phase      text NOT NULL,
    account_id text,
    doc        text NOT NULL,
    revision   integer NOT NULL,
    created_at integer NOT NULL
);
CREATE INDEX imports_site ON imports (site_id, created_at);

CREATE TABLE import_rows (
    site_id   text NOT NULL REFERENCES sites (id),
    import_id text NOT NULL REFERENCES imports (id),
    n         integer NOT NULL,
    state     text NOT NULL,
    doc       text NOT NULL,
    PRIMARY KEY (import_id, n)
);

-- Objects that an applied import made or changed, some hundred in each row.
CREATE TABLE import_touched (
    site_id   text NOT NULL REFERENCES sites (id),
    import_id text NOT NULL REFERENCES imports (id),
    n         integer NOT NULL,
    doc       text NOT NULL,
    PRIMARY KEY (import_id, n)
);

-- +goose Down
DROP TABLE import_touched;
DROP TABLE import_rows;
DROP TABLE imports;
