-- +goose Up

-- A word among the calls of a site is looked for in the index of its calls alone: entry beside entry, whoever else uses the service and however rare the
-- word is. An entry of an index has room for less than a page, so the words of a call are bounded from here on.
-- contract: no statement names an index, and the version before finds the same without the one that goes; words of its own that are longer than an entry
-- are refused to it, and the agent sends the call again until a replica of this version takes it.
CREATE INDEX calls_list ON calls (site_id, occurred_at, id, folded);
DROP INDEX calls_site;

-- +goose Down
DROP INDEX calls_list;
CREATE INDEX calls_site ON calls (site_id, occurred_at, id);
