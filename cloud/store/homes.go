package store

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// homeRow is an apartment as lists show it.
type homeRow struct {
	Row apartmentRow `gorm:"embedded"`
}

func (homeRow) TableName() string { return "apartments" }

func (r homeRow) place() (string, string) { return r.Row.place() }

func (r homeRow) noun() fleet.Home {
	return fleet.Home{Apartment: r.Row.noun(), Created: time.UnixMilli(r.Row.Record.CreatedAt).UTC()}
}

// homeSorts are the orders of the list of apartments (SITE-29).
var homeSorts = sorts{
	"number":   "list.folded",
	"name":     "LOWER(list.name)",
	"floor":    "list.floor_order",
	"created":  "list.created_at",
	"resident": "COALESCE(resident.first, '')",
}

// firstResidents gives beside the apartments of a site who stands first there (PEOPLE-13).
func firstResidents(site domain.SiteID) string {
	return "LEFT JOIN (SELECT apartment_id, MIN(folded) AS first FROM people WHERE site_id = '" + site.String() + "' AND kind <> 'member' AND deleted_at IS NULL " +
		"GROUP BY apartment_id) resident ON resident.apartment_id = list.id"
}

// ListHomes lists the apartments of a site with their people; what is searched for stands in number and name of the apartment, or in one of its
// people. at decides whose service has expired.
func (s *Store) ListHomes(ctx context.Context, site domain.SiteID, page fleet.Page, at time.Time) (fleet.List[fleet.Home], error) {
	query := s.homesOnly(s.in(ctx, site), site, page.Only, at)
	if words := strings.Fields(unfoldedText(page.Query)); len(words) > 0 && utf8.ValidString(page.Query) && !strings.ContainsRune(page.Query, 0) {
		own := s.conn(ctx)
		people := s.conn(ctx).Table("people").Select("apartment_id").Where("site_id = ? AND apartment_id IS NOT NULL AND deleted_at IS NULL", site)
		for _, word := range words[:min(len(words), maxWords)] {
			like := "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(word) + "%"
			own = own.Where(`folded LIKE ? ESCAPE '\'`, like)
			people = people.Where(`folded LIKE ? ESCAPE '\'`, like)
		}
		query, page.Query = query.Where(own.Or("id IN (?)", people)), ""
	}
	var joins []string
	if page.Sort == "resident" {
		joins = append(joins, firstResidents(site))
	}
	homes, err := listBy[fleet.Home, homeRow](query, page, homeSorts, joins...)
	if err != nil {
		return homes, err
	}
	return homes, s.furnish(ctx, site, homes.Items)
}

// signedIn joins people with the accounts they have activated.
const signedIn = "JOIN accounts ON accounts.person_id = people.id AND accounts.deleted_at IS NULL AND accounts.activated_at IS NOT NULL " +
	"WHERE people.deleted_at IS NULL"

// maxWords bounds how many words a search looks for.
const maxWords = 8

// homesOnly keeps the apartments that pass the filters of a page.
func (s *Store) homesOnly(query *gorm.DB, site domain.SiteID, only map[string]string, at time.Time) *gorm.DB {
	if text, ok := only["building"]; ok {
		building, err := domain.ParseID[domain.BuildingID](text)
		if err != nil {
			return query.Where("1 = 0")
		}
		query = query.Where("building_id = ?", building)
	}
	if floor, ok := only["floor"]; ok {
		if floor == fleet.NoFloor {
			floor = ""
		}
		query = query.Where("floor = ?", floor)
	}
	activated, expires := s.serviceNumber("activated_ms"), s.serviceNumber("expires_ms")
	switch fleet.Standing(only["active"]) {
	case fleet.Inactivated:
		query = query.Where(activated + " = 0")
	case fleet.Normal:
		query = query.Where(activated+" <> 0 AND ("+expires+" = 0 OR "+expires+" > ?)", at.UnixMilli())
	case fleet.Expired:
		query = query.Where(activated+" <> 0 AND "+expires+" <> 0 AND "+expires+" <= ?", at.UnixMilli())
	}
	// Asked of the whole site at once: PostgreSQL takes a question for each apartment for so dear that it compiles the query first, for 100 ms.
	registered, people := s.serviceNumber("registered_ms"), "(SELECT people.apartment_id FROM people "+signedIn+" AND people.site_id = ? AND people.apartment_id IS NOT NULL)"
	switch fleet.AppState(only["app"]) {
	case fleet.Registered:
		query = query.Where("("+registered+" <> 0 OR id IN "+people+")", site)
	case fleet.Unregistered:
		query = query.Where(registered+" = 0 AND id NOT IN "+people, site)
	}
	return query
}

// serviceNumber is the SQL of a number in the service column of apartments, 0 when it is not there.
func (s *Store) serviceNumber(name string) string {
	if s.dialect == onPostgres {
		return "COALESCE((service::json->>'" + name + "')::bigint, 0)"
	}
	return "COALESCE(json_extract(service, '$." + name + "'), 0)"
}

// Home gives one apartment as lists show it.
func (s *Store) Home(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (fleet.Home, error) {
	home, err := take[fleet.Home, homeRow](ctx, s, site, id, "This apartment")
	if err != nil {
		return home, err
	}
	homes := []fleet.Home{home}
	err = s.furnish(ctx, site, homes)
	return homes[0], err
}

// furnish adds the names of the buildings and the people, in one query each.
func (s *Store) furnish(ctx context.Context, site domain.SiteID, homes []fleet.Home) error {
	if len(homes) == 0 {
		return nil
	}
	at := make(map[domain.ApartmentID]int, len(homes))
	apartments, buildings := make([]domain.ApartmentID, len(homes)), map[domain.BuildingID]string{}
	for i, h := range homes {
		apartments[i], at[h.ID] = h.ID, i
		buildings[h.BuildingID] = ""
	}
	var names []buildingRow
	ids := make([]domain.BuildingID, 0, len(buildings))
	for id := range buildings {
		ids = append(ids, id)
	}
	if err := s.in(ctx, site).Select("id, name").Where("id IN ?", ids).Find(&names).Error; err != nil {
		return fmt.Errorf("read the buildings of apartments: %w", err)
	}
	for _, b := range names {
		buildings[b.ID] = b.Name
	}
	var people []personRow
	err := s.in(ctx, site).Where("apartment_id IN ? AND deleted_at IS NULL", apartments).
		Order("CASE kind WHEN 'member' THEN 1 ELSE 0 END, created_at, id").Find(&people).Error
	if err != nil {
		return fmt.Errorf("read the people of apartments: %w", err)
	}
	for i := range homes {
		homes[i].Building = buildings[homes[i].BuildingID]
	}
	for _, p := range people {
		h := &homes[at[p.ApartmentID]]
		h.People = append(h.People, p.noun())
	}
	var active []domain.ApartmentID
	err = s.conn(ctx).Raw("SELECT DISTINCT people.apartment_id FROM people "+signedIn+" AND people.site_id = ? AND people.apartment_id IN ?", site, apartments).
		Scan(&active).Error
	if err != nil {
		return fmt.Errorf("read who has signed in: %w", err)
	}
	for _, id := range active {
		homes[at[id]].SignedIn = true
	}
	return nil
}

// ApartmentCameras counts the cameras of an apartment.
func (s *Store) ApartmentCameras(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (int, error) {
	var n int64
	err := s.in(ctx, site).Table("cameras").Where("apartment_id = ? AND deleted_at IS NULL", id).Count(&n).Error
	return int(n), err
}

// MonitorsOf lists the indoor monitors of an apartment.
func (s *Store) MonitorsOf(ctx context.Context, site domain.SiteID, id domain.ApartmentID) ([]domain.DeviceID, error) {
	var rows []deviceRow
	err := s.in(ctx, site).Select("id").Where("apartment_id = ? AND type = ? AND deleted_at IS NULL", id, int(domain.Monitor)).Order("id").Find(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read the monitors of an apartment: %w", err)
	}
	out := make([]domain.DeviceID, len(rows))
	for i, r := range rows {
		out[i] = r.ID
	}
	return out, nil
}
