-- +goose Up

-- The call history: one row for each ring, made from its row of the log when that arrives and gone when that is erased. The record itself stays in
-- the log; what stands here is what lists show, search and sort.
CREATE TABLE calls (
    id           text NOT NULL PRIMARY KEY,
    site_id      text NOT NULL REFERENCES sites (id),
    agent_id     text NOT NULL REFERENCES agents (id),
    epoch        text NOT NULL,
    seq          integer NOT NULL,
    received_at  integer NOT NULL,
    occurred_at  integer NOT NULL,
    folded       text NOT NULL,
    caller_id    text,
    caller       text NOT NULL,
    apartment_id text,
    apartment    text NOT NULL,
    dialled      text NOT NULL,
    answered_id  text,
    answered     text NOT NULL,
    blamed_id    text,
    blamed       text NOT NULL,
    ended        text NOT NULL,
    cause        text NOT NULL,
    lasts        integer NOT NULL,
    wan          boolean NOT NULL
);
CREATE INDEX calls_site ON calls (site_id, occurred_at, id);
CREATE INDEX calls_cause ON calls (site_id, cause, occurred_at, id);
CREATE INDEX calls_apartment ON calls (site_id, apartment_id, occurred_at, id);
CREATE UNIQUE INDEX calls_key ON calls (agent_id, epoch, seq);

-- Every device that a ring was about: its caller, who answered, who rang and who was left out.
CREATE TABLE call_devices (
    site_id   text NOT NULL REFERENCES sites (id),
    device_id text NOT NULL,
    call_id   text NOT NULL,
    PRIMARY KEY (site_id, device_id, call_id)
);
CREATE INDEX call_devices_call ON call_devices (call_id);

-- +goose Down
DROP TABLE call_devices;
DROP TABLE calls;
