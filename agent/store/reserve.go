package store

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
)

// reserveSize is what is kept back on the disk. Even removing rows writes to the log of the database first, so a volume
// that others have filled to the last byte would stand still without it.
const reserveSize = 1 << 20

func (s *Store) reserve() string { return filepath.Join(filepath.Dir(s.path), "reserve") }

// giveReserve gives the space that was kept back to the database.
func (s *Store) giveReserve() { _ = os.Truncate(s.reserve(), 0) }

// takeReserve moves the database's log into the database, which gives space back, and keeps the reserve again. When there is
// no space the next full disk has no reserve; that is no reason to stop.
func (s *Store) takeReserve(ctx context.Context) {
	if info, err := os.Stat(s.reserve()); err == nil && info.Size() == reserveSize {
		return
	}
	_, _ = s.write.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	if os.WriteFile(s.reserve(), bytes.Repeat([]byte{0xff}, reserveSize), 0o600) != nil {
		s.giveReserve()
	}
}
