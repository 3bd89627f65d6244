package store

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

var deviceOrders = sorts{"name": "list.folded", "created": "list.created_at"}

// DeviceLines lists the devices of a site as lists show them: one query for the rows and one for each noun that gives them names.
func (s *Store) DeviceLines(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[fleet.DeviceLine], error) {
	query, err := narrowDevices(s.in(ctx, site), site, page.Only)
	if err != nil {
		return fleet.List[fleet.DeviceLine]{}, err
	}
	page.Query = searchMAC(page.Query)
	rows, err := listBy[deviceRow, deviceRow](query, page, deviceOrders)
	if err != nil {
		return fleet.List[fleet.DeviceLine]{}, err
	}
	lines, err := s.deviceLines(ctx, rows.Items)
	return fleet.List[fleet.DeviceLine]{Items: lines, Next: rows.Next, Total: rows.Total}, err
}

// HomeDevices lists the devices of all single-family sites that the caller may see; words are looked for in the name of the owner too.
func (s *Store) HomeDevices(ctx context.Context, page fleet.Page) (fleet.List[fleet.DeviceLine], error) {
	singles := s.singleSites(ctx)
	query, err := narrowDevices(s.ofSites(s.conn(ctx), "devices.site_id", singles), domain.SiteID{}, page.Only)
	if err != nil {
		return fleet.List[fleet.DeviceLine]{}, err
	}
	if words := searchMAC(page.Query); words != "" && !strings.ContainsRune(words, 0) {
		like := likeWords(words)
		owners := s.ofSites(s.conn(ctx).Table("people").Select("site_id"), "people.site_id", singles).
			Where(`people.kind = ? AND people.deleted_at IS NULL AND people.folded LIKE ? ESCAPE '\'`, domain.Master, like)
		query = query.Where(`folded LIKE ? ESCAPE '\' OR site_id IN (?)`, like, owners)
		page.Query = ""
	}
	rows, err := listBy[deviceRow, deviceRow](query, page, deviceOrders)
	if err != nil {
		return fleet.List[fleet.DeviceLine]{}, err
	}
	lines, err := s.deviceLines(ctx, rows.Items)
	return fleet.List[fleet.DeviceLine]{Items: lines, Next: rows.Next, Total: rows.Total}, err
}

// DeviceLine adds the names to one device.
func (s *Store) DeviceLine(ctx context.Context, d domain.Device) (fleet.DeviceLine, error) {
	r, err := take[deviceRow, deviceRow](ctx, s, d.SiteID, d.ID, "This device")
	if err != nil {
		return fleet.DeviceLine{}, err
	}
	lines := []fleet.DeviceLine{{Device: d, CreatedAt: instant(r.Record.CreatedAt)}}
	err = s.nameDevices(ctx, lines)
	return lines[0], err
}

var partOfMAC = regexp.MustCompile(`^(?i)[0-9a-f]{2}([:-][0-9a-f]{2})+[:-]?[0-9a-f]?$`)

// searchMAC lets a MAC be looked for as it stands on a label, with colons or dashes.
func searchMAC(words string) string {
	if words = strings.TrimSpace(words); partOfMAC.MatchString(words) {
		return strings.NewReplacer(":", "", "-", "").Replace(words)
	}
	return words
}

// narrowDevices applies the filters of a list of devices; a value that a filter does not have is Invalid at the filter.
func narrowDevices(query *gorm.DB, site domain.SiteID, only map[string]string) (*gorm.DB, error) {
	var f fault.Fields
	of := ""
	if !site.IsZero() {
		of = " AND r.site_id = '" + site.String() + "'"
	}
	states := "SELECT r.device_id FROM device_states r WHERE r.online" + of
	for name, value := range only {
		if value == "" {
			continue
		}
		switch name + "=" + value {
		case "status=online":
			query = query.Where("id IN (" + states + ")")
		case "status=offline":
			query = query.Where("id NOT IN (" + states + ")")
		case "receipt=open":
			query = query.Where("driver <> ? AND id NOT IN (SELECT r.device_id FROM device_states r JOIN desired_heads h ON h.site_id = r.site_id WHERE r.state IN ? AND r.version >= h.version"+of+")",
				string(domain.DriverManual), []string{string(wire.ReceiptApplied), string(wire.ReceiptManual)})
		case "place=site":
			query = query.Where("building_id IS NULL AND apartment_id IS NULL AND department_id IS NULL")
		case "place=building":
			query = query.Where("building_id IS NOT NULL AND apartment_id IS NULL")
		case "place=public":
			query = query.Where("apartment_id IS NULL AND department_id IS NULL")
		case "place=apartment":
			query = query.Where("apartment_id IS NOT NULL")
		case "place=department":
			query = query.Where("department_id IS NOT NULL")
		default:
			query = narrowDevicesBy(query, name, value, &f)
		}
	}
	return query, f.Err()
}

func narrowDevicesBy(query *gorm.DB, name, value string, f *fault.Fields) *gorm.DB {
	switch name {
	case "type":
		types := map[string]domain.DeviceType{"0": domain.DoorPhone, "1": domain.SingleDoorPhone, "2": domain.Monitor, "3": domain.GuardPhone, "50": domain.AccessTerminal}
		kind, ok := types[value]
		f.Check(ok, "type", "0 door phone, 1 single-tenant door phone, 2 monitor, 3 guard phone, 50 access terminal.")
		return query.Where("type = ?", int(kind))
	case "building", "apartment", "department", "company", "group":
		id, err := domain.ParseID[domain.SiteID](value)
		f.Check(err == nil, name, "This is not an id.")
		return query.Where(name+"_id = ?", id)
	}
	f.Add(name, "This list has no such filter.")
	return query
}

// deviceLines adds relays and names to rows, not their secrets.
func (s *Store) deviceLines(ctx context.Context, rows []deviceRow) ([]fleet.DeviceLine, error) {
	lines := make([]fleet.DeviceLine, len(rows))
	at := make(map[domain.DeviceID]int, len(rows))
	ids := make([]domain.DeviceID, len(rows))
	for i, r := range rows {
		lines[i] = fleet.DeviceLine{Device: r.device(), CreatedAt: instant(r.Record.CreatedAt)}
		at[r.ID], ids[i] = i, r.ID
	}
	if len(rows) == 0 {
		return lines, nil
	}
	var relays []relayRow
	if err := s.conn(ctx).Scopes(scope(ctx, "site_id")).Where("device_id IN ?", ids).Order("device_id, number").Find(&relays).Error; err != nil {
		return nil, fmt.Errorf("read relays: %w", err)
	}
	for _, r := range relays {
		d := &lines[at[r.DeviceID]]
		d.Relays = append(d.Relays, r.relay())
	}
	return lines, s.nameDevices(ctx, lines)
}

// nameDevices fills in what the things are called that devices belong to.
func (s *Store) nameDevices(ctx context.Context, lines []fleet.DeviceLine) error {
	for _, noun := range []struct {
		table, column string
		of            func(*fleet.DeviceLine) (id string, name *string)
	}{
		{"buildings", "name", func(l *fleet.DeviceLine) (string, *string) { return idText(l.BuildingID), &l.Building }},
		{"apartments", "number", func(l *fleet.DeviceLine) (string, *string) { return idText(l.ApartmentID), &l.Apartment }},
		{"departments", "name", func(l *fleet.DeviceLine) (string, *string) { return idText(l.DepartmentID), &l.Department }},
		{"companies", "name", func(l *fleet.DeviceLine) (string, *string) { return idText(l.CompanyID), &l.Company }},
	} {
		var ids []string
		for i := range lines {
			if id, _ := noun.of(&lines[i]); id != "" {
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		if ids = slices.Compact(ids); len(ids) == 0 {
			continue
		}
		var rows []struct{ ID, Name string }
		err := s.conn(ctx).Table(noun.table).Scopes(scope(ctx, "site_id")).Select("id, "+noun.column+" AS name").Where("id IN ?", ids).Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("name devices: %w", err)
		}
		names := make(map[string]string, len(rows))
		for _, r := range rows {
			names[r.ID] = r.Name
		}
		for i := range lines {
			id, name := noun.of(&lines[i])
			*name = names[id]
		}
	}
	return s.namePeople(ctx, lines)
}

// namedPerson is what lists of devices show of people.
type namedPerson struct {
	ID          domain.PersonID
	SiteID      domain.SiteID
	ApartmentID domain.ApartmentID
	FirstName   string
	LastName    string
}

func (p namedPerson) name() string { return strings.TrimSpace(p.FirstName + " " + p.LastName) }

// namePeople fills in residents and owners. The owner of a single-family device is the master of its site.
func (s *Store) namePeople(ctx context.Context, lines []fleet.DeviceLine) error {
	var sites, homes, owners []string
	for _, l := range lines {
		sites = append(sites, idText(l.SiteID))
		if !l.ApartmentID.IsZero() {
			homes = append(homes, idText(l.ApartmentID))
		}
		if !l.OwnerID.IsZero() {
			owners = append(owners, idText(l.OwnerID))
		}
	}
	slices.Sort(sites)
	residents, owned, masters := map[domain.ApartmentID]string{}, map[domain.PersonID]string{}, map[domain.SiteID]string{}
	// One query each: of all at once a database would read everybody.
	for _, of := range []struct {
		where string
		args  []any
		none  bool
		into  func(p namedPerson)
	}{
		{"kind = ? AND apartment_id IN ?", []any{domain.Master, homes}, len(homes) == 0, func(p namedPerson) { first(residents, p.ApartmentID, p.name()) }},
		{"id IN ?", []any{owners}, len(owners) == 0, func(p namedPerson) { owned[p.ID] = p.name() }},
		{
			"kind = ? AND site_id IN (SELECT id FROM sites WHERE id IN ? AND kind = ?)",
			[]any{domain.Master, slices.Compact(sites), domain.SingleHome},
			len(sites) == 0,
			func(p namedPerson) { first(masters, p.SiteID, p.name()) },
		},
	} {
		if of.none {
			continue
		}
		var rows []namedPerson
		err := s.conn(ctx).Table("people").Scopes(scope(ctx, "site_id")).Where("deleted_at IS NULL").Where(of.where, of.args...).
			Select("id, site_id, apartment_id, first_name, last_name").Order("created_at, id").Scan(&rows).Error
		if err != nil {
			return fmt.Errorf("name people of devices: %w", err)
		}
		for _, r := range rows {
			of.into(r)
		}
	}
	for i := range lines {
		l := &lines[i]
		l.Resident, l.Owner = residents[l.ApartmentID], masters[l.SiteID]
		if name, ok := owned[l.OwnerID]; ok {
			l.Owner = name
		}
	}
	return nil
}

// first keeps the first name that comes for a key.
func first[K comparable](names map[K]string, key K, name string) {
	if names[key] == "" {
		names[key] = name
	}
}

// idText writes an id for a query; an unset one is empty.
func idText[K any](id domain.ID[K]) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}
