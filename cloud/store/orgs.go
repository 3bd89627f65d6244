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

type orgRow struct {
	ID        domain.OrgID `gorm:"primaryKey"`
	ParentID  domain.OrgID
	Kind      string
	Name      string
	Own       bool
	Gates     gateColumns `gorm:"embedded"`
	Folded    string
	Revision  uint64
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	UpdatedAt int64 `gorm:"autoUpdateTime:false"`
	DeletedAt *int64
}

// gateColumns are the columns of account.Gates.
type gateColumns struct {
	TwoFactor        bool
	Payment          bool
	AccountAccess    bool
	CommunityCalls   bool
	MACRegistration  bool `gorm:"column:mac_registration"`
	Credits          int64
	OfflineSolution  bool
	AutomaticRenewal bool
	DormakabaLocks   bool
}

func (orgRow) TableName() string { return "orgs" }

func (r orgRow) org() account.Org {
	return account.Org{ID: r.ID, ParentID: r.ParentID, Kind: account.OrgKind(r.Kind), Name: r.Name, Own: r.Own, Gates: account.Gates(r.Gates), CreatedAt: fromMilli(r.CreatedAt), Revision: r.Revision}
}

// fromMilli reads a stored time.
func fromMilli(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// SaveOrg adds an organisation.
func (s *Store) SaveOrg(ctx context.Context, o account.Org) error {
	at := o.CreatedAt.UnixMilli()
	row := orgRow{
		ID: o.ID, ParentID: o.ParentID, Kind: string(o.Kind), Name: o.Name, Own: o.Own, Gates: gateColumns(o.Gates), Folded: fold(o.Name), Revision: 1,
		CreatedAt: at, UpdatedAt: at,
	}
	if err := s.conn(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("save organisation: %w", err)
	}
	return nil
}

// InstallerOrg gives the organisation in which a member of org makes sites: org itself when it is an installer, else its own installer.
func (s *Store) InstallerOrg(ctx context.Context, org domain.OrgID) (domain.OrgID, error) {
	var row orgRow
	err := s.conn(ctx).Where("deleted_at IS NULL AND kind = ? AND (id = ? OR parent_id = ? AND own)", account.OrgInstaller, org, org).Order("created_at, id").Take(&row).Error
	if err != nil {
		return domain.OrgID{}, fmt.Errorf("find the installer organisation: %w", missing(err, "An installer organisation"))
	}
	return row.ID, nil
}

func (r orgRow) place() (string, string) { return r.Folded, r.ID.String() }

func (r orgRow) noun() account.Org { return r.org() }

// handedOut limits a query to organisations that the caller of ctx handed out: everything below an operator, the installers of a distributor.
// What an operator owns itself is not handed out. Who entered with leave sees nothing from the moment it ends.
func handedOut(ctx context.Context) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		caller, ok := callerOf(ctx)
		if !ok {
			return db.Where("1 = 0")
		}
		db = db.Where("NOT own AND deleted_at IS NULL")
		switch caller.Role {
		case account.RoleOperator:
			db = db.Where("(parent_id = ? OR parent_id IN (SELECT id FROM orgs WHERE parent_id = ? AND deleted_at IS NULL))", caller.Org, caller.Org)
		case account.RoleDistributor:
			db = db.Where("parent_id = ?", caller.Org)
		default:
			return db.Where("1 = 0")
		}
		return whileGranted(db, caller)
	}
}

// Org gives an organisation whoever asks.
func (s *Store) Org(ctx context.Context, id domain.OrgID) (account.Org, error) {
	var row orgRow
	if err := s.conn(ctx).Where("id = ? AND deleted_at IS NULL", id).Take(&row).Error; err != nil {
		return account.Org{}, fmt.Errorf("read organisation: %w", missing(err, "This organisation"))
	}
	return row.org(), nil
}

// HandedOut lists organisations that the caller handed out, by name.
func (s *Store) HandedOut(ctx context.Context, q account.OrgQuery) ([]account.OrgCard, string, error) {
	query := s.conn(ctx).Scopes(handedOut(ctx))
	if q.Kind != "" {
		query = query.Where("kind = ?", string(q.Kind))
	}
	part, err := list[account.Org, orgRow](query, fleet.Page{Limit: q.Limit, After: q.After, Query: q.Query})
	if err != nil {
		return nil, "", err
	}
	cards, err := s.cards(ctx, part.Items, q.Now)
	return cards, part.Next, err
}

// HandedOutOrg gives one organisation that the caller handed out; inside a transaction its row is locked until the end.
func (s *Store) HandedOutOrg(ctx context.Context, id domain.OrgID, now time.Time) (account.OrgCard, error) {
	query := s.conn(ctx)
	if s.running(ctx) != nil {
		query = s.forUpdate(query)
	}
	var row orgRow
	if err := query.Scopes(handedOut(ctx)).Where("id = ?", id).Take(&row).Error; err != nil {
		return account.OrgCard{}, fmt.Errorf("read organisation: %w", missing(err, "This organisation"))
	}
	cards, err := s.cards(ctx, []account.Org{row.org()}, now)
	if err != nil {
		return account.OrgCard{}, err
	}
	return cards[0], nil
}

// cards adds to organisations what those above see of them.
func (s *Store) cards(ctx context.Context, orgs []account.Org, now time.Time) ([]account.OrgCard, error) {
	cards := make([]account.OrgCard, len(orgs))
	at, ids, parents := map[domain.OrgID]int{}, make([]domain.OrgID, len(orgs)), make([]domain.OrgID, len(orgs))
	for i, org := range orgs {
		cards[i].Org, at[org.ID], ids[i], parents[i] = org, i, org.ID, org.ParentID
	}
	var above []orgRow
	var owners []accountRow
	var sites []struct {
		OrgID domain.OrgID
		N     int
	}
	var leaves []struct {
		OrgID     domain.OrgID
		Writes    bool
		ExpiresAt int64
	}
	caller, _ := account.From(ctx)
	for _, err := range []error{
		s.conn(ctx).Where("id IN ?", parents).Find(&above).Error,
		s.conn(ctx).Where("org_id IN ? AND role IN ? AND deleted_at IS NULL", ids, []string{string(account.RoleDistributor), string(account.RoleInstaller)}).
			Order("created_at DESC, id DESC").Find(&owners).Error,
		s.conn(ctx).Table("sites").Select("org_id, COUNT(*) AS n").Where("org_id IN ? AND deleted_at IS NULL", ids).Group("org_id").Scan(&sites).Error,
		s.conn(ctx).Table("grants").Select("org_id, writes, expires_at").Order("created_at").
			Where("org_id IN ? AND to_org_id = ? AND "+running, ids, caller.Org, now.UnixMilli()).Scan(&leaves).Error,
	} {
		if err != nil {
			return nil, fmt.Errorf("read organisations: %w", err)
		}
	}
	for i := range cards {
		for _, p := range above {
			if p.ID == cards[i].ParentID {
				cards[i].Parent = p.org()
			}
		}
	}
	for _, o := range owners { // newest first, so that the first account stays
		cards[at[o.OrgID]].Owner = account.Owner{ID: o.ID, Name: o.Name, Email: o.Email, Username: o.Username, Activated: o.ActivatedAt != nil}
	}
	for _, n := range sites {
		cards[at[n.OrgID]].Sites = n.N
	}
	for _, l := range leaves {
		cards[at[l.OrgID]].Leave = &account.OrgLeave{Writes: l.Writes, ExpiresAt: fromMilli(l.ExpiresAt)}
	}
	return cards, nil
}

// ChangeOrg writes name and gates of an organisation while its revision is still seen; else account.Stale.
func (s *Store) ChangeOrg(ctx context.Context, seen uint64, o account.Org, at time.Time) error {
	g := o.Gates
	return s.revised(ctx, &orgRow{}, "This organisation", seen, map[string]any{
		"name": o.Name, "folded": fold(o.Name), "updated_at": at.UnixMilli(), "two_factor": g.TwoFactor, "payment": g.Payment,
		"account_access": g.AccountAccess, "community_calls": g.CommunityCalls, "mac_registration": g.MACRegistration, "credits": g.Credits,
		"offline_solution": g.OfflineSolution, "automatic_renewal": g.AutomaticRenewal, "dormakaba_locks": g.DormakabaLocks,
	}, "id = ? AND deleted_at IS NULL", o.ID)
}

// OrgHolds counts the sites of an organisation and the organisations below it.
func (s *Store) OrgHolds(ctx context.Context, id domain.OrgID) (sites, children int, err error) {
	var n, m int64
	if err := s.conn(ctx).Table("sites").Where("org_id = ? AND deleted_at IS NULL", id).Count(&n).Error; err != nil {
		return 0, 0, fmt.Errorf("count sites: %w", err)
	}
	if err := s.conn(ctx).Table("orgs").Where("parent_id = ? AND deleted_at IS NULL", id).Count(&m).Error; err != nil {
		return 0, 0, fmt.Errorf("count organisations: %w", err)
	}
	return int(n), int(m), nil
}

// DropOrg marks an organisation and its accounts as deleted and ends everything that signs in there or lets somebody in.
func (s *Store) DropOrg(ctx context.Context, id domain.OrgID, at time.Time) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		var members []domain.AccountID
		if err := s.conn(ctx).Model(&accountRow{}).Where("org_id = ? AND deleted_at IS NULL", id).Pluck("id", &members).Error; err != nil {
			return fmt.Errorf("list accounts: %w", err)
		}
		for _, member := range members {
			if err := s.DropAccount(ctx, member, at); err != nil {
				return err
			}
		}
		ms := at.UnixMilli()
		for _, err := range []error{
			s.conn(ctx).Table("grants").Where("(org_id = ? OR to_org_id = ?) AND ended_at IS NULL", id, id).Update("ended_at", ms).Error,
			s.conn(ctx).Table("webhooks").Where("org_id = ? AND deleted_at IS NULL", id).Update("deleted_at", ms).Error,
			s.conn(ctx).Where("org_id = ?", id).Delete(&macRow{}).Error, // its MAC library: they are free for the next owner
			s.conn(ctx).Model(&orgRow{}).Where("id = ?", id).Updates(map[string]any{"deleted_at": ms, "updated_at": ms}).Error,
		} {
			if err != nil {
				return fmt.Errorf("delete organisation: %w", err)
			}
		}
		return nil
	})
}
