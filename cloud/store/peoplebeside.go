package store

import (
	"context"
	"fmt"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// besidePeople adds to a page of people what other nouns know of them: one query a noun. The people were read in the caller's scope; what they
// belong to is of their sites.
func (s *Store) besidePeople(ctx context.Context, views []fleet.PersonView) error {
	if len(views) == 0 {
		return nil
	}
	for _, add := range []func(context.Context, []fleet.PersonView) error{s.addSites, s.addHomes, s.addParties, s.addAccounts, s.addMembers} {
		if err := add(ctx, views); err != nil {
			return fmt.Errorf("read what belongs to people: %w", err)
		}
	}
	return nil
}

// those gives every id of views once, zero ids left out.
func those[K any](views []fleet.PersonView, of func(fleet.PersonView) domain.ID[K]) []domain.ID[K] {
	seen := map[domain.ID[K]]bool{}
	var out []domain.ID[K]
	for _, v := range views {
		if id := of(v); !id.IsZero() && !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}

func (s *Store) addSites(ctx context.Context, views []fleet.PersonView) error {
	var rows []siteRow
	if err := s.conn(ctx).Where("id IN ?", those(views, func(v fleet.PersonView) domain.SiteID { return v.SiteID })).Find(&rows).Error; err != nil {
		return err
	}
	sites := make(map[domain.SiteID]domain.Site, len(rows))
	for _, r := range rows {
		sites[r.ID] = r.noun()
	}
	for i := range views {
		views[i].Site = sites[views[i].SiteID]
	}
	return nil
}

func (s *Store) addHomes(ctx context.Context, views []fleet.PersonView) error {
	ids := those(views, func(v fleet.PersonView) domain.ApartmentID { return v.ApartmentID })
	if len(ids) == 0 {
		return nil
	}
	var rows []apartmentRow
	if err := s.conn(ctx).Where("id IN ? AND deleted_at IS NULL", ids).Find(&rows).Error; err != nil {
		return err
	}
	homes := make(map[domain.ApartmentID]*fleet.HomeView, len(rows))
	buildings := make([]domain.BuildingID, len(rows))
	for i, r := range rows {
		homes[r.ID] = &fleet.HomeView{Apartment: r.noun()}
		buildings[i] = r.BuildingID
	}
	names, err := s.namesOf(ctx, "buildings", buildings)
	if err != nil {
		return err
	}
	for i := range views {
		if home := homes[views[i].ApartmentID]; home != nil {
			home.Building = names[home.BuildingID.String()]
			views[i].Home = home
		}
	}
	return nil
}

// namesOf reads the names of rows by their ids.
func (s *Store) namesOf(ctx context.Context, table string, ids any) (map[string]string, error) {
	var rows []struct {
		ID   domain.SiteID
		Name string
	}
	if err := s.conn(ctx).Table(table).Select("id, name").Where("id IN ?", ids).Scan(&rows).Error; err != nil {
		return nil, err
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.ID.String()] = r.Name
	}
	return out, nil
}

func (s *Store) addParties(ctx context.Context, views []fleet.PersonView) error {
	departments := those(views, func(v fleet.PersonView) domain.DepartmentID { return v.DepartmentID })
	companies := those(views, func(v fleet.PersonView) domain.CompanyID { return v.CompanyID })
	if len(departments) > 0 {
		names, err := s.namesOf(ctx, "departments", departments)
		if err != nil {
			return err
		}
		for i := range views {
			views[i].Department = names[views[i].DepartmentID.String()]
		}
	}
	if len(companies) > 0 {
		names, err := s.namesOf(ctx, "companies", companies)
		if err != nil {
			return err
		}
		for i := range views {
			views[i].Company = names[views[i].CompanyID.String()]
		}
	}
	return nil
}

func (s *Store) addAccounts(ctx context.Context, views []fleet.PersonView) error {
	at := make(map[domain.PersonID]int, len(views))
	for i, v := range views {
		at[v.ID] = i
	}
	var rows []accountRow
	ids := those(views, func(v fleet.PersonView) domain.PersonID { return v.ID })
	if err := s.conn(ctx).Select("id", "person_id", "email", "activated_at").Where("person_id IN ? AND deleted_at IS NULL", ids).Find(&rows).Error; err != nil {
		return err
	}
	for _, r := range rows {
		views[at[r.PersonID]].Account = &fleet.PersonAccount{Email: r.Email, ActivatedAt: fromMilliOr(r.ActivatedAt)}
	}
	var linked []struct {
		PersonID    domain.PersonID
		Email       string
		ActivatedAt *int64
	}
	err := s.conn(ctx).Table("account_people").Joins("JOIN accounts ON accounts.id = account_people.account_id AND accounts.deleted_at IS NULL").
		Select("account_people.person_id, accounts.email, accounts.activated_at").Where("account_people.person_id IN ?", ids).Scan(&linked).Error
	for _, r := range linked {
		views[at[r.PersonID]].Account = &fleet.PersonAccount{Email: r.Email, ActivatedAt: fromMilliOr(r.ActivatedAt)}
	}
	return err
}

// addMembers counts the family of each master.
func (s *Store) addMembers(ctx context.Context, views []fleet.PersonView) error {
	homes := those(views, func(v fleet.PersonView) domain.ApartmentID {
		if v.Kind != domain.Master {
			return domain.ApartmentID{}
		}
		return v.ApartmentID
	})
	if len(homes) == 0 {
		return nil
	}
	var rows []struct {
		ApartmentID domain.ApartmentID
		N           int
	}
	err := s.conn(ctx).Table("people").Select("apartment_id, COUNT(*) AS n").
		Where("apartment_id IN ? AND kind = ? AND deleted_at IS NULL", homes, domain.Member).Group("apartment_id").Scan(&rows).Error
	if err != nil {
		return err
	}
	members := make(map[domain.ApartmentID]int, len(rows))
	for _, r := range rows {
		members[r.ApartmentID] = r.N
	}
	for i := range views {
		if views[i].Kind == domain.Master {
			views[i].Members = members[views[i].ApartmentID]
		}
	}
	return nil
}
