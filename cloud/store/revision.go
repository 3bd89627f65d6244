package store

import (
	"context"
	"fmt"
	"maps"

	"gorm.io/gorm"

	"vestibule/cloud/account"
)

// revised changes the one row of model that where finds and counts its revision on, but only while the revision is still seen: what was
// read and checked before holds, or nothing is written and the answer is Conflict with the present revision (account.Stale). It needs no
// lock; noun names the thing ("This webhook") when it is gone meanwhile.
func (s *Store) revised(ctx context.Context, model any, noun string, seen uint64, changes map[string]any, where string, args ...any) error {
	find := func() *gorm.DB { return s.conn(ctx).Model(model).Where(where, args...) }
	columns := maps.Clone(changes)
	columns["revision"] = gorm.Expr("revision + 1")
	done := find().Where("revision = ?", seen).Updates(columns)
	if done.Error != nil {
		return fmt.Errorf("change: %w", done.Error)
	}
	if done.RowsAffected > 0 {
		return nil
	}
	var present []uint64
	if err := find().Limit(1).Pluck("revision", &present).Error; err != nil {
		return fmt.Errorf("change: %w", err)
	}
	if len(present) == 0 {
		return missing(gorm.ErrRecordNotFound, noun)
	}
	return account.NewStale(present[0])
}
