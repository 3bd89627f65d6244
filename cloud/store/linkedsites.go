package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// accountPersonRow is a person of a further site who uses an account.
type accountPersonRow struct {
	PersonID  domain.PersonID `gorm:"primaryKey"`
	AccountID domain.AccountID
	SiteID    domain.SiteID
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

func (accountPersonRow) TableName() string { return "account_people" }

// LinkPerson lets a person of a further site use an account.
func (s *Store) LinkPerson(ctx context.Context, id domain.AccountID, site domain.SiteID, person domain.PersonID, at time.Time) error {
	row := accountPersonRow{PersonID: person, AccountID: id, SiteID: site, CreatedAt: at.UnixMilli()}
	if err := s.conn(ctx).Create(&row).Error; err != nil {
		return fmt.Errorf("link a site: %w", duplicate(err, "email", "This person has an account already."))
	}
	return nil
}

// UnlinkPerson takes a person of a further site from its account.
func (s *Store) UnlinkPerson(ctx context.Context, person domain.PersonID) error {
	return s.conn(ctx).Where("person_id = ?", person).Delete(&accountPersonRow{}).Error
}

// LinkedPeople lists who uses an account beside its first person, in the order in which they were linked.
func (s *Store) LinkedPeople(ctx context.Context, id domain.AccountID) ([]domain.PersonID, error) {
	var people []domain.PersonID
	err := s.conn(ctx).Model(&accountPersonRow{}).Where("account_id = ?", id).Order("created_at, person_id").Pluck("person_id", &people).Error
	if err != nil {
		return nil, fmt.Errorf("read linked sites: %w", err)
	}
	return people, nil
}

// HandAccount makes another person the first of an account, in a role that fits.
func (s *Store) HandAccount(ctx context.Context, id domain.AccountID, person domain.PersonID, role account.Role) error {
	err := s.conn(ctx).Model(&accountRow{}).Where("id = ? AND deleted_at IS NULL", id).
		Updates(map[string]any{"person_id": person, "role": string(role)}).Error
	if err != nil {
		return fmt.Errorf("change whose account it is: %w", err)
	}
	return nil
}
