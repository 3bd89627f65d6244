package store

import (
	"context"
	"fmt"
	"time"

	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

type deviceRow struct {
	ID          domain.DeviceID `gorm:"primaryKey"`
	SiteID      domain.SiteID
	Type        int
	MAC         string `gorm:"column:mac"`
	Name        string
	GroupID     domain.GroupID
	BuildingID  domain.BuildingID
	ApartmentID domain.ApartmentID
	Driver      string
	Address     string
	DTMFMethod  string `gorm:"column:dtmf_method"`
	SIPUser     string `gorm:"column:sip_user"`
	SIPPassword []byte `gorm:"column:sip_password"` // sealed
	APIUser     string `gorm:"column:api_user"`
	APIPassword []byte `gorm:"column:api_password"` // sealed; NULL when none is set
	PairUntil   int64

	DepartmentID domain.DepartmentID
	CompanyID    domain.CompanyID
	OwnerID      domain.PersonID
	Form         domain.DeviceForm `gorm:"serializer:json"`
	Record       record            `gorm:"embedded"`
}

func (deviceRow) TableName() string { return "devices" }

func (r deviceRow) place() (string, string) { return r.Record.Folded, r.ID.String() }

// noun gives the device without relays and secrets.
func (r deviceRow) noun() deviceRow { return r }

func (r deviceRow) device() domain.Device {
	return domain.Device{
		ID: r.ID, SiteID: r.SiteID, Type: domain.DeviceType(r.Type), MAC: domain.MAC(r.MAC), Name: r.Name, GroupID: r.GroupID,
		BuildingID: r.BuildingID, ApartmentID: r.ApartmentID, Driver: domain.Driver(r.Driver), Address: r.Address,
		DTMF: domain.DTMFMethod(r.DTMFMethod), SIPUser: r.SIPUser, APIUser: r.APIUser, PairUntil: r.PairUntil,
		DepartmentID: r.DepartmentID, CompanyID: r.CompanyID, OwnerID: r.OwnerID, Form: r.Form, Revision: r.Record.Revision,
	}
}

type relayRow struct {
	SiteID   domain.SiteID
	DeviceID domain.DeviceID `gorm:"primaryKey"`
	Number   int             `gorm:"primaryKey;autoIncrement:false"`
	Name     string
	Enabled  bool
	DTMF     string `gorm:"column:dtmf"`
	Mode     string
	Rest     bool
	HoldMS   int `gorm:"column:hold_ms"`
	BoardID  domain.BoardID
	Channel  int
	Methods  domain.Methods
}

func (relayRow) TableName() string { return "relays" }

func (r relayRow) relay() domain.Relay {
	return domain.Relay{
		Number: r.Number, Name: r.Name, Enabled: r.Enabled, DTMF: r.DTMF, Mode: domain.RelayMode(r.Mode), Rest: r.Rest,
		HoldMilli: r.HoldMS, Board: r.BoardID, Channel: r.Channel, Methods: r.Methods,
	}
}

// ListDevices lists the devices of a site with their relays and secrets.
func (s *Store) ListDevices(ctx context.Context, site domain.SiteID, page fleet.Page) (fleet.List[domain.Device], error) {
	rows, err := list[deviceRow, deviceRow](s.in(ctx, site), page)
	if err != nil {
		return fleet.List[domain.Device]{}, err
	}
	items, err := s.whole(ctx, site, rows.Items)
	return fleet.List[domain.Device]{Items: items, Next: rows.Next, Total: rows.Total}, err
}

// Device gives one device of a site with its relays and secrets.
func (s *Store) Device(ctx context.Context, site domain.SiteID, id domain.DeviceID) (domain.Device, error) {
	r, err := take[deviceRow, deviceRow](ctx, s, site, id, "This device")
	if err != nil {
		return domain.Device{}, err
	}
	devices, err := s.whole(ctx, site, []deviceRow{r})
	if err != nil {
		return domain.Device{}, err
	}
	return devices[0], nil
}

// whole adds relays and opens secrets.
func (s *Store) whole(ctx context.Context, site domain.SiteID, rows []deviceRow) ([]domain.Device, error) {
	out := make([]domain.Device, len(rows))
	at := make(map[domain.DeviceID]int, len(rows))
	ids := make([]domain.DeviceID, len(rows))
	for i, r := range rows {
		out[i], ids[i], at[r.ID] = r.device(), r.ID, i
		var err error
		if out[i].SIPPassword, err = s.unseal(r.SIPPassword, "sip_password", r.ID); err != nil {
			return nil, err
		}
		if out[i].APIPassword, err = s.unseal(r.APIPassword, "api_password", r.ID); err != nil {
			return nil, err
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	var relays []relayRow
	if err := s.in(ctx, site).Where("device_id IN ?", ids).Order("device_id, number").Find(&relays).Error; err != nil {
		return nil, fmt.Errorf("read relays: %w", err)
	}
	for _, r := range relays {
		d := &out[at[r.DeviceID]]
		d.Relays = append(d.Relays, r.relay())
	}
	return out, nil
}

func (s *Store) seal(plain secret.String, column string, id domain.DeviceID) ([]byte, error) {
	if plain.IsZero() {
		return nil, nil
	}
	return s.key.Seal("device "+column+" "+id.String(), []byte(plain.Reveal()))
}

func (s *Store) unseal(sealed []byte, column string, id domain.DeviceID) (secret.String, error) {
	if len(sealed) == 0 {
		return secret.String{}, nil
	}
	plain, err := s.key.Open("device "+column+" "+id.String(), sealed)
	return secret.New(string(plain)), err
}

// newDeviceRow seals the secrets of a device.
func (s *Store) newDeviceRow(d domain.Device, at time.Time) (deviceRow, error) {
	r := deviceRow{
		ID: d.ID, SiteID: d.SiteID, Type: int(d.Type), MAC: string(d.MAC), Name: d.Name, GroupID: d.GroupID, BuildingID: d.BuildingID,
		ApartmentID: d.ApartmentID, Driver: string(d.Driver), Address: d.Address, DTMFMethod: string(d.DTMF), SIPUser: d.SIPUser,
		APIUser: d.APIUser, PairUntil: d.PairUntil,
		DepartmentID: d.DepartmentID, CompanyID: d.CompanyID, OwnerID: d.OwnerID, Form: d.Form, Record: newRecord(at, d.Name, string(d.MAC), d.SIPUser),
	}
	var err error
	if r.SIPPassword, err = s.seal(d.SIPPassword, "sip_password", d.ID); err != nil {
		return r, err
	}
	r.APIPassword, err = s.seal(d.APIPassword, "api_password", d.ID)
	return r, err
}

// PutDevice adds or changes a device and its relays; a MAC that another device of the platform has is Conflict at "mac".
func (s *Store) PutDevice(ctx context.Context, d domain.Device, at time.Time) error {
	r, err := s.newDeviceRow(d, at)
	if err != nil {
		return err
	}
	return s.InTx(ctx, func(ctx context.Context) error {
		err := s.put(ctx, &r, "type", "mac", "name", "group_id", "building_id", "apartment_id", "driver", "address", "dtmf_method",
			"sip_user", "sip_password", "api_user", "api_password", "pair_until", "department_id", "company_id", "owner_id", "form")
		if err != nil {
			return fmt.Errorf("save device: %w", duplicate(err, "mac", "Another device has this MAC."))
		}
		return s.putRelays(ctx, d)
	})
}

func newRelayRows(d domain.Device) []relayRow {
	rows := make([]relayRow, len(d.Relays))
	for i, r := range d.Relays {
		rows[i] = relayRow{
			SiteID: d.SiteID, DeviceID: d.ID, Number: r.Number, Name: r.Name, Enabled: r.Enabled, DTMF: r.DTMF, Mode: string(r.Mode),
			Rest: r.Rest, HoldMS: r.HoldMilli, BoardID: r.Board, Channel: r.Channel, Methods: r.Methods,
		}
	}
	return rows
}

func (s *Store) putRelays(ctx context.Context, d domain.Device) error {
	if err := s.conn(ctx).Where("device_id = ?", d.ID).Delete(&relayRow{}).Error; err != nil {
		return fmt.Errorf("save relays: %w", err)
	}
	for _, row := range newRelayRows(d) {
		if err := s.conn(ctx).Create(&row).Error; err != nil {
			return fmt.Errorf("save relays: %w", duplicate(err, "relays", "Another relay uses this channel."))
		}
	}
	return nil
}

// DeleteDevice marks a device as deleted, which frees its MAC, and lets go of the channels its relays used.
func (s *Store) DeleteDevice(ctx context.Context, site domain.SiteID, id domain.DeviceID, at time.Time) error {
	if err := s.in(ctx, site).Where("device_id = ?", id).Delete(&relayRow{}).Error; err != nil {
		return fmt.Errorf("delete relays: %w", err)
	}
	return s.drop(ctx, &deviceRow{}, site, id, at)
}

// MACTaken tells whether another device of the platform has the MAC. It looks at every tenant's rows and tells nothing else of them.
func (s *Store) MACTaken(ctx context.Context, mac domain.MAC, except domain.DeviceID) (bool, error) {
	query := s.conn(ctx).Model(&deviceRow{}).Where("mac = ? AND deleted_at IS NULL", string(mac))
	if !except.IsZero() { // a zero id is NULL, which is unequal to nothing
		query = query.Where("id <> ?", except)
	}
	var n int64
	err := query.Count(&n).Error
	return n > 0, err
}
