package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/account"
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
