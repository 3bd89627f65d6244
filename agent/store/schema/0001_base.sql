-- Instants are UTC milliseconds. Ids are text, numbers of rows are integers, bodies are CBOR.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
) WITHOUT ROWID;

-- The fence of the link: grows by one per connection.
CREATE TABLE fence (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  generation INTEGER NOT NULL,
  counter    INTEGER NOT NULL
);
INSERT INTO fence (id, generation, counter) VALUES (1, 0, 0);

-- The document in force. good_* is the last version known to run; desired_undo leads back to it.
CREATE TABLE desired_head (
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  version      INTEGER NOT NULL,
  hash         BLOB NOT NULL,
  good_version INTEGER NOT NULL,
  good_hash    BLOB NOT NULL,
  rejected     INTEGER NOT NULL
);
INSERT INTO desired_head (id, version, hash, good_version, good_hash, rejected) VALUES (1, 0, x'', 0, x'', 0);

CREATE TABLE desired_entities (
  section INTEGER NOT NULL,
  key     BLOB NOT NULL,
  body    BLOB NOT NULL,
  PRIMARY KEY (section, key)
) WITHOUT ROWID;

-- What an entity was in the last good version; body NULL: it was not there.
CREATE TABLE desired_undo (
  section INTEGER NOT NULL,
  key     BLOB NOT NULL,
  body    BLOB,
  PRIMARY KEY (section, key)
) WITHOUT ROWID;

-- Starts of the program on a version that is not known to be good yet.
CREATE TABLE starts (
  at      INTEGER NOT NULL,
  version INTEGER NOT NULL
);

-- Streams of the outbox: 1 audit, 2 status. digest is that of row `acked`, where the chain of what is still to be sent begins.
CREATE TABLE streams (
  stream  INTEGER PRIMARY KEY,
  last    INTEGER NOT NULL,
  acked   INTEGER NOT NULL,
  sent    INTEGER NOT NULL,
  digest  BLOB NOT NULL,
  count   INTEGER NOT NULL,
  bytes   INTEGER NOT NULL,
  dropped INTEGER NOT NULL
);
INSERT INTO streams (stream, last, acked, sent, digest, count, bytes, dropped)
VALUES (1, 0, 0, 0, zeroblob(32), 0, 0, 0), (2, 0, 0, 0, zeroblob(32), 0, 0, 0);

CREATE TABLE outbox (
  stream INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  row    BLOB NOT NULL,
  PRIMARY KEY (stream, seq)
) WITHOUT ROWID;

-- Rows the cloud could not read.
CREATE TABLE quarantine (
  id     INTEGER PRIMARY KEY,
  epoch  TEXT NOT NULL,
  stream INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  row    BLOB NOT NULL,
  reason TEXT NOT NULL
);

-- Remote commands. result is NULL between the promise and its end.
CREATE TABLE journal (
  id      TEXT PRIMARY KEY,
  kind    TEXT NOT NULL,
  started INTEGER NOT NULL,
  result  TEXT,
  reason  TEXT NOT NULL DEFAULT '',
  told    INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX journal_started ON journal (started);
CREATE INDEX journal_open ON journal (told) WHERE told = 0;

-- SIP registrations and the legs of calls in progress, so that a restart can ring and clean up at once.
CREATE TABLE bindings (
  device_id TEXT PRIMARY KEY,
  body      BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE live_legs (
  sip_call_id TEXT PRIMARY KEY,
  body        BLOB NOT NULL
) WITHOUT ROWID;

-- What each device has of the document, and the digest of what was written to it.
CREATE TABLE receipts (
  device_id TEXT PRIMARY KEY,
  body      BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE written (
  device_id TEXT PRIMARY KEY,
  hash      BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE facts (
  mac     TEXT PRIMARY KEY,
  body    BLOB NOT NULL,
  seen_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE calls (
  id   INTEGER PRIMARY KEY,
  at   INTEGER NOT NULL,
  body BLOB NOT NULL
);
