package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// managers starts a query on the managers of the installer organisation that the caller works in.
func (s *Store) managers(ctx context.Context) *gorm.DB {
	return s.conn(ctx).Scopes(installerScope(ctx, "org_id")).Where("role = ?", string(account.RoleManager))
}

// OwnInstaller gives the installer organisation that the caller works in.
func (s *Store) OwnInstaller(ctx context.Context) (account.Org, error) {
	var row orgRow
	err := s.conn(ctx).Scopes(installerScope(ctx, "id")).Where("kind = ? AND deleted_at IS NULL", account.OrgInstaller).Order("created_at, id").Take(&row).Error
	if err != nil {
		return account.Org{}, fmt.Errorf("find the installer organisation: %w", missing(err, "An installer organisation"))
	}
	return row.org(), nil
}

// Managers lists managers by name. Their Org holds no more than the id.
func (s *Store) Managers(ctx context.Context, q account.ManagerQuery) ([]account.Account, string, error) {
	part, err := list[account.Account, accountRow](s.managers(ctx), fleet.Page{Limit: q.Limit, After: q.After, Query: q.Query})
	if err != nil {
		return nil, "", fmt.Errorf("list managers: %w", err)
	}
	return part.Items, part.Next, nil
}

// Manager gives one manager; one of another organisation is NotFound.
func (s *Store) Manager(ctx context.Context, id domain.AccountID) (account.Account, error) {
	var row accountRow
	if err := s.managers(ctx).Where("id = ? AND deleted_at IS NULL", id).Take(&row).Error; err != nil {
		return account.Account{}, fmt.Errorf("read manager: %w", missing(err, "This manager"))
	}
	a := row.account()
	var err error
	a.Org, err = s.Org(ctx, row.OrgID)
	return a, err
}

// ChangeManager writes names, language and switches of a manager while its revision is that of a. The e-mail address never changes (PM-12).
func (s *Store) ChangeManager(ctx context.Context, a account.Account, at time.Time) error {
	changes := map[string]any{
		"first_name": a.FirstName, "last_name": a.LastName, "name": a.Name, "language": a.Language, "remind_monthly": a.RemindMonthly,
		"email_factor": a.EmailFactor, "folded": fold(a.Name + " " + a.Username + " " + a.Email), "updated_at": at.UnixMilli(),
	}
	return s.revised(ctx, &accountRow{}, "This manager", a.Revision, changes, "id = ? AND deleted_at IS NULL", a.ID)
}
