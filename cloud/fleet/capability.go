package fleet

import (
	"context"
	"slices"

	"vestibule/shared/capability"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// Ability is whether the devices of one model and firmware can do a feature.
type Ability struct {
	Feature capability.Feature
	Verdict capability.Verdict
	Has     string
	Devices []string // names, at most 100
}

// Abilities tells which gated features the devices that concern a place can do, each as often as there are firmwares (DEV-25). Features that a
// device has nothing to do with are left out: a monitor gives none.
func (s *Service) Abilities(ctx context.Context, site domain.SiteID, about About) ([]Ability, error) {
	if !about.Apartment.IsZero() {
		apartment, err := s.cfg.Store.Apartment(ctx, site, about.Apartment)
		if err != nil {
			return nil, err
		}
		about.Building = apartment.BuildingID
	} else if _, err := s.cfg.Store.Site(ctx, site); err != nil {
		return nil, err
	}
	devices, err := s.cfg.Store.Told(ctx, site, about)
	if err != nil {
		return nil, err
	}
	if !about.Device.IsZero() && len(devices) == 0 {
		return nil, fault.New(fault.NotFound, "This device does not exist.")
	}
	var out []Ability
	for _, feature := range capability.Features() {
		for _, d := range devices {
			if !d.concerns(feature) {
				continue
			}
			a := Ability{Feature: feature, Verdict: capability.Check(feature, d.Model, d.Firmware), Has: d.Firmware}
			at := slices.IndexFunc(out, func(o Ability) bool { return o.Feature == a.Feature && o.Verdict == a.Verdict && o.Has == a.Has })
			if at < 0 {
				at = len(out)
				out = append(out, a)
			}
			if len(out[at].Devices) < maxWarned {
				out[at].Devices = append(out[at].Devices, d.Name)
			}
		}
	}
	return out, nil
}

// concerns tells whether a feature is any matter of the device.
func (t Told) concerns(f capability.Feature) bool {
	switch f {
	case capability.AccessMethods:
		return t.Type.HasRelays()
	case capability.Directory:
		return t.IsDoorPhone() && t.ApartmentID.IsZero()
	case capability.HashInApartment, capability.SequenceCall:
		return t.IsDoorPhone()
	case capability.Floors:
		return capability.IsLiftController(t.Model, t.Firmware)
	}
	return false
}
