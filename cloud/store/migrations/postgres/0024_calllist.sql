-- +goose Up

-- A word among the calls of a site is looked for in the index of its calls alone: entry beside entry, whoever else uses the service and however rare the
-- word is. An entry of an index has room for less than a page, so the words of a call are bounded from here on.
-- contract: no statement names an index, and the version before finds the same without the one that goes; words of its own that are longer than an entry
-- are refused to it, and the agent sends the call again until a replica of this version takes it.
UPDATE calls SET folded = left(folded, 500) WHERE octet_length(folded) > 2000;
CREATE INDEX calls_list ON calls (site_id, occurred_at, id) INCLUDE (folded);
DROP INDEX calls_site;
DROP INDEX IF EXISTS calls_words;
-- Pages that were not vacuumed since they were written are read beside the index: the calls of a day, not those of a season.
ALTER TABLE calls SET (autovacuum_vacuum_insert_scale_factor = 0.01, autovacuum_vacuum_insert_threshold = 5000);

-- +goose Down
ALTER TABLE calls RESET (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold);
DROP INDEX calls_list;
CREATE INDEX calls_site ON calls (site_id, occurred_at, id);
