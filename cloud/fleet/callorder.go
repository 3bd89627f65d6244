package fleet

import (
	"context"
	"slices"

	"vestibule/shared/domain"
)

// CallOrder is who calls a home and who rings there, in which order: what an installer sees before a visitor stands at the door.
type CallOrder struct {
	Doors  []CallDevice // door phones from which visitors reach the home
	Stages []CallStage  // all targets of a stage ring together, the next stage when nobody answered (CALL-03)
}

// CallDevice is a device of a call order.
type CallDevice struct {
	ID   domain.DeviceID
	Name string
	Type domain.DeviceType
}

// CallStage is one stage; one without anybody who can ring is passed over.
type CallStage struct{ Targets []CallRing }

// CallRing is what a target of a stage means in this home.
type CallRing struct {
	Target   domain.CallTarget
	Monitors []CallDevice
	People   []domain.Person // whose apps ring
	Numbers  []string        // landlines, rung one after the other
	Off      bool            // the service that the target needs is off
}

// Rings tells whether anything rings.
func (r CallRing) Rings() bool { return !r.Off && len(r.Monitors)+len(r.People)+len(r.Numbers) > 0 }

// CallOrders reads what call orders are made of.
type CallOrders interface {
	// CallDevices lists the door phones from which an apartment is called and its monitors, by name.
	CallDevices(ctx context.Context, apartment domain.Apartment) ([]domain.Device, error)
}

// CallOrder tells who rings when somebody dials an apartment (CALL-02, CALL-06, CALL-07).
func (s *Service) CallOrder(ctx context.Context, site domain.SiteID, id domain.ApartmentID) (CallOrder, error) {
	var out CallOrder
	of, err := s.cfg.Store.Site(ctx, site)
	if err != nil {
		return out, err
	}
	home, err := s.cfg.Store.Home(ctx, site, id)
	if err != nil {
		return out, err
	}
	devices, err := s.cfg.Store.CallDevices(ctx, home.Apartment)
	if err != nil {
		return out, err
	}
	var monitors []CallDevice
	for _, d := range devices {
		device := CallDevice{ID: d.ID, Name: d.Name, Type: d.Type}
		switch {
		case d.Type == domain.Monitor:
			monitors = append(monitors, device)
		case len(d.Form.Buildings) == 0 || slices.Contains(d.Form.Buildings, home.BuildingID): // DEV-13
			out.Doors = append(out.Doors, device)
		}
	}
	for _, stage := range home.Stages() {
		var rings CallStage
		for _, target := range stage {
			rings.Targets = append(rings.Targets, ringOf(of, home, target, monitors))
		}
		out.Stages = append(out.Stages, rings)
	}
	return out, nil
}

// ringOf tells what a target means in a home: a member that nobody paid for has no app (PEOPLE-11), landlines ring only with their service
// (SITE-12, PEOPLE-07).
func ringOf(of domain.Site, home Home, target domain.CallTarget, monitors []CallDevice) CallRing {
	out := CallRing{Target: target}
	switch target {
	case domain.TargetMonitors:
		out.Monitors = monitors
	case domain.TargetAccounts:
		for _, p := range home.People {
			if !p.Form.Unpaid {
				out.People = append(out.People, p)
			}
		}
	case domain.TargetLandlines:
		out.Off = !of.Form.Landline && !of.Form.Premium
		for _, p := range home.People {
			out.Numbers = append(out.Numbers, p.Form.Landlines...)
		}
	case domain.TargetGuards:
	}
	return out
}
