package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"vestibule/shared/fault"
)

//go:embed schema/*.sql
var schema embed.FS

// migrate runs the numbered files that the database has not seen. PRAGMA user_version counts them.
func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Glob(schema, "schema/*.sql") // sorted by name
	if err != nil {
		return err
	}
	var have int
	if err := s.write.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("schema version: %w", err)
	}
	if have > len(files) {
		return fault.New(fault.Invalid, "The data folder was written by a newer agent (schema %d, this one knows %d).", have, len(files))
	}
	for i, name := range files[have:] {
		text, err := schema.ReadFile(name)
		if err != nil {
			return err
		}
		number := have + i + 1
		err = s.InTx(ctx, func(ctx context.Context) error {
			if _, err := s.exec(ctx, string(text)); err != nil {
				return err
			}
			_, err := s.exec(ctx, fmt.Sprintf("PRAGMA user_version = %d", number))
			return err
		})
		if err != nil {
			return fmt.Errorf("schema %d: %w", number, err)
		}
	}
	return nil
}
