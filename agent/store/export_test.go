package store

import (
	"context"
	"fmt"
)

// SetSchema pretends that another agent wrote the file.
func (s *Store) SetSchema(ctx context.Context, number int) error {
	_, err := s.exec(ctx, fmt.Sprintf("PRAGMA user_version = %d", number))
	return err
}

// LimitPages forbids the file to grow: SQLite answers as it does on a full disk.
func (s *Store) LimitPages(ctx context.Context) error {
	var pages int
	if err := s.write.QueryRowContext(ctx, "PRAGMA page_count").Scan(&pages); err != nil {
		return err
	}
	_, err := s.write.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	return err
}

// ForgetShelf drops what the store knows of the outbox: the next transaction reads it.
func (s *Store) ForgetShelf() { s.known = nil }

// Compiled counts the statements that SQLite has compiled.
func (s *Store) Compiled() (n int) {
	for _, c := range s.statements {
		if c.stmt != 0 {
			n++
		}
	}
	return n
}
