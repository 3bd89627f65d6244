package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// CallOrder is who calls a home and who rings there.
type CallOrder struct {
	Doors  []CallDevice `json:"doors" nullable:"false"`
	Stages []CallStage  `json:"stages" nullable:"false" doc:"The next one when nobody answered, or nothing rings."`
}

// CallDevice is a door phone or monitor of a call order.
type CallDevice struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type int    `json:"type"`
}

// CallStage is what rings together.
type CallStage struct {
	Targets []CallRing `json:"targets" nullable:"false"`
	Rings   bool       `json:"rings" doc:"False: nothing here can ring, so the stage is passed over."`
}

// CallRing is what one target means in this home.
type CallRing struct {
	Target   string            `json:"target" enum:"accounts,monitors,landlines,guards"`
	Monitors []CallDevice      `json:"monitors" nullable:"false"`
	People   []ApartmentPerson `json:"people" nullable:"false" doc:"Whose apps ring."`
	Numbers  []string          `json:"numbers" nullable:"false" doc:"Landlines, one after the other."`
	Off      bool              `json:"off" doc:"The landline service is off."`
}

func (a *API) callOrders() {
	route(a, http.MethodGet, "/sites/{site}/apartments/{apartment}/order", "get-call-order", "Who rings in an apartment, and in which order",
		func(ctx context.Context, in *ApartmentPath) (*Body[CallOrder], error) {
			order, err := a.Fleet.CallOrder(ctx, in.site(), in.id())
			return &Body[CallOrder]{showOrder(order)}, err
		}, needs(account.PeopleRead), tag("apartments"))
}

func showOrder(o fleet.CallOrder) CallOrder {
	out := CallOrder{Doors: showCallDevices(o.Doors), Stages: make([]CallStage, len(o.Stages))}
	for i, stage := range o.Stages {
		shown := CallStage{Targets: make([]CallRing, len(stage.Targets))}
		for k, ring := range stage.Targets {
			shown.Rings = shown.Rings || ring.Rings()
			shown.Targets[k] = showRing(ring)
		}
		out.Stages[i] = shown
	}
	return out
}

func showRing(r domain.CallRing) CallRing {
	out := CallRing{Target: string(r.Target), Monitors: make([]CallDevice, len(r.Devices)), People: showPeople(r.People), Numbers: make([]string, len(r.Numbers)), Off: r.Off}
	for i, d := range r.Devices {
		out.Monitors[i] = CallDevice{ID: d.ID.String(), Name: d.Name, Type: int(d.Type)}
	}
	for i, n := range r.Numbers {
		out.Numbers[i] = n.Number
	}
	return out
}

func showCallDevices(devices []fleet.CallDevice) []CallDevice {
	out := make([]CallDevice, len(devices))
	for i, d := range devices {
		out[i] = CallDevice{ID: d.ID.String(), Name: d.Name, Type: int(d.Type)}
	}
	return out
}
