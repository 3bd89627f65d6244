-- +goose Up

-- The calls of a site in another order than that of time, those that ended in a way and those of a cause are sorted and found in the index of its
-- calls, as words are: a large site has a call on nearly every page of the table. So causes need no index of their own. Names are bounded from here on,
-- for an entry of an index has room for less than a page.
-- contract: no statement names an index, and the version before finds the same; names of its own that are longer than an entry are refused to it, and the
-- agent sends the call again until a replica of this version takes it.
UPDATE calls SET caller = left(caller, 40), apartment = left(apartment, 40), ended = left(ended, 10), cause = left(cause, 10)
    WHERE octet_length(caller) > 160 OR octet_length(apartment) > 160 OR octet_length(ended) > 40 OR octet_length(cause) > 40;
CREATE INDEX calls_columns ON calls (site_id, occurred_at, id) INCLUDE (folded, lasts, caller, apartment, ended, cause);
DROP INDEX calls_list;
DROP INDEX calls_cause;

-- +goose Down
CREATE INDEX calls_list ON calls (site_id, occurred_at, id) INCLUDE (folded);
DROP INDEX calls_columns;
CREATE INDEX calls_cause ON calls (site_id, cause, occurred_at, id);
