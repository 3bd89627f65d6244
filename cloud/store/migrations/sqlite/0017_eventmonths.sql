-- +goose Up

-- How long a site keeps its rows of a kind, in days (none: as the operator says; 0: for ever; kind '' stands for every kind without a row of its own), and
-- the end of the months whose rows have left. The log is one table here; PostgreSQL keeps it in parts by month.
CREATE TABLE event_terms (
    site_id text NOT NULL REFERENCES sites (id),
    kind    text NOT NULL,
    days    integer,
    until   integer NOT NULL,
    PRIMARY KEY (site_id, kind)
);

-- +goose Down
DROP TABLE event_terms;
