package store

import (
	"context"
	"database/sql"
	"errors"

	"gorm.io/gorm"
)

// places are where the columns of a row go, in their order.
type places []any

// row reads one row; gorm.ErrRecordNotFound when there is none. gorm's own way costs two to three times as much, and an agent that comes asks for several rows,
// as all others do that come with it.
func (s *Store) row(ctx context.Context, into places, query string, args ...any) error {
	db := s.conn(ctx)
	if db.Error != nil {
		return db.Error // gorm would give no row to scan
	}
	err := db.Raw(query, args...).Row().Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return gorm.ErrRecordNotFound
	}
	return err
}
