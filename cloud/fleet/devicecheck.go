package fleet

import (
	"context"
	"slices"
	"strconv"

	"vestibule/shared/domain"
)

// Defaults of a relay.
const (
	firstCode   = "#" // DEV-16
	holdDefault = 3000
)

// fillDevice sets what was left open: the first relay of a device that has relays (DEV-15), its key (DEV-16), the driver.
func fillDevice(d *domain.Device) {
	if d.Driver == "" {
		d.Driver = domain.DriverAkuvox
	}
	if d.DTMF == "" {
		d.DTMF = domain.DTMFUnknown
	}
	if len(d.Relays) == 0 && d.Type.HasRelays() {
		d.Relays = []domain.Relay{{Number: 1, Enabled: true}}
	}
	for i := range d.Relays {
		r := &d.Relays[i]
		if r.Name == "" {
			r.Name = "Relay" + strconv.Itoa(r.Number)
		}
		if r.DTMF == "" && r.Number == 1 {
			r.DTMF = firstCode
		}
		if r.Mode == "" {
			r.Mode = domain.Momentary
		}
		if r.HoldMilli == 0 {
			r.HoldMilli = holdDefault
		}
	}
}

// checkDevice fills defaults and finds every fault: of the form, of places that do not fit together, of what others hold.
func (s *Service) checkDevice(ctx context.Context, e *edit, before, d *domain.Device) error {
	fillDevice(d)
	site, err := s.cfg.Store.Site(ctx, e.site)
	if err != nil {
		return err
	}
	var f faults
	if err := s.checkPlace(ctx, e, d, &f); err != nil {
		return err
	}
	if err := s.deviceGroup(ctx, e, site, before, d, &f); err != nil {
		return err
	}
	f.form(d.Validate())
	if before == nil || before.MAC != d.MAC {
		if err := s.bindMAC(ctx, e, d.MAC, &f); err != nil {
			return err
		}
	}
	if err := s.checkChannels(ctx, e, d, &f); err != nil {
		return err
	}
	if err := s.checkRules(ctx, e, site, before, d, &f); err != nil {
		return err
	}
	return f.Err()
}

// deviceGroup gives a device without a group that of the other devices of its building, else the first of the site (DEV-04). In a single-family
// site no group is chosen (DEV-07).
func (s *Service) deviceGroup(ctx context.Context, e *edit, site domain.Site, before, d *domain.Device, f *faults) error {
	asked := d.GroupID
	switch {
	case site.Kind == domain.SingleHome && before != nil:
		d.GroupID = before.GroupID
	case site.Kind == domain.SingleHome:
		d.GroupID = domain.GroupID{}
	case asked.IsZero() && !d.BuildingID.IsZero():
		group, err := s.cfg.Store.BuildingGroup(ctx, e.site, d.BuildingID)
		if err != nil {
			return err
		}
		d.GroupID = group
	}
	err := s.defaultGroup(ctx, e.site, &d.GroupID, f)
	f.invalid.Check(site.Kind != domain.SingleHome || asked.IsZero() || asked == d.GroupID, "group_id", "A single-family site has one network; no group is chosen.")
	return err
}

// checkPlace: building and apartment are of this site, and the apartment is in the building. A device given only its apartment stands in
// that apartment's building.
func (s *Service) checkPlace(ctx context.Context, e *edit, d *domain.Device, f *faults) error {
	if !d.ApartmentID.IsZero() {
		apartment, err := s.cfg.Store.Apartment(ctx, e.site, d.ApartmentID)
		found, err := exists(err)
		if err != nil {
			return err
		}
		f.invalid.Check(found, "apartment_id", "An apartment of this site.")
		if found && d.BuildingID.IsZero() {
			d.BuildingID = apartment.BuildingID
		}
		f.invalid.Check(!found || apartment.BuildingID == d.BuildingID, "building_id", "The building of the apartment.")
	}
	if !d.BuildingID.IsZero() {
		found, err := exists(errOf(s.cfg.Store.Building(ctx, e.site, d.BuildingID)))
		if err != nil {
			return err
		}
		f.invalid.Check(found, "building_id", "A building of this site.")
	}
	return nil
}

// checkChannels: a relay may borrow a channel of a board in the device's network group, and no two relays move one channel.
func (s *Service) checkChannels(ctx context.Context, e *edit, d *domain.Device, f *faults) error {
	type channel struct {
		board domain.BoardID
		n     int
	}
	mine := map[channel]bool{}
	for i, r := range d.Relays {
		if r.Board.IsZero() || i >= domain.MaxRelays {
			continue
		}
		at := "relays[" + strconv.Itoa(i) + "]."
		board, err := s.cfg.Store.Board(ctx, e.site, r.Board)
		found, err := exists(err)
		if err != nil {
			return err
		}
		f.invalid.Check(found && board.GroupID == d.GroupID, at+"board_id", "A relay board of the device's network group.")
		if !found {
			continue
		}
		f.invalid.Check(r.Channel >= 1 && r.Channel <= board.Channels, at+"channel", "1 to %d on this board.", board.Channels)
		f.taken.Check(!slices.ContainsFunc(board.Inputs, func(in domain.ChannelMode) bool { return in.Number == r.Channel }), at+"channel",
			"An input of the board moves this channel: whoever presses it would open the door unseen.")
		f.invalid.Check(!mine[channel{r.Board, r.Channel}], at+"channel", "Another relay of this device uses the channel.")
		mine[channel{r.Board, r.Channel}] = true
		uses, err := s.cfg.Store.BoardUses(ctx, e.site, r.Board)
		if err != nil {
			return err
		}
		for _, u := range uses {
			f.taken.Check(u.Device == d.ID || u.Channel != r.Channel, at+"channel", "The channel moves a relay of %s.", u.DeviceName)
		}
	}
	return nil
}
