package fleet

import (
	"context"
	"slices"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// AutoPs keeps what installers add to the settings of devices; texts are sealed at rest.
type AutoPs interface {
	// AutoPs gives the sheets of devices of a site; one that nothing was added to has none. Each has its newest orders first, those that did not end
	// whole and of the others so many.
	AutoPs(ctx context.Context, site domain.SiteID, ended int, devices ...domain.DeviceID) (map[domain.DeviceID]AutoPSheet, error)
	// PutAutoP writes the regular texts of sheets and how far they got.
	PutAutoP(ctx context.Context, site domain.SiteID, sheets []AutoPSheet, at time.Time) error
	AddAutoPOrders(ctx context.Context, site domain.SiteID, orders []AutoPOrder) error
	EndAutoPOrders(ctx context.Context, site domain.SiteID, orders []AutoPOrder) error
	// DropAutoP forgets a device.
	DropAutoP(ctx context.Context, site domain.SiteID, device domain.DeviceID) error
}

// AutoPSheet is everything that was added to the settings of one device.
type AutoPSheet struct {
	Device       domain.DeviceID
	Text         secret.String
	Revision     uint64
	State        domain.AutoPState // what the agent told of ToldRevision
	Refused      []string          // settings that the device does not hold
	ToldRevision uint64
	Resets       uint32
	Orders       []AutoPOrder
}

// AutoPOrder is lines that are carried out once, and what came of them.
type AutoPOrder struct {
	ID      domain.AutoPID
	Device  domain.DeviceID
	Text    secret.String
	State   domain.AutoPState
	Refused []string
	Created time.Time
	Ended   time.Time // zero: not yet
}

// Standing is how far the regular text got.
func (a AutoPSheet) Standing() domain.AutoPState {
	if a.ToldRevision != a.Revision || a.State == "" {
		return domain.AutoPTold
	}
	return a.State
}

// Lengths of pairing windows: after a device was added, and when an installer opens one again.
const (
	pairFirst = 24 * time.Hour
	pairAgain = time.Hour
)

// endedOrders is how many ended orders of a device are shown.
const endedOrders = 20

// AutoP gives what was added to the settings of a device.
func (s *Service) AutoP(ctx context.Context, site domain.SiteID, id domain.DeviceID) (AutoPSheet, error) {
	if _, err := s.cfg.Store.Device(ctx, site, id); err != nil {
		return AutoPSheet{}, err
	}
	sheets, err := s.cfg.Store.AutoPs(ctx, site, endedOrders, id)
	sheet := sheets[id]
	sheet.Device = id
	return sheet, err
}

// AutoPAsk is one submission: regular lines to be kept, or lines to be carried out once.
type AutoPAsk struct {
	Devices []domain.DeviceID
	Text    secret.String
	Once    bool
	Replace bool // the text as a whole, as in the settings of one device; else the lines are added to what is stored
}

// SubmitAutoP takes lines for devices of a site (AUTOP-01, AUTOP-02): all of it or nothing.
func (s *Service) SubmitAutoP(ctx context.Context, site domain.SiteID, ask AutoPAsk) error {
	lines, err := domain.ReadAutoP("text", ask.Text.Reveal())
	if err != nil {
		return err
	}
	devices := slices.Clone(ask.Devices)
	slices.SortFunc(devices, func(a, b domain.DeviceID) int { return slices.Compare(a[:], b[:]) })
	devices = slices.Compact(devices)
	var f fault.Fields
	f.Check(len(lines) > 0 || ask.Replace, "text", "At least one line.")
	f.Check(len(devices) > 0, "devices", "At least one device.")
	f.Check(len(devices) <= domain.MaxAutoPDevices, "devices", "%d Maximum At A Time.", domain.MaxAutoPDevices)
	if err := f.Err(); err != nil {
		return err
	}
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		names := map[domain.DeviceID]string{}
		for _, id := range devices {
			device, err := s.cfg.Store.Device(ctx, site, id)
			if err != nil {
				return err
			}
			names[id] = device.Name
		}
		sheets, err := s.cfg.Store.AutoPs(ctx, site, 0, devices...)
		if err != nil {
			return err
		}
		if ask.Once {
			return s.orderAutoP(ctx, e, devices, names, sheets, lines)
		}
		return s.keepAutoP(ctx, e, devices, names, sheets, lines, ask.Replace)
	})
}

// keepAutoP stores regular lines of devices.
func (s *Service) keepAutoP(ctx context.Context, e *edit, devices []domain.DeviceID, names map[domain.DeviceID]string, sheets map[domain.DeviceID]AutoPSheet, lines []domain.AutoPLine, replace bool) error {
	var changed []AutoPSheet
	for _, id := range devices {
		sheet := sheets[id]
		sheet.Device = id
		if replace {
			var err error
			if sheet.Revision, err = account.Revise(ctx, sheet.Revision); err != nil {
				return err
			}
		}
		stored, err := domain.ReadAutoP("text", sheet.Text.Reveal())
		if err != nil {
			return err
		}
		next := lines
		if !replace {
			next = domain.MergeAutoP(stored, lines)
			sheet.Revision++
		}
		if slices.Equal(next, stored) {
			continue
		}
		text := domain.WriteAutoP(next)
		if _, err := domain.ReadAutoP("text", text); err != nil { // what was stored and what is added may be too much together
			return err
		}
		before := sheet
		sheet.Text = secret.New(text)
		if err := e.putAutoP(sheet); err != nil {
			return err
		}
		if err := e.record(ctx, audit.Changed, "autop", id, linesTold(names[id], before.Text), linesTold(names[id], sheet.Text)); err != nil {
			return err
		}
		changed = append(changed, sheet)
	}
	return s.cfg.Store.PutAutoP(ctx, e.site, changed, e.at)
}

// orderAutoP has lines carried out once on devices; those that wait already are not doubled.
func (s *Service) orderAutoP(ctx context.Context, e *edit, devices []domain.DeviceID, names map[domain.DeviceID]string, sheets map[domain.DeviceID]AutoPSheet, lines []domain.AutoPLine) error {
	var orders []AutoPOrder
	for _, id := range devices {
		sheet := sheets[id]
		sheet.Device = id
		fresh := slices.DeleteFunc(slices.Clone(lines), func(l domain.AutoPLine) bool { return l.Key == "" || waits(sheet, l) })
		if len(fresh) == 0 {
			continue
		}
		order := AutoPOrder{
			ID: domain.NewID[domain.AutoPID](e.at), Device: id, Text: secret.New(domain.WriteAutoP(fresh)), State: domain.AutoPTold, Created: e.at,
		}
		sheet.Orders = append(sheet.Orders, order)
		orders = append(orders, order)
		if err := e.putAutoP(sheet); err != nil {
			return err
		}
		if err := e.record(ctx, audit.Created, "autop", id, nil, linesTold(names[id], order.Text)); err != nil {
			return err
		}
	}
	return s.cfg.Store.AddAutoPOrders(ctx, e.site, orders)
}

// waits tells whether an order that has not ended has a line.
func waits(sheet AutoPSheet, line domain.AutoPLine) bool {
	return slices.ContainsFunc(sheet.Orders, func(o AutoPOrder) bool {
		return o.Ended.IsZero() && slices.Contains(domain.AutoPOrder{Text: o.Text}.Lines(), line)
	})
}

// addedLines is what the audit keeps of a text: the settings without their values, which may be secret.
type addedLines struct {
	Device   string   `json:"device"`
	Settings []string `json:"settings"`
}

func linesTold(device string, text secret.String) addedLines {
	told := addedLines{Device: device, Settings: []string{}}
	for _, line := range (domain.AutoP{Text: text}).Lines() {
		told.Settings = append(told.Settings, line.Key)
	}
	return told
}

// putAutoP tells the building of a sheet, without what has ended; an empty one leaves the document.
func (e *edit) putAutoP(sheet AutoPSheet) error {
	told := domain.AutoP{DeviceID: sheet.Device, Revision: sheet.Revision, Text: sheet.Text}
	for _, o := range sheet.Orders {
		if o.Ended.IsZero() {
			told.Orders = append(told.Orders, domain.AutoPOrder{ID: o.ID, Text: o.Text})
		}
	}
	slices.SortFunc(told.Orders, func(a, b domain.AutoPOrder) int { return slices.Compare(a.ID[:], b.ID[:]) })
	if told.Text.IsZero() && len(told.Orders) == 0 {
		e.remove(desired.SectionAutoP, sheet.Device)
		return nil
	}
	return e.put(desired.SectionAutoP, sheet.Device, told)
}

// lapseSwapped ends the orders of a device in whose place other hardware stands now: it is as from the factory (AUTOP-05).
func (s *Service) lapseSwapped(ctx context.Context, e *edit, before, device *domain.Device) error {
	if before == nil || before.MAC == device.MAC {
		return nil
	}
	sheets, err := s.cfg.Store.AutoPs(ctx, e.site, 0, device.ID)
	if err != nil || len(sheets[device.ID].Orders) == 0 {
		return err
	}
	sheet := sheets[device.ID]
	for i := range sheet.Orders {
		sheet.Orders[i].State, sheet.Orders[i].Ended = domain.AutoPLapsed, e.at
	}
	if err := s.cfg.Store.EndAutoPOrders(ctx, e.site, sheet.Orders); err != nil {
		return err
	}
	return e.putAutoP(sheet)
}

// Pair opens the pairing window of a device for an hour: its next provisioning file may carry secrets, once.
func (s *Service) Pair(ctx context.Context, site domain.SiteID, id domain.DeviceID) error {
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		device, err := s.cfg.Store.Device(ctx, site, id)
		if err != nil {
			return err
		}
		device.PairUntil = e.at.Add(pairAgain).UnixMilli()
		if err := s.cfg.Store.PutDevice(ctx, device, e.at); err != nil {
			return err
		}
		if err := e.putCredential(device); err != nil {
			return err
		}
		return e.record(ctx, audit.Changed, "autop", id, nil, addedLines{Device: device.Name, Settings: []string{"pairing"}})
	})
}

// RotateSIP gives a device another SIP password and closes its pairing window: somebody else may have the present one.
func (s *Service) RotateSIP(ctx context.Context, site domain.SiteID, id domain.DeviceID) error {
	ctx = account.AsSystem(ctx, "provisioning file fetched again")
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		device, err := s.cfg.Store.Device(ctx, site, id)
		if found, err := exists(err); err != nil || !found {
			return err // deleted meanwhile
		}
		device.SIPPassword, device.PairUntil = secret.Random(sipPasswordLength), 0
		if err := s.cfg.Store.PutDevice(ctx, device, e.at); err != nil {
			return err
		}
		if err := e.putCredential(device); err != nil {
			return err
		}
		return e.record(ctx, audit.Changed, "autop", id, nil, addedLines{Device: device.Name, Settings: []string{"sip_password"}})
	})
}

// dropAutoP forgets what was added to a device that is deleted.
func (s *Service) dropAutoP(ctx context.Context, e *edit, id domain.DeviceID) error {
	e.remove(desired.SectionAutoP, id)
	return s.cfg.Store.DropAutoP(ctx, e.site, id)
}

// AutoPTold takes what the agents of a site report of lines. An order that ended leaves the document, so that no agent carries it out again, and
// what was carried out on a device lapses when the device is reset.
func (s *Service) AutoPTold(ctx context.Context, site domain.SiteID, reports []wire.DeviceReport) error {
	reports = slices.DeleteFunc(slices.Clone(reports), func(r wire.DeviceReport) bool { return len(r.AutoP) == 0 && r.Resets == 0 })
	if len(reports) == 0 {
		return nil
	}
	ctx = account.AsSystem(ctx, "agent report")
	return s.edit(ctx, site, func(ctx context.Context, e *edit) error {
		ids := make([]domain.DeviceID, len(reports))
		for i, r := range reports {
			ids[i] = r.DeviceID
		}
		sheets, err := s.cfg.Store.AutoPs(ctx, site, endedOrders, ids...)
		if err != nil {
			return err
		}
		var changed []AutoPSheet
		var ended []AutoPOrder
		for _, r := range reports {
			sheet, ok := sheets[r.DeviceID]
			if !ok {
				continue
			}
			if device, err := s.cfg.Store.Device(ctx, site, r.DeviceID); err != nil || r.MAC != "" && r.MAC != device.MAC {
				continue // of hardware that is gone
			}
			over, leave := sheet.end(r, e.at)
			ended = append(ended, over...)
			if sheet.take(r) {
				changed = append(changed, sheet)
			}
			if !leave {
				continue
			}
			if err := e.putAutoP(sheet); err != nil {
				return err
			}
		}
		if err := s.cfg.Store.PutAutoP(ctx, site, changed, e.at); err != nil {
			return err
		}
		return s.cfg.Store.EndAutoPOrders(ctx, site, ended)
	})
}

// end notes which orders are over by a report, and tells whether one of them leaves the document.
func (a *AutoPSheet) end(r wire.DeviceReport, at time.Time) (over []AutoPOrder, leave bool) {
	reset := r.Resets > a.Resets
	for i := range a.Orders {
		o := &a.Orders[i]
		told := slices.IndexFunc(r.AutoP, func(t wire.AutoPReport) bool { return t.Order == o.ID })
		switch {
		case o.Ended.IsZero() && told >= 0 && r.AutoP[told].State != domain.AutoPTold:
			o.State, o.Refused, o.Ended = r.AutoP[told].State, r.AutoP[told].Refused, at
			leave = true
		case o.State == domain.AutoPApplied && reset:
			o.State = domain.AutoPLapsed
		default:
			continue
		}
		over = append(over, *o)
	}
	return over, leave
}

// maxRefused bounds what an agent may name.
const maxRefused = 50

// take notes what is told of the regular text, and tells whether it is new.
func (a *AutoPSheet) take(r wire.DeviceReport) bool {
	before := *a
	for _, told := range r.AutoP {
		if told.Order.IsZero() {
			a.State, a.ToldRevision, a.Refused = told.State, told.Revision, told.Refused[:min(len(told.Refused), maxRefused)]
		}
	}
	a.Resets = max(a.Resets, r.Resets)
	return before.State != a.State || before.ToldRevision != a.ToldRevision || before.Resets != a.Resets || !slices.Equal(before.Refused, a.Refused)
}
