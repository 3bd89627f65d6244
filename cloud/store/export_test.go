package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Columns lists what the schema holds, as "table.column" → kind of type and whether it may be NULL, in words that are the same for
// both databases; indexes as "index name" → table.
func (s *Store) Columns(ctx context.Context) (map[string]string, error) {
	query := `SELECT m.name AS table_name, c.name AS column_name, lower(c.type) AS type, (c."notnull" = 0 AND c.pk = 0) AS nullable
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`
	indexes := "SELECT name, tbl_name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
	if s.dialect == onPostgres {
		query = `SELECT table_name, column_name, data_type AS type, is_nullable = 'YES' AS nullable
			FROM information_schema.columns WHERE table_schema = 'public'`
		indexes = "SELECT indexname AS name, tablename AS tbl_name FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%_pkey'"
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
