-- +goose Up

-- PostgreSQL gets an index for words in the audit log; SQLite has none of its kind that finds parts of words, and its logs are small.
SELECT 1;

-- +goose Down
SELECT 1;
