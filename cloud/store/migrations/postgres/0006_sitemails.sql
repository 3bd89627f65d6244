-- +goose Up

-- Whom a site has told of what, so that each mail leaves once: about the end of a service, or about an outage.
CREATE TABLE site_mails (
    site_id   uuid NOT NULL REFERENCES sites (id),
    about     text NOT NULL,
    reader    text NOT NULL,
    told_at   bigint NOT NULL,
    PRIMARY KEY (site_id, about, reader)
);
CREATE INDEX site_mails_told ON site_mails (told_at);

-- +goose Down
DROP TABLE site_mails;
