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
type CallStage struct{ Targets []domain.CallRing }

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
	party := domain.CallParty{Order: home.Stages(), People: home.People, Landline: of.Form.HasLandline() && !home.Service.LandlineEnded(s.cfg.Now().UnixMilli())}
	for _, d := range devices {
		switch {
		case d.Type == domain.Monitor:
			party.Monitors = append(party.Monitors, d)
		case len(d.Form.Buildings) == 0 || slices.Contains(d.Form.Buildings, home.BuildingID): // DEV-13
			out.Doors = append(out.Doors, CallDevice{ID: d.ID, Name: d.Name, Type: d.Type})
		}
	}
	for _, stage := range party.Stages() {
		out.Stages = append(out.Stages, CallStage{Targets: stage})
	}
	return out, nil
}
