package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"vestibule/cloud/registration"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

type registrationRow struct {
	ApartmentID domain.ApartmentID `gorm:"primaryKey"`
	SiteID      domain.SiteID
	TokenHash   []byte
	Token       []byte // sealed
	CreatedAt   int64  `gorm:"autoCreateTime:false"`
	UsedAt      *int64
}

func (registrationRow) TableName() string { return "registrations" }

// purposeOf ties a sealed token to its home.
func (registrationRow) purposeOf(id domain.ApartmentID) string { return "registration " + id.String() }

// PutRegistration gives a home a new code; the one before is worth nothing from then on.
func (s *Store) PutRegistration(ctx context.Context, site domain.SiteID, id domain.ApartmentID, code registration.Code, at time.Time) error {
	r := registrationRow{ApartmentID: id, SiteID: site, TokenHash: code.Hash, CreatedAt: at.UnixMilli()}
	var err error
	if r.Token, err = s.key.Seal(r.purposeOf(id), []byte(code.Token.Reveal())); err != nil {
		return fmt.Errorf("seal registration: %w", err)
	}
	err = s.conn(ctx).Clauses(clause.OnConflict{
		Columns: []clause.Column{{Name: "apartment_id"}}, DoUpdates: clause.AssignmentColumns([]string{"site_id", "token_hash", "token", "created_at", "used_at"}),
	}).Create(&r).Error
	if err != nil {
		return fmt.Errorf("save registration: %w", err)
	}
	return nil
}

// Registration gives the code of a home; NotFound when it has none.
func (s *Store) Registration(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (registration.Kept, error) {
	var r registrationRow
	if err := s.in(ctx, site).Where("apartment_id = ?", id).Take(&r).Error; err != nil {
		return registration.Kept{}, fmt.Errorf("read registration: %w", missing(err, "This code"))
	}
	plain, err := s.key.Open(r.purposeOf(id), r.Token)
	if err != nil {
		return registration.Kept{}, fmt.Errorf("open registration: %w", err)
	}
	out := registration.Kept{Token: secret.New(string(plain)), Created: instant(r.CreatedAt)}
	if r.UsedAt != nil {
		out.Used = instant(*r.UsedAt)
	}
	return out, nil
}

// UseRegistration uses the code of a home up: true for the one who does, while nobody has and no other code has taken its place.
func (s *Store) UseRegistration(ctx context.Context, id domain.ApartmentID, hash []byte, at time.Time) (bool, error) {
	done := s.conn(ctx).Model(&registrationRow{}).Where("apartment_id = ? AND token_hash = ? AND used_at IS NULL", id, hash).Update("used_at", at.UnixMilli())
	if done.Error != nil {
		return false, fmt.Errorf("use registration: %w", done.Error)
	}
	return done.RowsAffected == 1, nil
}

// DropRegistration takes the code of a home away.
func (s *Store) DropRegistration(ctx context.Context, site domain.SiteID, id domain.ApartmentID) error {
	if err := s.in(ctx, site).Where("apartment_id = ?", id).Delete(&registrationRow{}).Error; err != nil {
		return fmt.Errorf("drop registration: %w", err)
	}
	return nil
}

// FindRegistration gives the home of a code that nobody has used, whoever asks; NotFound when there is none, the home is gone or its site takes
// nobody (SITE-21). All of it is one query, so that no answer takes longer than another.
func (s *Store) FindRegistration(ctx context.Context, hash []byte) (registration.Home, error) {
	var row struct {
		SiteID         domain.SiteID
		ApartmentID    domain.ApartmentID
		Site, Number   string
		Name, Building string
	}
	off := s.jsonBool("sites.form", "no_registration")
	err := s.conn(ctx).Table("registrations").Joins("JOIN sites ON sites.id = registrations.site_id AND sites.deleted_at IS NULL").
		Joins("JOIN apartments ON apartments.id = registrations.apartment_id AND apartments.deleted_at IS NULL").
		Joins("JOIN buildings ON buildings.id = apartments.building_id").
		Select("registrations.site_id, registrations.apartment_id, sites.name AS site, apartments.number, apartments.name, buildings.name AS building").
		Where("registrations.token_hash = ? AND registrations.used_at IS NULL AND NOT CAST("+off+" AS boolean)", hash).Take(&row).Error
	if err != nil {
		return registration.Home{}, fmt.Errorf("find registration: %w", missing(err, "This code"))
	}
	return registration.Home{
		Site: row.SiteID, Apartment: row.ApartmentID, SiteName: row.Site, Number: row.Number, Name: row.Name, Building: row.Building,
	}, nil
}
