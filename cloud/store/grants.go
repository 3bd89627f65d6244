package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/cloud/consent"
	"vestibule/shared/domain"
)

var _ consent.Store = (*Store)(nil)

type grantRow struct {
	ID        domain.GrantID `gorm:"primaryKey"`
	OrgID     domain.OrgID
	ToOrgID   domain.OrgID
	ToName    string `gorm:"->;-:migration"` // joined
	Kind      string
	Writes    bool
	Reason    string
	GivenBy   domain.AccountID
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	ExpiresAt int64
	EndedAt   *int64
	EndedBy   domain.AccountID
}

func (grantRow) TableName() string { return "grants" }

func (r grantRow) grant() consent.Grant {
	return consent.Grant{
		ID: r.ID, Org: r.OrgID, To: r.ToOrgID, ToName: r.ToName, Kind: account.GrantKind(r.Kind), Writes: r.Writes, Reason: r.Reason, GivenBy: r.GivenBy,
		CreatedAt: fromMilli(r.CreatedAt), ExpiresAt: fromMilli(r.ExpiresAt), EndedAt: fromMilliOr(r.EndedAt), EndedBy: r.EndedBy,
	}
}

type visitRow struct {
	ID        consent.VisitID `gorm:"primaryKey"`
	GrantID   domain.GrantID
	SessionID domain.SessionID
	AccountID domain.AccountID
	EnteredAt int64
	LeftAt    *int64
}

func (visitRow) TableName() string { return "entries" }

// running is the condition of a grant that holds at a time in milliseconds.
const running = "grants.ended_at IS NULL AND grants.expires_at > ?"

func (s *Store) grants(ctx context.Context) *gorm.DB {
	return s.conn(ctx).Select(s.named(grantRow{}) + ", orgs.name AS to_name").Joins("JOIN orgs ON orgs.id = grants.to_org_id")
}

// LockOrg gives an organisation whoever asks, and keeps others from changing it until the transaction ends.
func (s *Store) LockOrg(ctx context.Context, id domain.OrgID) (account.Org, error) {
	var row orgRow
	if err := s.forUpdate(s.conn(ctx)).Where("id = ? AND deleted_at IS NULL", id).Take(&row).Error; err != nil {
		return account.Org{}, fmt.Errorf("lock organisation: %w", missing(err, "This organisation"))
	}
	return row.org(), nil
}

// OwnersOf lists the accounts that own an organisation: everybody in it but sub-installers and those of its sites.
func (s *Store) OwnersOf(ctx context.Context, org domain.OrgID) ([]account.Account, error) {
	var rows []accountRow
	err := s.conn(ctx).Where("org_id = ? AND role IN ? AND deleted_at IS NULL", org,
		[]string{string(account.RoleOperator), string(account.RoleDistributor), string(account.RoleInstaller)}).Order("created_at, id").Limit(MaxPage).Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list owners: %w", err)
	}
	out := make([]account.Account, len(rows))
	for i, r := range rows {
		out[i] = r.account()
	}
	return out, nil
}

// AddGrant adds leave.
func (s *Store) AddGrant(ctx context.Context, g consent.Grant) error {
	row := grantRow{
		ID: g.ID, OrgID: g.Org, ToOrgID: g.To, Kind: string(g.Kind), Writes: g.Writes, Reason: g.Reason, GivenBy: g.GivenBy,
		CreatedAt: g.CreatedAt.UnixMilli(), ExpiresAt: g.ExpiresAt.UnixMilli(),
	}
	if err := s.conn(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("save leave: %w", err)
	}
	return nil
}

// Grant gives leave, running or not.
func (s *Store) Grant(ctx context.Context, id domain.GrantID) (consent.Grant, error) {
	var row grantRow
	if err := s.grants(ctx).Where("grants.id = ?", id).Take(&row).Error; err != nil {
		return consent.Grant{}, fmt.Errorf("read leave: %w", missing(err, "This leave"))
	}
	return row.grant(), nil
}

// RunningGrant gives the leave to enter an organisation that holds now.
func (s *Store) RunningGrant(ctx context.Context, org domain.OrgID, now time.Time) (consent.Grant, error) {
	var row grantRow
	err := s.grants(ctx).Where("grants.org_id = ? AND "+running, org, now.UnixMilli()).Order("grants.created_at DESC, grants.id DESC").Take(&row).Error
	if err != nil {
		return consent.Grant{}, fmt.Errorf("read leave: %w", missing(err, "Such leave"))
	}
	return row.grant(), nil
}

// PastGrants lists leave that has ended, newest first.
func (s *Store) PastGrants(ctx context.Context, org domain.OrgID, now time.Time, limit int) ([]consent.Grant, error) {
	query := s.grants(ctx).Where("grants.org_id = ? AND NOT ("+running+")", org, now.UnixMilli()).Order("grants.created_at DESC, grants.id DESC").Limit(limit)
	return readGrants(query)
}

// DueGrants lists leave whose time is over and that was not ended yet.
func (s *Store) DueGrants(ctx context.Context, now time.Time) ([]consent.Grant, error) {
	return readGrants(s.grants(ctx).Where("grants.ended_at IS NULL AND grants.expires_at <= ?", now.UnixMilli()).Order("grants.expires_at").Limit(MaxPage))
}

func readGrants(query *gorm.DB) ([]consent.Grant, error) {
	var rows []grantRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list leave: %w", err)
	}
	out := make([]consent.Grant, len(rows))
	for i, r := range rows {
		out[i] = r.grant()
	}
	return out, nil
}

// NextGrantEnd tells when the next leave ends; zero when none runs.
func (s *Store) NextGrantEnd(ctx context.Context) (time.Time, error) {
	var at *int64
	if err := s.conn(ctx).Model(&grantRow{}).Where("ended_at IS NULL").Select("MIN(expires_at)").Scan(&at).Error; err != nil {
		return time.Time{}, fmt.Errorf("read the next end of leave: %w", err)
	}
	return fromMilliOr(at), nil
}

// EndGrant ends leave and the visits under it; false when it had ended before.
func (s *Store) EndGrant(ctx context.Context, id domain.GrantID, at time.Time, by domain.AccountID) (bool, error) {
	ms := at.UnixMilli()
	done := s.conn(ctx).Model(&grantRow{}).Where("id = ? AND ended_at IS NULL", id).Updates(map[string]any{"ended_at": ms, "ended_by": by})
	if done.Error != nil {
		return false, fmt.Errorf("end leave: %w", done.Error)
	}
	if err := s.conn(ctx).Model(&visitRow{}).Where("grant_id = ? AND left_at IS NULL", id).Update("left_at", ms).Error; err != nil {
		return false, fmt.Errorf("end visits: %w", err)
	}
	return done.RowsAffected > 0, nil
}

// AddVisit writes down that a session entered, and tells whether its account enters by this leave for the first time.
func (s *Store) AddVisit(ctx context.Context, v consent.Visit) (first bool, err error) {
	var before int64
	err = s.conn(ctx).Model(&visitRow{}).Where("grant_id = ? AND account_id = ?", v.Grant, v.Account).Count(&before).Error
	if err == nil {
		err = s.conn(ctx).Create(&visitRow{ID: v.ID, GrantID: v.Grant, SessionID: v.Session, AccountID: v.Account, EnteredAt: v.At.UnixMilli()}).Error
	}
	if err != nil {
		return false, fmt.Errorf("save visit: %w", err)
	}
	return before == 0, nil
}

// EndVisits writes down that a session is back home.
func (s *Store) EndVisits(ctx context.Context, session domain.SessionID, at time.Time) error {
	err := s.conn(ctx).Model(&visitRow{}).Where("session_id = ? AND left_at IS NULL", session).Update("left_at", at.UnixMilli()).Error
	if err != nil {
		return fmt.Errorf("end visits: %w", err)
	}
	return nil
}

// Guests lists who is inside by a grant: visits whose session still lives and is still there.
func (s *Store) Guests(ctx context.Context, grant domain.GrantID, now time.Time) ([]consent.Guest, error) {
	var rows []struct {
		AccountID domain.AccountID
		Name, Org string
		EnteredAt int64
	}
	err := s.conn(ctx).Table("entries").
		Select("entries.account_id, accounts.name, orgs.name AS org, MIN(entries.entered_at) AS entered_at").
		Joins("JOIN accounts ON accounts.id = entries.account_id AND accounts.deleted_at IS NULL").
		Joins("JOIN orgs ON orgs.id = accounts.org_id").
		Joins("JOIN sessions ON sessions.id = entries.session_id AND sessions.grant_id = entries.grant_id AND sessions.expires_at > ?", now.UnixMilli()).
		Where("entries.grant_id = ? AND entries.left_at IS NULL", grant).
		Group("entries.account_id, accounts.name, orgs.name").Order("entered_at").Limit(100).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("list who is inside: %w", err)
	}
	out := make([]consent.Guest, len(rows))
	for i, r := range rows {
		out[i] = consent.Guest{Account: r.AccountID, Name: r.Name, Org: r.Org, Since: fromMilli(r.EnteredAt)}
	}
	return out, nil
}
