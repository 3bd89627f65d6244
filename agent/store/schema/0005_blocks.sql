-- Rows of the outbox that follow each other lie in blocks of a page (agent/store/block): id is 2^48 times the stream, plus the number of the block's first row.
-- The rows of the table outbox move over when the store is opened, some at a time.
CREATE TABLE blocks (
  id   INTEGER PRIMARY KEY,
  body BLOB NOT NULL
);

-- How often the row was written: the newest block of the stream may say more of the end of its stream, when it names this number.
ALTER TABLE streams ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
