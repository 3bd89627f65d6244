package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"vestibule/shared/domain"
)

type sipNumberRow struct {
	Number    string `gorm:"primaryKey"`
	SiteID    domain.SiteID
	Kind      string
	OwnerID   domain.ID[sipOwner] // of an apartment, a person or a device
	CreatedAt int64               `gorm:"autoCreateTime:false"`
}

type sipOwner struct{}

func (sipNumberRow) TableName() string { return "sip_numbers" }

// TakeSIPNumber writes down that a number is issued to owner; false when it was issued before, at any site of the platform. Two who ask for one
// number at once are told apart by the primary key.
func (s *Store) TakeSIPNumber(ctx context.Context, site domain.SiteID, number, kind string, owner [16]byte, at time.Time) (bool, error) {
	r := sipNumberRow{Number: number, SiteID: site, Kind: kind, OwnerID: owner, CreatedAt: at.UnixMilli()}
	made := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&r)
	if made.Error != nil {
		return false, fmt.Errorf("issue a SIP number: %w", made.Error)
	}
	return made.RowsAffected == 1, nil
}
