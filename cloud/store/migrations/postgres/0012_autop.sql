-- +goose Up

-- Until when the provisioning file of a device may carry secrets.
ALTER TABLE devices ADD COLUMN pair_until bigint NOT NULL DEFAULT 0;

-- Regular AutoP lines of a device, and how far they got: what the device does not hold, as JSON, is true of told_revision.
CREATE TABLE autop (
    device_id     uuid NOT NULL PRIMARY KEY REFERENCES devices (id),
    site_id       uuid NOT NULL REFERENCES sites (id),
    text          bytea NOT NULL, -- sealed by the master key
    revision      bigint NOT NULL,
    state         text NOT NULL,
    refused       text NOT NULL,
    told_revision bigint NOT NULL,
    resets        bigint NOT NULL,
    updated_at    bigint NOT NULL
);
CREATE INDEX autop_site ON autop (site_id);

-- Lines that are carried out once.
CREATE TABLE autop_orders (
    id         uuid NOT NULL PRIMARY KEY,
    site_id    uuid NOT NULL REFERENCES sites (id),
    device_id  uuid NOT NULL REFERENCES devices (id),
    text       bytea NOT NULL, -- sealed by the master key
    state      text NOT NULL,
    refused    text NOT NULL,
    created_at bigint NOT NULL,
    ended_at   bigint NOT NULL
);
CREATE INDEX autop_orders_device ON autop_orders (site_id, device_id, id);

-- +goose Down
DROP TABLE autop_orders;
DROP TABLE autop;
ALTER TABLE devices DROP COLUMN pair_until;
