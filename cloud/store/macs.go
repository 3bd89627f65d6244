package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

type macRow struct {
	MAC       string `gorm:"column:mac;primaryKey"`
	OrgID     domain.OrgID
	AddedBy   domain.AccountID
	Origin    string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

func (macRow) TableName() string { return "macs" }

func (r macRow) line() fleet.LibraryMAC {
	return fleet.LibraryMAC{MAC: domain.MAC(r.MAC), Org: r.OrgID, Origin: fleet.MACOrigin(r.Origin), AddedAt: fromMilli(r.CreatedAt)}
}

// libraries limits a query to rows whose organisation, in column, has a library that the caller of ctx may see: the own one of an installer, those
// of all installers below a distributor or an operator.
func libraries(ctx context.Context, column string) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB {
		if _, ok := account.System(ctx); ok {
			return db
		}
		caller, ok := callerOf(ctx)
		if !ok {
			return db.Where("1 = 0")
		}
		below := column + " IN (SELECT id FROM orgs WHERE kind = 'installer' AND deleted_at IS NULL AND "
		switch caller.Role {
		case account.RoleOperator:
			db = db.Where(below+"(parent_id = ? OR parent_id IN (SELECT id FROM orgs WHERE parent_id = ? AND deleted_at IS NULL)))", caller.Org, caller.Org)
		case account.RoleDistributor:
			db = db.Where(below+"parent_id = ?)", caller.Org)
		case account.RoleInstaller, account.RoleSubInstaller:
			db = db.Where(column+" = ?", caller.Org)
		default:
			return db.Where("1 = 0")
		}
		return whileGranted(db, caller)
	}
}

// macOrders are the orders of a library; the MAC makes each of them total.
var macOrders = sorts{"mac": "mac", "created": "created_at"}

const boundMAC = "EXISTS (SELECT 1 FROM devices WHERE devices.mac = macs.mac AND devices.deleted_at IS NULL)"

// ListMACs lists the libraries that the caller may see.
func (s *Store) ListMACs(ctx context.Context, page fleet.Page) (fleet.List[fleet.LibraryMAC], error) {
	var out fleet.List[fleet.LibraryMAC]
	query, order, err := macQuery(s.conn(ctx).Scopes(libraries(ctx, "org_id")), page)
	if err != nil {
		return out, err
	}
	var total int64
	if err := query.Model(&macRow{}).Count(&total).Error; err != nil {
		return out, fmt.Errorf("count MACs: %w", err)
	}
	limit := page.Limit
	if limit < 1 || limit > MaxPage {
		limit = MaxPage
	}
	if page.After != "" {
		after, err := domain.ParseMAC(page.After)
		if err != nil || page.Desc || page.Sort != "" {
			return out, fault.New(fault.Invalid, "This is not a cursor of the list.")
		}
		query = query.Where("mac > ?", string(after))
	}
	var rows []macRow
	if err := query.Order(order).Offset(page.Offset).Limit(limit + 1).Find(&rows).Error; err != nil {
		return out, fmt.Errorf("list MACs: %w", err)
	}
	out.Total = int(total)
	if len(rows) > limit {
		rows = rows[:limit]
		if page.Sort == "" && !page.Desc {
			out.Next = rows[limit-1].MAC
		}
	}
	out.Items, err = s.describeMACs(ctx, rows)
	return out, err
}

// macQuery applies search, filters and order of a page.
func macQuery(query *gorm.DB, page fleet.Page) (*gorm.DB, string, error) {
	var f fault.Fields
	if words := strings.NewReplacer(":", "", "-", "", ".", "", " ", "").Replace(page.Query); words != "" {
		f.Check(!strings.ContainsRune(words, 0), "q", "These are no words to look for.")
		escaped := strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`, "\x00", "").Replace(strings.ToUpper(strings.ToValidUTF8(words, "?")))
		query = query.Where(`mac LIKE ? ESCAPE '\'`, "%"+escaped+"%")
	}
	switch page.Only["bound"] {
	case "":
	case "yes":
		query = query.Where(boundMAC)
	case "no":
		query = query.Where("NOT " + boundMAC)
	default:
		f.Add("bound", "yes or no.")
	}
	if org := page.Only["org"]; org != "" {
		id, _ := domain.ParseID[domain.OrgID](org) // none of another text: no MACs
		query = query.Where("org_id = ?", id)
	}
	column, ok := macOrders[page.Sort]
	if page.Sort == "" {
		column, ok = "mac", true
	}
	f.Check(ok, "sort", "This list is ordered by created, mac.")
	order := column + ", mac"
	if page.Desc {
		order = column + " DESC, mac DESC"
	}
	if column == "mac" {
		order = strings.TrimSuffix(strings.TrimSuffix(order, ", mac DESC"), ", mac")
	}
	return query.Session(&gorm.Session{}), order, f.Err()
}

// describeMACs adds to rows whose they are and, where the caller may see the site, which device is bound.
func (s *Store) describeMACs(ctx context.Context, rows []macRow) ([]fleet.LibraryMAC, error) {
	out := make([]fleet.LibraryMAC, len(rows))
	at := make(map[string]int, len(rows))
	macs, orgs := make([]string, len(rows)), make([]domain.OrgID, len(rows))
	for i, r := range rows {
		out[i], at[r.MAC], macs[i], orgs[i] = r.line(), i, r.MAC, r.OrgID
	}
	if len(rows) == 0 {
		return out, nil
	}
	var named []orgRow
	if err := s.conn(ctx).Select("id", "name").Where("id IN ?", orgs).Find(&named).Error; err != nil {
		return nil, fmt.Errorf("name the owners of MACs: %w", err)
	}
	for _, o := range named {
		for i := range out {
			if out[i].Org == o.ID {
				out[i].OrgName = o.Name
			}
		}
	}
	var devices []struct {
		MAC    string `gorm:"column:mac"`
		ID     domain.DeviceID
		Name   string
		SiteID domain.SiteID
	}
	if err := s.conn(ctx).Table("devices").Select("mac, id, name, site_id").Where("mac IN ? AND deleted_at IS NULL", macs).Find(&devices).Error; err != nil {
		return nil, fmt.Errorf("find bound devices: %w", err)
	}
	sites := make([]domain.SiteID, len(devices))
	for i, d := range devices {
		out[at[d.MAC]].Bound = true
		sites[i] = d.SiteID
	}
	var seen []siteRow
	if err := s.conn(ctx).Scopes(scope(ctx, "id")).Select("id", "name").Where("id IN ?", sites).Find(&seen).Error; err != nil {
		return nil, fmt.Errorf("name the sites of MACs: %w", err)
	}
	for _, d := range devices {
		if i := slices.IndexFunc(seen, func(r siteRow) bool { return r.ID == d.SiteID }); i >= 0 {
			line := &out[at[d.MAC]]
			line.Device, line.DeviceName, line.Site, line.SiteName = d.ID, d.Name, d.SiteID, seen[i].Name
		}
	}
	return out, nil
}

// LibraryMAC gives one MAC of the libraries that the caller may see; in a transaction it is locked until the end.
func (s *Store) LibraryMAC(ctx context.Context, mac domain.MAC) (fleet.LibraryMAC, error) {
	query := s.conn(ctx)
	if s.running(ctx) != nil {
		query = s.forUpdate(query)
	}
	var row macRow
	if err := query.Scopes(libraries(ctx, "org_id")).Where("mac = ?", string(mac)).Take(&row).Error; err != nil {
		return fleet.LibraryMAC{}, fmt.Errorf("read MAC: %w", missing(err, "This MAC"))
	}
	lines, err := s.describeMACs(ctx, []macRow{row})
	if err != nil {
		return fleet.LibraryMAC{}, err
	}
	return lines[0], nil
}

// Library gives an installer organisation whose library the caller may see.
func (s *Store) Library(ctx context.Context, org domain.OrgID) (account.Org, error) {
	var row orgRow
	err := s.conn(ctx).Scopes(libraries(ctx, "id")).Where("id = ? AND kind = ? AND deleted_at IS NULL", org, account.OrgInstaller).Take(&row).Error
	if err != nil {
		return account.Org{}, fmt.Errorf("read library: %w", missing(err, "This MAC library"))
	}
	return row.org(), nil
}

// macChunk keeps queries below the number of values that databases take.
const macChunk = 500

// MACHolders tells whose MACs are, whoever asks; rows are locked in the order of the MACs, so that two lists never wait for each other.
func (s *Store) MACHolders(ctx context.Context, macs []domain.MAC) (map[domain.MAC]fleet.MACHolder, error) {
	out := make(map[domain.MAC]fleet.MACHolder, len(macs))
	for part := range slices.Chunk(inOrder(macs), macChunk) {
		var rows []macRow
		if err := s.forUpdate(s.conn(ctx)).Where("mac IN ?", part).Order("mac").Find(&rows).Error; err != nil {
			return nil, fmt.Errorf("read the holders of MACs: %w", err)
		}
		for _, r := range rows {
			out[domain.MAC(r.MAC)] = fleet.MACHolder{Org: r.OrgID, Origin: fleet.MACOrigin(r.Origin)}
		}
	}
	return out, nil
}

// inOrder gives every MAC once, in rising order.
func inOrder(macs []domain.MAC) []string {
	out := make([]string, len(macs))
	for i, mac := range macs {
		out[i] = string(mac)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// RegisterMACs adds what nobody holds and raises the origin of what the organisation holds. Two who register one MAC at once: the primary key
// decides, and the slower one leaves the row alone.
func (s *Store) RegisterMACs(ctx context.Context, e fleet.MACEntry) error {
	return s.InTx(ctx, func(ctx context.Context) error {
		for part := range slices.Chunk(inOrder(e.MACs), s.rowsAtOnce()) {
			rows := make([]macRow, len(part))
			for i, mac := range part {
				rows[i] = macRow{MAC: mac, OrgID: e.Org, AddedBy: e.By, Origin: string(e.Origin), CreatedAt: e.At.UnixMilli()}
			}
			if err := s.conn(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&rows).Error; err != nil {
				return fmt.Errorf("register MACs: %w", err)
			}
			if below := e.Origin.Below(); len(below) > 0 {
				err := s.conn(ctx).Model(&macRow{}).Where("org_id = ? AND mac IN ? AND origin IN ?", e.Org, part, below).
					Updates(map[string]any{"origin": string(e.Origin), "added_by": e.By}).Error
				if err != nil {
					return fmt.Errorf("raise the origin of MACs: %w", err)
				}
			}
		}
		return nil
	})
}

// DropMAC takes a MAC out of its library.
func (s *Store) DropMAC(ctx context.Context, mac domain.MAC) error {
	if err := s.conn(ctx).Scopes(libraries(ctx, "org_id")).Where("mac = ?", string(mac)).Delete(&macRow{}).Error; err != nil {
		return fmt.Errorf("remove MAC: %w", err)
	}
	return nil
}

// FreeMAC drops a MAC that was registered by the adding of a device.
func (s *Store) FreeMAC(ctx context.Context, mac domain.MAC) error {
	if err := s.conn(ctx).Where("mac = ? AND origin = ?", string(mac), string(fleet.ByDevice)).Delete(&macRow{}).Error; err != nil {
		return fmt.Errorf("free MAC: %w", err)
	}
	return nil
}

// ForgetHardware drops what a device told of itself.
func (s *Store) ForgetHardware(ctx context.Context, site domain.SiteID, device domain.DeviceID) error {
	if err := s.in(ctx, site).Where("device_id = ?", device).Delete(&receiptRow{}).Error; err != nil {
		return fmt.Errorf("forget the hardware of a device: %w", err)
	}
	return nil
}
