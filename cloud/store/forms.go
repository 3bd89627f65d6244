package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

type formRow struct {
	OrgID     domain.OrgID `gorm:"primaryKey"`
	Form      string       `gorm:"primaryKey"`
	Body      string
	Revision  uint64
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
}

func (formRow) TableName() string { return "org_forms" }

// ReadForm gives a form of an organisation; revision 0 when it was never filled in.
func (s *Store) ReadForm(ctx context.Context, org domain.OrgID, form account.FormName) (json.RawMessage, uint64, error) {
	var row formRow
	err := s.conn(ctx).Where("org_id = ? AND form = ?", org, string(form)).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("read form: %w", err)
	}
	return json.RawMessage(row.Body), row.Revision, nil
}

// WriteForm writes a form while its revision is still seen, 0 for one that is not there yet; else account.Stale.
func (s *Store) WriteForm(ctx context.Context, org domain.OrgID, form account.FormName, seen uint64, body json.RawMessage, at time.Time) error {
	if seen > 0 {
		return s.revised(ctx, &formRow{}, "This form", seen, map[string]any{"body": string(body), "updated_at": at.UnixMilli()},
			"org_id = ? AND form = ?", org, string(form))
	}
	row := formRow{OrgID: org, Form: string(form), Body: string(body), Revision: 1, UpdatedAt: at.UnixMilli()}
	err := s.conn(ctx).Create(&row).Error
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return account.NewStale(1)
	}
	if err != nil {
		return fmt.Errorf("save form: %w", err)
	}
	return nil
}
