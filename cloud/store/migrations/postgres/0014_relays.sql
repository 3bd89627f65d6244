-- +goose Up

-- How a relay board is reached: Modbus TCP, an RS485 port of the agent, or a serial server. Inputs is JSON.
ALTER TABLE boards ADD COLUMN link text NOT NULL DEFAULT '';
ALTER TABLE boards ADD COLUMN baud bigint NOT NULL DEFAULT 0;
ALTER TABLE boards ADD COLUMN parity text NOT NULL DEFAULT '';
ALTER TABLE boards ADD COLUMN stop_bits bigint NOT NULL DEFAULT 0;
ALTER TABLE boards ADD COLUMN inputs text;

-- What a command to a relay board puts its channel to.
ALTER TABLE commands ADD COLUMN turned boolean NOT NULL DEFAULT false;

-- What relay boards showed last; board_id is a board or the monitor whose board it is. Outputs and inputs are JSON: the numbers that are on.
CREATE TABLE board_states (
    site_id   uuid NOT NULL REFERENCES sites (id),
    board_id  uuid NOT NULL,
    device_id uuid,
    online    boolean NOT NULL,
    channels  bigint NOT NULL,
    outputs   text NOT NULL,
    inputs    text NOT NULL,
    shown_at  bigint NOT NULL,
    PRIMARY KEY (site_id, board_id)
);

-- +goose Down
DROP TABLE board_states;
ALTER TABLE commands DROP COLUMN turned;
ALTER TABLE boards DROP COLUMN inputs;
ALTER TABLE boards DROP COLUMN stop_bits;
ALTER TABLE boards DROP COLUMN parity;
ALTER TABLE boards DROP COLUMN baud;
ALTER TABLE boards DROP COLUMN link;
