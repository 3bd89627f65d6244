package fleet

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"vestibule/shared/capability"
	"vestibule/shared/domain"
)

// About is what a question is about: one device, one apartment or one building of a site; the whole site when all are zero.
type About struct {
	Device    domain.DeviceID
	Apartment domain.ApartmentID
	Building  domain.BuildingID
}

// Told is a device with what it reported of itself. Model is what the installer says until the device told its own.
type Told struct {
	ID          domain.DeviceID
	Name        string
	Type        domain.DeviceType
	BuildingID  domain.BuildingID
	ApartmentID domain.ApartmentID
	Model       string
	Firmware    string // empty until the device answered
	Directory   bool   // who stands on its contact screen was chosen
	Methods     []int  // places of the relays, from 0, whose ways to unlock were chosen
}

// standsFor tells whether the device is one of an apartment: its own, or one of its building or of the whole site.
func (t Told) standsFor(a domain.Apartment) bool {
	return t.ApartmentID == a.ID || t.ApartmentID.IsZero() && (t.BuildingID.IsZero() || t.BuildingID == a.BuildingID)
}

// Uses is which features the homes of a place use.
type Uses struct{ Hash, Sequence, Floors bool }

func (u *Uses) add(a domain.Apartment) {
	u.Hash = u.Hash || strings.Contains(a.Number, "#")
	u.Sequence = u.Sequence || a.Contact == domain.SequenceCall
	u.Floors = u.Floors || a.Floor != ""
}

// Capabilities reads what decides whether devices can do what is described.
type Capabilities interface {
	// Told lists the devices that concern about: the device itself; else everything that stands for its homes, lift controllers included.
	Told(ctx context.Context, site domain.SiteID, about About) ([]Told, error)
	// Uses tells which features homes use, by building; of gives it for single apartments too, those that have devices of their own.
	Uses(ctx context.Context, site domain.SiteID, about About, of []domain.ApartmentID) (map[domain.BuildingID]Uses, map[domain.ApartmentID]Uses, error)
}

// Warning says that devices will not do what was saved: their firmware is too old (SITE-26), or they are not in the network they are put into
// (EDGE-08). Nothing is refused.
type Warning struct {
	Path    string             `json:"path" doc:"The field that uses the feature; empty when several things do."`
	Message string             `json:"message"`
	Feature capability.Feature `json:"feature" enum:"access_methods,directory,hash_in_apartment,sequence_call,floors,network_group"`
	Model   string             `json:"model" doc:"Empty: a model that the table of minimum firmware does not have."`
	Needs   string             `json:"needs" doc:"The first firmware that can; empty when none is known."`
	Has     string             `json:"has"`
	Devices []string           `json:"devices" nullable:"false" doc:"Names, at most 100."`
}

// maxWarned bounds the names of one warning.
const maxWarned = 100

// Warnings lists the features that a site, building, apartment or device uses and that devices, by the firmware they reported, cannot do. A device
// that has not reported yet gives none: it will be checked when it answers.
func (s *Service) Warnings(ctx context.Context, site domain.SiteID, about About) ([]Warning, error) {
	w := warner{about: about}
	var used Uses
	if !about.Apartment.IsZero() {
		apartment, err := s.cfg.Store.Apartment(ctx, site, about.Apartment)
		if err != nil {
			return nil, err
		}
		if used.add(apartment); used == (Uses{}) {
			return nil, nil // most apartments: nobody has to be asked
		}
		about.Building = apartment.BuildingID
	}
	devices, err := s.cfg.Store.Told(ctx, site, about)
	if err != nil {
		return nil, err
	}
	var single []domain.ApartmentID
	for _, d := range devices {
		if !d.ApartmentID.IsZero() {
			single = append(single, d.ApartmentID)
		}
	}
	var buildings map[domain.BuildingID]Uses
	var homes map[domain.ApartmentID]Uses
	if about.Apartment.IsZero() && slices.ContainsFunc(devices, asksHomes) {
		if buildings, homes, err = s.cfg.Store.Uses(ctx, site, about, single); err != nil {
			return nil, err
		}
	}
	for _, d := range devices {
		if about.Apartment.IsZero() {
			used = d.serves(buildings, homes)
		}
		w.device(d, used)
	}
	groups, err := s.misplaced(ctx, site, about)
	return append(groups, w.sorted()...), err
}

// asksHomes tells whether it matters what the homes of a device use.
func asksHomes(d Told) bool {
	return slices.ContainsFunc(d.features(Uses{Hash: true, Sequence: true, Floors: true}), func(f capability.Feature) bool {
		return f != capability.AccessMethods && f != capability.Directory && !capability.Check(f, d.Model, d.Firmware).Applies()
	})
}

// serves gives what the homes use that a device stands for.
func (t Told) serves(buildings map[domain.BuildingID]Uses, homes map[domain.ApartmentID]Uses) Uses {
	switch {
	case !t.ApartmentID.IsZero():
		return homes[t.ApartmentID]
	case !t.BuildingID.IsZero():
		return buildings[t.BuildingID]
	}
	var all Uses
	for _, u := range buildings {
		all.Hash, all.Sequence, all.Floors = all.Hash || u.Hash, all.Sequence || u.Sequence, all.Floors || u.Floors
	}
	return all
}

// IsDoorPhone tells whether visitors call from the device.
func (t Told) IsDoorPhone() bool {
	return t.Type == domain.DoorPhone || t.Type == domain.SingleDoorPhone
}

// features lists what is asked of a device.
func (t Told) features(homes Uses) []capability.Feature {
	var out []capability.Feature
	add := func(used bool, f capability.Feature) {
		if used {
			out = append(out, f)
		}
	}
	add(len(t.Methods) > 0, capability.AccessMethods)
	add(t.Directory, capability.Directory)
	add(homes.Hash && t.IsDoorPhone(), capability.HashInApartment)
	add(homes.Sequence && t.IsDoorPhone(), capability.SequenceCall)
	add(homes.Floors && capability.IsLiftController(t.Model, t.Firmware), capability.Floors)
	return out
}

// warner collects warnings: one for all devices of a model that lack the same feature with the same firmware.
type warner struct {
	about About
	all   []Warning
}

func (w *warner) device(d Told, homes Uses) {
	for _, feature := range d.features(homes) {
		if !w.about.Apartment.IsZero() && (feature == capability.AccessMethods || feature == capability.Directory) {
			continue // the device's own matter
		}
		v := capability.Check(feature, d.Model, d.Firmware)
		if v.Applies() {
			continue
		}
		at := slices.IndexFunc(w.all, func(o Warning) bool {
			return o.Feature == feature && o.Model == v.Model && o.Needs == v.Needs && o.Has == d.Firmware
		})
		if at < 0 {
			at = len(w.all)
			w.all = append(w.all, Warning{Path: w.path(feature, d), Feature: feature, Model: v.Model, Needs: v.Needs, Has: d.Firmware})
		}
		w.all[at].Devices = append(w.all[at].Devices, d.Name)
	}
}

// path names the field that uses a feature, as the form of what was asked about has it.
func (w *warner) path(feature capability.Feature, d Told) string {
	switch {
	case !w.about.Apartment.IsZero():
		return map[capability.Feature]string{capability.HashInApartment: "number", capability.SequenceCall: "contact", capability.Floors: "floor"}[feature]
	case w.about.Device.IsZero():
		return ""
	case feature == capability.Directory:
		return "form.directory"
	case feature == capability.AccessMethods:
		return fmt.Sprintf("relays[%d].methods", d.Methods[0])
	}
	return ""
}

// sorted words the warnings and puts them into a lasting order.
func (w *warner) sorted() []Warning {
	for i := range w.all {
		o := &w.all[i]
		slices.Sort(o.Devices)
		verdict := capability.Check(o.Feature, o.Model, o.Has)
		o.Message = consequence(o.Feature, few(o.Devices)) + ": " + verdict.Reason(o.Has) + "."
		o.Devices = o.Devices[:min(len(o.Devices), maxWarned)]
	}
	slices.SortFunc(w.all, func(a, b Warning) int {
		order := capability.Features()
		return cmp.Or(cmp.Compare(slices.Index(order, a.Feature), slices.Index(order, b.Feature)), cmp.Compare(a.Model, b.Model), cmp.Compare(a.Has, b.Has))
	})
	return w.all
}

// consequence says what devices do instead.
func consequence(feature capability.Feature, devices string) string {
	switch feature {
	case capability.AccessMethods:
		return "The chosen ways to unlock are kept and not applied on " + devices
	case capability.Directory:
		return "The chosen directory is kept and not applied on " + devices
	case capability.HashInApartment:
		return "An apartment number with # cannot be dialled on " + devices
	case capability.SequenceCall:
		return "A sequence call rings by the call type of the home, not set after set, from " + devices
	}
	return "Not every floor is known to " + devices
}

// few names the first devices and counts the rest.
func few(names []string) string {
	const most = 3
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
