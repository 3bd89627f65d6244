package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// Columns lists what the schema holds, as "table.column" → kind of type and whether it may be NULL, in words that are the same for
// both databases; indexes as "index name" → table.
func (s *Store) Columns(ctx context.Context) (map[string]string, error) {
	query := `SELECT m.name AS table_name, c.name AS column_name, lower(c.type) AS type, (c."notnull" = 0 AND c.pk = 0) AS nullable
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`
	indexes := "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
	if s.dialect == onPostgres {
		const months = "SELECT relname FROM pg_class WHERE relispartition" // they are their table once more
		query = `SELECT table_name, column_name, data_type AS type, is_nullable = 'YES' AS nullable
			FROM information_schema.columns WHERE table_schema = 'public' AND NOT table_name IN (` + months + ")"
		indexes = "SELECT indexname AS name, tablename AS tbl_name FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey' AND NOT tablename IN (" + months + ")"
	}
	var rows []struct {
		TableName, ColumnName, Type string
		Nullable                    bool
	}
	if err := s.conn(ctx).Raw(query).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, r := range rows {
		if !strings.HasPrefix(r.TableName, "goose_") {
			out[r.TableName+"."+r.ColumnName] = fmt.Sprintf("%s nullable=%v", kinds[r.Type], r.Nullable)
		}
	}
	var named []struct{ Name, TblName string }
	if err := s.conn(ctx).Raw(indexes).Scan(&named).Error; err != nil {
		return nil, err
	}
	for _, r := range named {
		out["index "+r.Name] = r.TblName
	}
	return out, nil
}

// kinds maps a column's type to one word for both databases; an id is text in SQLite.
var kinds = map[string]string{
	"text": "text", "uuid": "text",
	"integer": "integer", "bigint": "integer",
	"blob": "bytes", "bytea": "bytes",
	"boolean": "boolean",
}

// SortedKeys lists the keys of columns in order.
func SortedKeys(columns map[string]string) []string { return slices.Sorted(maps.Keys(columns)) }

// CountTo counts n rows that the database makes, as far as most.
func (s *Store) CountTo(ctx context.Context, n, most int) (int, bool, error) {
	return countTo(s.conn(ctx).Table("(WITH RECURSIVE series(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM series WHERE i < ?) SELECT i FROM series) AS made", n), most)
}

// MigrateTo takes the schema down to a version, and MigrateUp to the newest.
func (s *Store) MigrateTo(ctx context.Context, version int64) error {
	provider, err := s.provider()
	if err == nil {
		_, err = provider.DownTo(ctx, version)
	}
	return err
}

// MigrateUp brings the schema up to date.
func (s *Store) MigrateUp(ctx context.Context) error { return s.migrate(ctx) }

// Parts names the parts of the log with the rows in each; the default part is events_default.
func (s *Store) Parts(ctx context.Context) (map[string]int, error) {
	var names []string
	if err := s.conn(ctx).Raw("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass").Scan(&names).Error; err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, name := range names {
		var n int
		if err := s.conn(ctx).Raw("SELECT count(*) FROM " + name).Scan(&n).Error; err != nil {
			return nil, err
		}
		out[name] = n
	}
	return out, nil
}

// SortedParts lists the names of parts in order.
func SortedParts(parts map[string]int) []string { return slices.Sorted(maps.Keys(parts)) }

// Waiting tells how many writers of SQLite wait for their turn.
func (s *Store) Waiting() int {
	s.line.mu.Lock()
	defer s.line.mu.Unlock()
	return len(s.line.waits)
}

// Plans tells how the database would do what run asks of it, statement by statement, when it may not read a whole table.
func (s *Store) Plans(ctx context.Context, run func(context.Context) error) ([]string, error) {
	type statement struct {
		text string
		with []any
	}
	var seen []statement
	see := func(db *gorm.DB) {
		if !db.DryRun && db.Statement.Context.Value(plansKey{}) != nil {
			seen = append(seen, statement{db.Statement.SQL.String(), db.Statement.Vars})
		}
	}
	for _, err := range []error{s.db.Callback().Query().After("*").Register("test:query", see), s.db.Callback().Row().After("*").Register("test:row", see)} {
		if err != nil {
			return nil, err
		}
	}
	if err := run(context.WithValue(ctx, plansKey{}, true)); err != nil {
		return nil, err
	}
	explain := "EXPLAIN QUERY PLAN "
	var plans []string
	err := s.InTx(ctx, func(ctx context.Context) error {
		if s.dialect == onPostgres {
			explain = "EXPLAIN "
			if err := s.conn(ctx).Exec("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off").Error; err != nil {
				return err
			}
		}
		for _, q := range seen {
			var lines []map[string]any
			if err := s.conn(ctx).Raw(explain+q.text, q.with...).Scan(&lines).Error; err != nil {
				return err
			}
			plans = append(plans, fmt.Sprint(q.text, "\n", lines))
		}
		return nil
	})
	return plans, err
}

type plansKey struct{}
