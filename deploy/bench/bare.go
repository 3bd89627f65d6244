package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"
)

// bare is a second table like events, into which the same rows go without the log's work.
type bare struct {
	db *sql.DB
	engine
}

func openBare(ctx context.Context, e engine) (*bare, error) {
	db, err := sql.Open(e.driver, e.source)
	if err != nil {
		return nil, err
	}
	b := &bare{db: db, engine: e}
	if err := e.copied(ctx, db); err != nil {
		b.close()
		return nil, fmt.Errorf("table beside events: %w", err)
	}
	return b, nil
}

func (b *bare) close() { _ = b.db.Close() }

// copy puts stored rows into the table with one statement and tells how long the statement took.
func (b *bare) copy(ctx context.Context, from, to uint64) (time.Duration, error) {
	columns, rows, err := b.read(ctx, from, to)
	if err != nil {
		return 0, err
	}
	if len(rows) != int(to-from)+1 {
		return 0, fmt.Errorf("of rows %d to %d, %d are stored", from, to, len(rows))
	}
	var values []any
	for _, row := range rows {
		values = append(values, row...)
	}
	text := insert(columns, len(rows), b.placeholder)
	return timed(func() error {
		_, err := b.db.ExecContext(ctx, text, values...)
		return err
	})
}

func insert(columns []string, rows int, placeholder func(i int) string) string {
	var b strings.Builder
	b.WriteString("INSERT INTO bare (" + strings.Join(columns, ", ") + ") VALUES ")
	for i := range rows * len(columns) {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%len(columns) == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString(placeholder(i + 1))
	}
	return b.String() + ")"
}

func (b *bare) read(ctx context.Context, from, to uint64) (columns []string, out [][]any, err error) {
	query := "SELECT * FROM events WHERE seq BETWEEN " + b.placeholder(1) + " AND " + b.placeholder(2) + " ORDER BY seq"
	rows, err := b.db.QueryContext(ctx, query, int64(from), int64(to))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	if columns, err = rows.Columns(); err != nil {
		return nil, nil, err
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, nil, err
		}
		out = append(out, values)
	}
	return columns, out, rows.Err()
}

// bareSQLite writes the statements that made events again under another name.
func bareSQLite(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT sql FROM sqlite_master WHERE tbl_name = 'events' AND sql IS NOT NULL ORDER BY type DESC")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	var statements []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		text = strings.ReplaceAll(text, "events_", "bare_")
		text = strings.Replace(text, "ON events ", "ON bare ", 1)
		statements = append(statements, strings.Replace(text, "TABLE events ", "TABLE bare ", 1))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_ = rows.Close()
	for _, text := range statements {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func barePostgres(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, "CREATE TABLE bare (LIKE events INCLUDING ALL)")
	return err
}
