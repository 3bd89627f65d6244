package api

import (
	"context"
	"net/http"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/shared/domain"
)

// Capability is whether devices of one model and firmware can do a feature.
type Capability struct {
	Feature string   `json:"feature" enum:"access_methods,directory,hash_in_apartment,sequence_call,floors"`
	State   string   `json:"state" enum:"ok,too_old,not_listed,unknown" doc:"unknown: no device has told its firmware yet; it will be checked when it answers."`
	Model   string   `json:"model" doc:"As the table of minimum firmware calls it; empty when it is not in it."`
	Needs   string   `json:"needs" doc:"The first firmware that can; empty when none is known."`
	Has     string   `json:"has"`
	Reason  string   `json:"reason" doc:"Why the feature is missing, in a sentence; empty when it is not."`
	Devices []string `json:"devices" nullable:"false" doc:"Names, at most 100."`
}

func showAbility(a fleet.Ability) Capability {
	return Capability{
		Feature: string(a.Feature), State: string(a.Verdict.State), Model: a.Verdict.Model, Needs: a.Verdict.Needs, Has: a.Has,
		Reason: a.Verdict.Reason(a.Has), Devices: a.Devices,
	}
}

// PlaceQuery names what a question about a site is narrowed to; at most one of them.
type PlaceQuery struct {
	Device    string `query:"device"`
	Apartment string `query:"apartment"`
	Building  string `query:"building"`
}

// about reads the place. An id that is none is refused at its parameter.
func (q PlaceQuery) about() (fleet.About, error) {
	var f ids
	about := fleet.About{
		Device: bodyID[domain.DeviceID](&f, "device", q.Device), Apartment: bodyID[domain.ApartmentID](&f, "apartment", q.Apartment),
		Building: bodyID[domain.BuildingID](&f, "building", q.Building),
	}
	const one = "One of device, apartment and building."
	f.Check(q.Apartment == "" || q.Device == "", "apartment", one)
	f.Check(q.Building == "" || q.Device+q.Apartment == "", "building", one)
	return about, f.Err()
}

// Capabilities are the features of a device or of the devices of a place.
type Capabilities struct {
	Items []Capability `json:"items" nullable:"false"`
}

func (a *API) capabilitiesOf(ctx context.Context, site domain.SiteID, about fleet.About) (*Body[Capabilities], error) {
	list, err := a.Fleet.Abilities(ctx, site, about)
	if err != nil {
		return nil, err
	}
	out := Capabilities{Items: make([]Capability, len(list))}
	for i, one := range list {
		out.Items[i] = showAbility(one)
	}
	return &Body[Capabilities]{out}, nil
}

func (a *API) capability() {
	route(a, http.MethodGet, "/sites/{site}/devices/{device}/capability", "device-capability", "What the firmware of a device can do and what it needs",
		func(ctx context.Context, in *DevicePath) (*Body[Capabilities], error) {
			return a.capabilitiesOf(ctx, in.site(), fleet.About{Device: in.id()})
		}, needs(account.DevicesRead), tag("devices"))
	route(a, http.MethodGet, "/sites/{site}/capability", "site-capability", "What the devices of a site, building or apartment can do by their firmware",
		func(ctx context.Context, in *struct {
			SitePath
			PlaceQuery
		},
		) (*Body[Capabilities], error) {
			about, err := in.about()
			if err != nil {
				return nil, err
			}
			return a.capabilitiesOf(ctx, in.site(), about)
		}, needs(account.DevicesRead), tag("devices"))
}
