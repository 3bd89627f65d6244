-- The chain of rows at rest: link is that of row `last`, base that of row `acked`; rows up to `since` were stored before there was one.
ALTER TABLE streams ADD COLUMN link BLOB NOT NULL DEFAULT x'';
ALTER TABLE streams ADD COLUMN base BLOB NOT NULL DEFAULT x'';
ALTER TABLE streams ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE streams SET since = last;

-- What the agent signed about it: 1 floor, 2 hole, 3 head.
CREATE TABLE kept (
  stream INTEGER NOT NULL,
  kind   INTEGER NOT NULL,
  seq    INTEGER NOT NULL,
  body   BLOB NOT NULL,
  PRIMARY KEY (stream, kind, seq)
) WITHOUT ROWID;
