package store

import (
	"context"
	"database/sql"
)

// Pool gives the connections of the database to the job queue, which keeps tables of its own in it.
func (s *Store) Pool() *sql.DB { return s.pool }

// Dialect is "sqlite" or "postgres".
func (s *Store) Dialect() string { return string(s.dialect) }

// Tx gives the transaction that travels in ctx, so that a job stands or falls with what causes it; nil outside a transaction.
func (s *Store) Tx(ctx context.Context) *sql.Tx {
	running := s.running(ctx)
	if running == nil {
		return nil
	}
	tx, _ := running.db.Statement.ConnPool.(*sql.Tx)
	return tx
}
