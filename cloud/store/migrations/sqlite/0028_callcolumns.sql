-- +goose Up

-- The calls of a site in another order than that of time, those that ended in a way and those of a cause are sorted and found in the index of its
-- calls, as words are. So causes need no index of their own.
-- contract: no statement names an index, and the version before finds the same.
CREATE INDEX calls_columns ON calls (site_id, occurred_at, id, folded, lasts, caller, apartment, ended, cause);
DROP INDEX calls_list;
DROP INDEX calls_cause;

-- +goose Down
CREATE INDEX calls_list ON calls (site_id, occurred_at, id, folded);
DROP INDEX calls_columns;
CREATE INDEX calls_cause ON calls (site_id, cause, occurred_at, id);
