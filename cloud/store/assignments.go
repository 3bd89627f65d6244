package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

type assignmentRow struct {
	SiteID          domain.SiteID    `gorm:"primaryKey"`
	AccountID       domain.AccountID `gorm:"primaryKey"`
	Pay             bool
	RenewalMails    bool
	App             bool
	AppUser         string
	AppPasswordHash string
	AppExpiresAt    *int64
	DeleteAccounts  bool
	LogAccess       bool
	Revision        uint64
	CreatedAt       int64  `gorm:"autoCreateTime:false"`
	UpdatedAt       int64  `gorm:"autoUpdateTime:false"`
	Name            string `gorm:"->"` // of the account
	Email           string `gorm:"->"`
}

func (assignmentRow) TableName() string { return "site_managers" }

func (r assignmentRow) assignment() account.Assignment {
	return account.Assignment{
		Site: r.SiteID, Account: r.AccountID, Name: r.Name, Email: r.Email, AppUser: r.AppUser, AppExpiresAt: fromMilliOr(r.AppExpiresAt), Revision: r.Revision,
		Permissions: account.Permissions{Pay: r.Pay, RenewalMails: r.RenewalMails, App: r.App, DeleteAccounts: r.DeleteAccounts, LogAccess: r.LogAccess},
	}
}

// assigned starts a query on the managers of a site, as far as the caller may see it. An account of another organisation, left from before
// the site moved, does not count.
func (s *Store) assigned(ctx context.Context, site domain.SiteID, role account.Role) *gorm.DB {
	return s.in(ctx, site).Model(&assignmentRow{}).Select(s.named(assignmentRow{})+", accounts.name, accounts.email").
		Joins("JOIN accounts ON accounts.id = site_managers.account_id AND accounts.deleted_at IS NULL AND accounts.role = ?", string(role)).
		Where("accounts.org_id IN (SELECT org_id FROM sites WHERE id = ?)", site)
}

// Assignments lists the managers of a site by name.
func (s *Store) Assignments(ctx context.Context, site domain.SiteID) ([]account.Assignment, error) {
	var rows []assignmentRow
	if err := s.assigned(ctx, site, account.RoleManager).Order("accounts.folded, accounts.id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read managers of site: %w", err)
	}
	out := make([]account.Assignment, len(rows))
	for i, r := range rows {
		out[i] = r.assignment()
	}
	return out, nil
}

// Assignment gives one manager of a site.
func (s *Store) Assignment(ctx context.Context, site domain.SiteID, id domain.AccountID) (account.Assignment, error) {
	var r assignmentRow
	if err := s.assigned(ctx, site, account.RoleManager).Where("site_managers.account_id = ?", id).Take(&r).Error; err != nil {
		return account.Assignment{}, fmt.Errorf("read assignment: %w", missing(err, "This assignment"))
	}
	return r.assignment(), nil
}

// ManagerMay gives the assignment of the caller of ctx itself at a site: what a manager may do there. NotFound when it has none, or the site
// is out of its sight.
func (s *Store) ManagerMay(ctx context.Context, site domain.SiteID) (account.Assignment, error) {
	caller, _ := account.From(ctx)
	return s.Assignment(ctx, site, caller.Account)
}

// AddAssignment gives an account a site. A row left from before the site came back is replaced.
func (s *Store) AddAssignment(ctx context.Context, a account.Assignment, at time.Time) error {
	ms := at.UnixMilli()
	row := assignmentRow{
		SiteID: a.Site, AccountID: a.Account, Pay: a.Pay, RenewalMails: a.RenewalMails, App: a.App, AppUser: a.AppUser, AppExpiresAt: milliOr(a.AppExpiresAt),
		DeleteAccounts: a.DeleteAccounts, LogAccess: a.LogAccess, Revision: 1, CreatedAt: ms, UpdatedAt: ms,
	}
	if err := s.conn(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("save assignment: %w", duplicate(err, "account_id", "This manager has the site already."))
	}
	return nil
}

// ChangeAssignment writes the switches of an assignment while its revision is that of a. Switching the App off ends its password.
func (s *Store) ChangeAssignment(ctx context.Context, a account.Assignment, at time.Time) error {
	changes := map[string]any{
		"pay": a.Pay, "renewal_mails": a.RenewalMails, "app": a.App, "app_user": a.AppUser, "delete_accounts": a.DeleteAccounts,
		"log_access": a.LogAccess, "updated_at": at.UnixMilli(),
	}
	if !a.App {
		changes["app_password_hash"] = ""
	}
	if err := s.revised(ctx, &assignmentRow{}, "This assignment", a.Revision, changes, "site_id = ? AND account_id = ?", a.Site, a.Account); err != nil {
		return err
	}
	s.lose(ctx, a.Account)
	return nil
}

// DropAssignment takes a site from an account.
func (s *Store) DropAssignment(ctx context.Context, site domain.SiteID, id domain.AccountID) error {
	if err := s.in(ctx, site).Where("account_id = ?", id).Delete(&assignmentRow{}).Error; err != nil {
		return fmt.Errorf("delete assignment: %w", err)
	}
	s.lose(ctx, id)
	return nil
}

// DropAssignments takes every site from an account.
func (s *Store) DropAssignments(ctx context.Context, id domain.AccountID) error {
	if err := s.conn(ctx).Where("account_id = ?", id).Delete(&assignmentRow{}).Error; err != nil {
		return fmt.Errorf("delete assignments: %w", err)
	}
	s.lose(ctx, id)
	return nil
}

// SetAppPassword keeps the hash of a new App password.
func (s *Store) SetAppPassword(ctx context.Context, site domain.SiteID, id domain.AccountID, hash secret.String, at time.Time) error {
	changes := map[string]any{"app_password_hash": hash.Reveal(), "updated_at": at.UnixMilli()}
	if err := s.in(ctx, site).Model(&assignmentRow{}).Where("account_id = ?", id).Updates(changes).Error; err != nil {
		return fmt.Errorf("save App password: %w", err)
	}
	return nil
}

// AppUserTaken tells whether somebody in the platform has an App user.
func (s *Store) AppUserTaken(ctx context.Context, user string) (bool, error) {
	var n int64
	if err := s.conn(ctx).Model(&assignmentRow{}).Where("app_user = ?", user).Count(&n).Error; err != nil {
		return false, fmt.Errorf("look for App user: %w", err)
	}
	return n > 0, nil
}

// ManagedSites gives the sites of each of managers, by name, as far as the caller may see them.
func (s *Store) ManagedSites(ctx context.Context, managers []domain.AccountID) (map[domain.AccountID][]account.ManagedSite, error) {
	out := map[domain.AccountID][]account.ManagedSite{}
	if len(managers) == 0 {
		return out, nil
	}
	var rows []struct {
		AccountID domain.AccountID
		SiteID    domain.SiteID
		Name      string
	}
	err := s.conn(ctx).Table("site_managers").Scopes(scope(ctx, "site_managers.site_id")).Select("site_managers.account_id, site_managers.site_id, sites.name").
		Joins("JOIN sites ON sites.id = site_managers.site_id").Where("site_managers.account_id IN ?", managers).
		Order("sites.folded, sites.id").Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read sites of managers: %w", err)
	}
	for _, r := range rows {
		out[r.AccountID] = append(out[r.AccountID], account.ManagedSite{ID: r.SiteID, Name: r.Name})
	}
	return out, nil
}

// SiteOrg gives the organisation of a site that the caller may see.
func (s *Store) SiteOrg(ctx context.Context, site domain.SiteID) (account.Org, error) {
	found, err := s.Site(ctx, site)
	if err != nil {
		return account.Org{}, err
	}
	return s.Org(ctx, found.OrgID)
}
