package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"vestibule/cloud/fleet"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

type keyringRow struct {
	PersonID   domain.PersonID `gorm:"primaryKey"`
	SiteID     domain.SiteID
	Secret     []byte                 // sealed: the keyring as the document has it
	Groups     []domain.AccessGroupID `gorm:"column:in_groups;serializer:json"`
	NoOwnDoors bool
	PINAt      int64 `gorm:"column:pin_at"`
	Pins       int
	Cards      int
	Revision   uint64
	UpdatedAt  int64 `gorm:"autoUpdateTime:false"`
}

func (keyringRow) TableName() string { return "keyrings" }

type keyMarkRow struct {
	SiteID   domain.SiteID `gorm:"primaryKey"`
	Mark     []byte        `gorm:"primaryKey"`
	PersonID domain.PersonID
}

func (keyMarkRow) TableName() string { return "key_marks" }

func keyringPurpose(id domain.PersonID) string { return "keyring " + id.String() }

// Keyring gives the keyring of a person of a site with its PIN and cards; NotFound before any.
func (s *Store) Keyring(ctx context.Context, site domain.SiteID, person domain.PersonID) (domain.Keyring, error) {
	var r keyringRow
	if err := s.in(ctx, site).Where("person_id = ?", person).Take(&r).Error; err != nil {
		return domain.Keyring{PersonID: person, SiteID: site}, fmt.Errorf("read keyring: %w", missing(err, "A keyring of this person"))
	}
	plain, err := s.key.Open(keyringPurpose(person), r.Secret)
	if err != nil {
		return domain.Keyring{}, fmt.Errorf("open a keyring: %w", err)
	}
	out, err := desired.Decode[domain.Keyring](plain)
	if err != nil {
		return domain.Keyring{}, fmt.Errorf("read a keyring: %w", err)
	}
	out.SiteID, out.PINMilli, out.Revision = site, r.PINAt, r.Revision
	return out, nil
}

// PutKeyring writes the keyring of a person: PIN and cards sealed, and their marks. Conflict when somebody else of the site has one of them.
func (s *Store) PutKeyring(ctx context.Context, k domain.Keyring, at time.Time) error {
	plain, err := desired.Encode(k)
	if err != nil {
		return fmt.Errorf("write a keyring: %w", err)
	}
	sealed, err := s.key.Seal(keyringPurpose(k.PersonID), plain)
	if err != nil {
		return fmt.Errorf("seal a keyring: %w", err)
	}
	r := keyringRow{
		PersonID: k.PersonID, SiteID: k.SiteID, Secret: sealed, Groups: append([]domain.AccessGroupID{}, k.Groups...), NoOwnDoors: k.NoOwnDoors,
		PINAt: k.PINMilli, Cards: len(k.Cards), Revision: k.Revision, UpdatedAt: at.UnixMilli(),
	}
	if !k.PIN.IsZero() {
		r.Pins = 1
	}
	if err := s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).Create(&r).Error; err != nil {
		return fmt.Errorf("save keyring: %w", err)
	}
	return s.markKeys(ctx, k)
}

// markKeys puts the marks of a keyring in the place of those before.
func (s *Store) markKeys(ctx context.Context, k domain.Keyring) error {
	if err := s.in(ctx, k.SiteID).Where("person_id = ?", k.PersonID).Delete(&keyMarkRow{}).Error; err != nil {
		return fmt.Errorf("forget the marks of a keyring: %w", err)
	}
	var rows []keyMarkRow
	for _, key := range fleet.KeysOf(k) {
		mark, err := s.keyMark(k.SiteID, key)
		if err != nil {
			return err
		}
		rows = append(rows, keyMarkRow{SiteID: k.SiteID, Mark: mark, PersonID: k.PersonID})
	}
	if len(rows) == 0 {
		return nil
	}
	err := s.conn(ctx).Create(&rows).Error
	return wrap(duplicate(err, "", "Somebody else of the site has this key."), "mark a keyring")
}

func (s *Store) keyMark(site domain.SiteID, key fleet.Key) ([]byte, error) {
	return s.key.Mark("key of "+site.String(), []byte(key.Kind+" "+key.Value.Reveal()))
}

// KeyHolder gives who of a site has a key; zero when nobody.
func (s *Store) KeyHolder(ctx context.Context, site domain.SiteID, key fleet.Key) (domain.PersonID, error) {
	mark, err := s.keyMark(site, key)
	if err != nil {
		return domain.PersonID{}, err
	}
	var r keyMarkRow
	err = s.conn(ctx).Where("site_id = ? AND mark = ?", site, mark).Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = nil
	}
	return r.PersonID, wrap(err, "look for a key")
}

// DropKeyrings forgets the keyrings of people.
func (s *Store) DropKeyrings(ctx context.Context, site domain.SiteID, people ...domain.PersonID) error {
	for part := range slices.Chunk(people, inserts) {
		for _, model := range []any{&keyMarkRow{}, &keyringRow{}} {
			if err := s.in(ctx, site).Where("person_id IN ?", part).Delete(model).Error; err != nil {
				return fmt.Errorf("forget keyrings: %w", err)
			}
		}
	}
	return nil
}

// homeKeys counts the PINs and cards of a home.
func (s *Store) homeKeys(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (pins, cards int, err error) {
	var sums struct{ Pins, Cards int }
	err = s.in(ctx, site).Model(&keyringRow{}).Select("COALESCE(SUM(pins), 0) AS pins, COALESCE(SUM(cards), 0) AS cards").
		Where("person_id IN (SELECT id FROM people WHERE apartment_id = ? AND deleted_at IS NULL)", id).Scan(&sums).Error
	return sums.Pins, sums.Cards, wrap(err, "count the keys of a home")
}
