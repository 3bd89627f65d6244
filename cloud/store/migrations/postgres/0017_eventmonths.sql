-- +goose Up

-- The log in parts by month of arrival (cloud/store/months.go makes those to come). What is there becomes the first part as it lies: its rows are not
-- written again. A number is stored once because the cursor of its chain is locked; the cursor, too, is what names a site and an agent that exist.
ALTER TABLE events RENAME TO events_first;
ALTER TABLE events_first DROP CONSTRAINT events_agent_id_fkey;
ALTER TABLE events_first DROP CONSTRAINT events_site_id_fkey;
ALTER TABLE events_first RENAME CONSTRAINT events_pkey TO events_first_pkey;
ALTER INDEX events_site RENAME TO events_first_site;
ALTER INDEX events_device RENAME TO events_first_device;
ALTER INDEX events_apartment RENAME TO events_first_apartment;
DROP INDEX events_key;
CREATE INDEX events_first_key ON events_first (agent_id, epoch, stream, seq);

CREATE TABLE events (LIKE events_first) PARTITION BY RANGE (received_at);
ALTER TABLE events ADD PRIMARY KEY (received_at, agent_id, epoch, stream, seq);
CREATE INDEX events_site ON events (site_id, received_at, seq);
CREATE INDEX events_device ON events (site_id, device_id, received_at);
CREATE INDEX events_apartment ON events (site_id, apartment_id, received_at);
CREATE INDEX events_key ON events (agent_id, epoch, stream, seq);

-- Nothing is lost when a month is missing.
CREATE TABLE events_default PARTITION OF events DEFAULT;

-- +goose StatementBegin
DO $$
DECLARE
    month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    from_ms bigint;
    to_ms bigint;
    made int := 0;
BEGIN
    IF EXISTS (SELECT 1 FROM events_first) THEN
        month := greatest(month, (SELECT date_trunc('month', to_timestamp(max(received_at) / 1000.0) AT TIME ZONE 'UTC') FROM events_first)) + interval '1 month';
        to_ms := extract(epoch FROM month AT TIME ZONE 'UTC') * 1000;
        EXECUTE format('ALTER TABLE events ATTACH PARTITION events_first FOR VALUES FROM (MINVALUE) TO (%L)', to_ms);
        made := 1;
    ELSE
        DROP TABLE events_first;
    END IF;
    WHILE made < 3 LOOP
        from_ms := extract(epoch FROM month AT TIME ZONE 'UTC') * 1000;
        to_ms := extract(epoch FROM (month + interval '1 month') AT TIME ZONE 'UTC') * 1000;
        EXECUTE format('CREATE TABLE %I PARTITION OF events FOR VALUES FROM (%L) TO (%L)', 'events_' || to_char(month, 'YYYY_MM'), from_ms, to_ms);
        month := month + interval '1 month';
        made := made + 1;
    END LOOP;
END
$$;
-- +goose StatementEnd

-- How long a site keeps its rows of a kind, in days (none: as the operator says; 0: for ever; kind '' stands for every kind without a row of its own), and
-- the end of the months whose rows have left.
CREATE TABLE event_terms (
    site_id uuid NOT NULL REFERENCES sites (id),
    kind    text NOT NULL,
    days    bigint,
    until   bigint NOT NULL,
    PRIMARY KEY (site_id, kind)
);

-- +goose Down
DROP TABLE event_terms;
CREATE TABLE events_whole (LIKE events);
INSERT INTO events_whole SELECT * FROM events;
DROP TABLE events;
ALTER TABLE events_whole RENAME TO events;
ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY (received_at, agent_id, epoch, stream, seq);
ALTER TABLE events ADD CONSTRAINT events_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES agents (id);
ALTER TABLE events ADD CONSTRAINT events_site_id_fkey FOREIGN KEY (site_id) REFERENCES sites (id);
CREATE INDEX events_site ON events (site_id, received_at, seq);
CREATE INDEX events_device ON events (site_id, device_id, received_at);
CREATE INDEX events_apartment ON events (site_id, apartment_id, received_at);
CREATE UNIQUE INDEX events_key ON events (agent_id, epoch, stream, seq);
