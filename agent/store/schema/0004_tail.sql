-- The end of a stream of the outbox (how many rows, the last number and its link) lies in outbox behind its rows: under the next stream and number 0.
-- Until one lies there, that of streams counts. An older agent would take an end for a row, so the number of the schema grows.
UPDATE streams SET last = last;
