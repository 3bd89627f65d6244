package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"vestibule/cloud/account"
	"vestibule/shared/domain"
)

// AccountOf gives the account of a person, whoever asks; NotFound without one. A person has one account at most.
func (s *Store) AccountOf(ctx context.Context, person domain.PersonID) (account.Account, error) {
	if person.IsZero() {
		return account.Account{}, missing(gorm.ErrRecordNotFound, "This account")
	}
	return s.oneAccount(ctx, "accounts.person_id = ? OR accounts.id IN (SELECT account_id FROM account_people WHERE person_id = ?)", person, person)
}

// AccountsAt gives the accounts of the people of a site that the caller may see.
func (s *Store) AccountsAt(ctx context.Context, site domain.SiteID) (map[domain.PersonID]account.Account, error) {
	var rows []accountRow
	people := s.in(ctx, site).Table("people").Select("id").Where("deleted_at IS NULL")
	if err := s.conn(ctx).Where("deleted_at IS NULL AND person_id IN (?)", people).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read accounts of people: %w", err)
	}
	out := make(map[domain.PersonID]account.Account, len(rows))
	for _, r := range rows {
		out[r.PersonID] = r.account()
	}
	return out, s.addLinked(ctx, site, out)
}

// addLinked adds the accounts that people of a site share with further sites.
func (s *Store) addLinked(ctx context.Context, site domain.SiteID, to map[domain.PersonID]account.Account) error {
	var links []accountPersonRow
	people := s.in(ctx, site).Table("people").Select("id")
	if err := s.in(ctx, site).Where("person_id IN (?)", people).Find(&links).Error; err != nil || len(links) == 0 {
		return err
	}
	for _, link := range links {
		a, err := s.AccountByID(ctx, link.AccountID)
		if err != nil {
			return err
		}
		a.Person = link.PersonID
		to[link.PersonID] = a
	}
	return nil
}

// HomeOf gives the home of a person as far as the caller may see its site.
func (s *Store) HomeOf(ctx context.Context, person domain.PersonID) (account.Home, error) {
	var p personRow
	err := s.conn(ctx).Scopes(scope(ctx, "site_id")).Where("id = ? AND deleted_at IS NULL", person).Take(&p).Error
	if err != nil {
		return account.Home{}, fmt.Errorf("read home: %w", missing(err, "This home"))
	}
	var row struct{ Site, TimeZone, Number, Name, Building string }
	err = s.conn(ctx).Table("apartments").Joins("JOIN sites ON sites.id = apartments.site_id").Joins("JOIN buildings ON buildings.id = apartments.building_id").
		Select("sites.name AS site, sites.time_zone, apartments.number, apartments.name, buildings.name AS building").
		Where("apartments.id = ? AND apartments.deleted_at IS NULL", p.ApartmentID).Take(&row).Error
	if err != nil {
		return account.Home{}, fmt.Errorf("read home: %w", missing(err, "This home"))
	}
	home := account.Home{Site: p.SiteID, SiteName: row.Site, TimeZone: row.TimeZone, Apartment: row.Number, Name: row.Name, Building: row.Building}
	people, err := s.ApartmentPeople(ctx, p.SiteID, p.ApartmentID)
	for _, other := range people {
		home.People = append(home.People, other.FirstName+" "+other.LastName)
	}
	return home, err
}

// OwnerLanguage gives the language of the first account of an organisation, empty when there is none.
func (s *Store) OwnerLanguage(ctx context.Context, org domain.OrgID) (string, error) {
	// The own organisation of an operator or distributor has no account: the owner is in the one above.
	var owner accountRow
	err := s.conn(ctx).Where("deleted_at IS NULL AND role IN ?", []string{"installer", "operator", "distributor"}).
		Where("org_id = ? OR org_id IN (SELECT parent_id FROM orgs WHERE id = ? AND own)", org, org).Order("created_at, id").Limit(1).Find(&owner).Error
	if err != nil {
		return "", fmt.Errorf("read the owner's language: %w", err)
	}
	return owner.Language, nil
}

// LockAccount keeps other acts of an account out until the transaction ends.
func (s *Store) LockAccount(ctx context.Context, id domain.AccountID) error {
	var row accountRow
	if err := s.forUpdate(s.conn(ctx)).Select("id").Where("id = ? AND deleted_at IS NULL", id).Take(&row).Error; err != nil {
		return fmt.Errorf("lock account: %w", missing(err, "This account"))
	}
	return nil
}

// CountAudit counts what an account did with a kind of object since a time.
func (s *Store) CountAudit(ctx context.Context, id domain.AccountID, object string, since time.Time) (int, error) {
	var n int64
	err := s.conn(ctx).Model(&auditRow{}).Where("account_id = ? AND object = ? AND created_at > ?", id, object, since.UnixMilli()).Count(&n).Error
	if err != nil {
		return 0, fmt.Errorf("count audit entries: %w", err)
	}
	return int(n), nil
}
