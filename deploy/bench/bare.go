package main

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"vestibule/shared/wire"
)

// bareRate puts the rows that the log holds into a second table like it, without the log's work, and gives rows a second.
func bareRate(ctx context.Context, e engine, rows int) (float64, error) {
	db, err := sql.Open(e.driver, e.source)
	if err != nil {
		return math.NaN(), err
	}
	defer func() { _ = db.Close() }()
	if err := e.copied(ctx, db); err != nil {
		return math.NaN(), fmt.Errorf("table beside events: %w", err)
	}
	columns, stored, err := readAll(ctx, db)
	if err != nil {
		return math.NaN(), err
	}
	if len(stored) != rows {
		return math.NaN(), fmt.Errorf("%d rows are stored, not %d", len(stored), rows)
	}
	began := time.Now()
	for at := 0; at < rows; at += wire.MaxBatchRows {
		part := stored[at:min(rows, at+wire.MaxBatchRows)]
		var values []any
		for _, row := range part {
			values = append(values, row...)
		}
		if _, err := db.ExecContext(ctx, insert(columns, len(part), e.placeholder), values...); err != nil {
			return math.NaN(), fmt.Errorf("bare insert: %w", err)
		}
	}
	return float64(rows) / time.Since(began).Seconds(), nil
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

func readAll(ctx context.Context, db *sql.DB) (columns []string, out [][]any, err error) {
	rows, err := db.QueryContext(ctx, "SELECT * FROM events ORDER BY seq")
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
	_, err := db.ExecContext(ctx, "CREATE TABLE bare (LIKE events INCLUDING ALL); "+
		"ALTER TABLE bare ADD FOREIGN KEY (agent_id) REFERENCES agents (id), ADD FOREIGN KEY (site_id) REFERENCES sites (id)")
	return err
}
