package store

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"vestibule/cloud/desiredstate"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

type receiptRow struct {
	DeviceID  domain.DeviceID `gorm:"primaryKey"`
	SiteID    domain.SiteID
	AgentID   domain.AgentID
	State     string
	Version   int64
	Reason    string
	Online    bool
	Since     int64
	SeenAt    int64
	ToldAt    int64
	Address   string
	Model     string
	Firmware  string
	SIP       bool   `gorm:"column:sip"`
	Withheld  string // names of features, parted by commas
	UpdatedAt int64  `gorm:"autoUpdateTime:false"`
}

func (receiptRow) TableName() string { return "device_states" }

func (r receiptRow) receipt() desiredstate.Receipt {
	return desiredstate.Receipt{
		Device: r.DeviceID, Agent: r.AgentID, Online: r.Online, Since: instant(r.Since), SeenAt: instant(r.SeenAt), ToldAt: instant(r.ToldAt),
		Address: r.Address, Model: r.Model, Firmware: r.Firmware, SIP: r.SIP,
		Standing: desiredstate.Standing{State: wire.ReceiptState(r.State), Version: uint64(r.Version), Reason: domain.Reason(r.Reason), Withheld: r.withheld()},
	}
}

func (r receiptRow) withheld() []string {
	if r.Withheld == "" {
		return nil
	}
	return strings.Split(r.Withheld, ",")
}

// feature is a name that an agent may report; the agent may be newer and know more of them.
var feature = regexp.MustCompile(`^[a-z_]{1,32}$`)

// maxWithheld bounds the features of one device.
const maxWithheld = 16

func writeWithheld(names []string) string {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return !feature.MatchString(name) })
	return strings.Join(names[:min(len(names), maxWithheld)], ",")
}

// same tells whether a person would see no difference.
func (r receiptRow) same(o receiptRow) bool {
	r.UpdatedAt, r.SeenAt, r.Since = o.UpdatedAt, o.SeenAt, o.Since // a device says by itself once in some minutes: that is seen
	return r == o
}

// SaveReports stores what an agent says about devices of its own site, and gives those that changed.
func (s *Store) SaveReports(ctx context.Context, agent domain.AgentID, reports []wire.DeviceReport, full bool) ([]desiredstate.Receipt, error) {
	var changed []desiredstate.Receipt
	err := s.InTx(ctx, func(ctx context.Context) error {
		site, err := s.SiteOf(ctx, agent)
		if err != nil {
			return err
		}
		known, err := s.documentDevices(ctx, site)
		if err != nil {
			return err
		}
		var stored []receiptRow
		if err := s.conn(ctx).Where("site_id = ?", site).Find(&stored).Error; err != nil {
			return fmt.Errorf("read receipts: %w", err)
		}
		before := make(map[domain.DeviceID]receiptRow, len(stored))
		for _, r := range stored {
			before[r.DeviceID] = r
		}
		now, err := s.Now(ctx)
		if err != nil {
			return err
		}
		rows := map[domain.DeviceID]receiptRow{}
		macs, err := s.siteMACs(ctx, site)
		if err != nil {
			return err
		}
		for _, report := range reports {
			if known[report.DeviceID] {
				rows[report.DeviceID] = newReceipt(site, agent, ofHardware(report, macs[report.DeviceID]), before[report.DeviceID], now)
			}
		}
		var writes []receiptRow
		for id, r := range rows {
			old, ok := before[id]
			if !ok || !r.same(old) {
				changed = append(changed, r.receipt())
			}
			writes = append(writes, r)
		}
		if len(writes) > 0 {
			if err := s.conn(ctx).Clauses(clause.OnConflict{UpdateAll: true}).CreateInBatches(&writes, s.rowsAtOnce()).Error; err != nil {
				return fmt.Errorf("save receipts: %w", err)
			}
		}
		if err := s.aged(ctx, site, changed, before, now); err != nil {
			return err
		}
		return s.dropReceipts(ctx, site, agent, stored, rows, full)
	})
	return changed, err
}

// dropReceipts forgets devices that a full report of their agent no longer lists.
func (s *Store) dropReceipts(ctx context.Context, site domain.SiteID, agent domain.AgentID, stored []receiptRow, listed map[domain.DeviceID]receiptRow, full bool) error {
	if !full {
		return nil
	}
	for _, r := range stored {
		if _, ok := listed[r.DeviceID]; ok || r.AgentID != agent {
			continue
		}
		if err := s.conn(ctx).Where("site_id = ? AND device_id = ?", site, r.DeviceID).Delete(&receiptRow{}).Error; err != nil {
			return fmt.Errorf("forget receipt: %w", err)
		}
	}
	return nil
}

// siteMACs gives the MACs of the devices of a site.
func (s *Store) siteMACs(ctx context.Context, site domain.SiteID) (map[domain.DeviceID]domain.MAC, error) {
	var rows []deviceRow
	if err := s.conn(ctx).Select("id", "mac").Where("site_id = ? AND deleted_at IS NULL", site).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read MACs: %w", err)
	}
	out := make(map[domain.DeviceID]domain.MAC, len(rows))
	for _, r := range rows {
		out[r.ID] = domain.MAC(r.MAC)
	}
	return out, nil
}

// ofHardware leaves of a report what is true of a device with this MAC. An agent that has not heard of a swap yet still tells of the old hardware
// (DEV-29): of that nothing is.
func ofHardware(r wire.DeviceReport, mac domain.MAC) wire.DeviceReport {
	if r.MAC == "" || mac == "" || r.MAC == mac {
		return r
	}
	return wire.DeviceReport{DeviceID: r.DeviceID, State: wire.ReceiptHeld, Version: r.Version, MAC: mac}
}

func newReceipt(site domain.SiteID, agent domain.AgentID, r wire.DeviceReport, old receiptRow, now time.Time) receiptRow {
	since := old.Since
	if old.DeviceID.IsZero() || old.Online != r.Online {
		since = now.UnixMilli()
	}
	// What the device last told stays while it is silent.
	keep := func(text, before string) string {
		if text == "" {
			return before
		}
		return clip(text, 128)
	}
	return receiptRow{
		DeviceID: r.DeviceID, SiteID: site, AgentID: agent, State: clip(string(r.State), 32), Version: number(r.Version),
		Reason: clip(string(r.Reason), 64), Online: r.Online, Since: since, SeenAt: r.SeenMilli, ToldAt: max(r.ToldMilli, old.ToldAt),
		Address: keep(r.Address, old.Address), Model: keep(r.Model, old.Model), Firmware: keep(r.Firmware, old.Firmware),
		SIP: r.SIP, Withheld: writeWithheld(r.Withheld), UpdatedAt: now.UnixMilli(),
	}
}

// aged notes in receipts of versions that were applied now, and not before, how long ago these were made.
func (s *Store) aged(ctx context.Context, site domain.SiteID, changed []desiredstate.Receipt, before map[domain.DeviceID]receiptRow, now time.Time) error {
	made := map[uint64]time.Duration{}
	for i, r := range changed {
		old := before[r.Device]
		if r.Standing.State != wire.ReceiptApplied || old.State == string(wire.ReceiptApplied) && uint64(old.Version) >= r.Standing.Version {
			continue
		}
		after, known := made[r.Standing.Version]
		if !known {
			var err error
			if after, err = s.sinceMade(ctx, site, number(r.Standing.Version), now); err != nil {
				return err
			}
			made[r.Standing.Version] = after
		}
		changed[i].After = after
	}
	return nil
}

// documentDevices lists the devices that stand in a site's document.
func (s *Store) documentDevices(ctx context.Context, site domain.SiteID) (map[domain.DeviceID]bool, error) {
	var keys [][]byte
	err := s.conn(ctx).Model(&entityRow{}).Where("site_id = ? AND section = ? AND body IS NOT NULL", site, int(desired.SectionDevices)).Pluck("key", &keys).Error
	if err != nil {
		return nil, fmt.Errorf("read the devices of the document: %w", err)
	}
	out := make(map[domain.DeviceID]bool, len(keys))
	for _, key := range keys {
		if len(key) == 16 {
			out[domain.DeviceID(key)] = true
		}
	}
	return out, nil
}

// Reports lists the stored receipts of devices of a site, of all without any, that the caller of ctx may see.
func (s *Store) Reports(ctx context.Context, site domain.SiteID, devices ...domain.DeviceID) ([]desiredstate.Receipt, error) {
	var rows []receiptRow
	query := s.in(ctx, site)
	if len(devices) > 0 {
		query = query.Where("device_id IN ?", devices)
	}
	if err := query.Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	out := make([]desiredstate.Receipt, 0, len(rows))
	for _, r := range rows {
		out = append(out, r.receipt())
	}
	return out, nil
}

// DeviceOnline tells whether an agent sees a device; one that nobody reported is not there.
func (s *Store) DeviceOnline(ctx context.Context, device domain.DeviceID) (bool, error) {
	var n int64
	err := s.conn(ctx).Model(&receiptRow{}).Where("device_id = ? AND online", device).Count(&n).Error
	if err != nil {
		return false, fmt.Errorf("read device state: %w", err)
	}
	return n > 0, nil
}

// DeviceAddress is where an agent sees a device, host:port; empty when nobody knows.
func (s *Store) DeviceAddress(ctx context.Context, device domain.DeviceID) (string, error) {
	var rows []receiptRow
	if err := s.conn(ctx).Select("address").Where("device_id = ?", device).Limit(1).Find(&rows).Error; err != nil {
		return "", fmt.Errorf("read device state: %w", err)
	}
	if len(rows) == 0 {
		return "", nil
	}
	return rows[0].Address, nil
}
