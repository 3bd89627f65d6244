package plan

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vestibule/shared/domain"
)

// drawn is a site with everything in any mixture.
func drawn(t *rapid.T) *world {
	w := newWorld()
	other := w.apartment("102", w.block)
	homes := []domain.Apartment{w.flat, w.flat, other, {}}
	groups := []domain.GroupID{w.ours, w.second, w.theirs}
	kinds := []domain.DeviceType{domain.Monitor, domain.Monitor, domain.GuardPhone, domain.DoorPhone, domain.SingleDoorPhone, domain.AccessTerminal}
	draw := func(name string) bool { return rapid.Bool().Draw(t, name) }
	for i := range rapid.IntRange(0, 40).Draw(t, "devices") {
		home := rapid.SampledFrom(homes).Draw(t, "home")
		d := w.device(fmt.Sprintf("D%d", i%7), rapid.SampledFrom(kinds).Draw(t, "kind"), rapid.SampledFrom(groups).Draw(t, "group"), home)
		w.registered[d.ID], w.known[d.ID] = draw("registered"), draw("known")
		w.at(d, func(d *domain.Device) {
			d.SIPUser = fmt.Sprintf("59262%05d", i)
			d.Form.NoInternet, d.Form.WorksOffline = draw("no internet"), draw("works offline")
		})
	}
	person := func(p domain.Person) {
		p.Form.NoApp, p.Form.Landlines = draw("no app"), []string{"+49 30 1", "+49 30 2"}[:rapid.IntRange(0, 2).Draw(t, "numbers")]
		p.Form.NoIntercom, p.Form.Landline = draw("no intercom"), draw("service")
		w.person(p)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "people") {
		person(domain.Person{ApartmentID: homes[i%3].ID, Kind: domain.Member, FirstName: fmt.Sprintf("P%d", i), SIPUser: fmt.Sprintf("59261%05d", i)})
	}
	person(domain.Person{DepartmentID: domain.NewID[domain.DepartmentID](epoch), Kind: domain.BasicUser, FirstName: "Worker", SIPUser: "5926100099"})
	w.view.Site.Form = domain.SiteForm{Landline: draw("landline"), CommunityCalls: draw("community calls")}
	w.change(func(a *domain.Apartment) {
		a.CallType, a.NoLandline = domain.CallType(rapid.IntRange(0, 5).Draw(t, "code")), draw("ended")
		a.Path = rapid.SampledFrom([]domain.CallPath{domain.CallByIP, domain.CallBySIP}).Draw(t, "path")
		if draw("sequence") {
			a.Contact, a.Sets = domain.SequenceCall, domain.CallSets{{domain.TargetAccounts}, {domain.TargetMonitors, domain.TargetLandlines}}
		}
	})
	w.firmware = rapid.SampledFrom([]string{"", "29.30.10.1", "29.30.10.205"}).Draw(t, "firmware")
	if draw("carriers") {
		w.carries = func(Leg) Why { return "" }
	}
	w.view.Index()
	return w
}

func (w *world) anybody(t *rapid.T) (caller domain.Device, dialled string) {
	callers := []domain.Device{w.door}
	numbers := []string{"101", "102", "9", "0", "", "5926100000", "5926100099", "5926200000", "5926200001"}
	for _, d := range w.view.Devices {
		callers = append(callers, d)
	}
	slices.SortFunc(callers, func(a, b domain.Device) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return rapid.SampledFrom(callers).Draw(t, "caller"), rapid.SampledFrom(numbers).Draw(t, "dialled")
}

// Whatever the document says: nobody rings twice, the caller never, nobody of another site, nobody without a way to it, nothing over the internet when it
// is gone, no number that is not stored; every device of the home is accounted for, and a plan rings or says why not.
func TestMake_Rules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		wan := rapid.Bool().Draw(t, "wan")
		caller, dialled := w.anybody(t)
		p := w.plan(caller, dialled, wan)
		seen, legs := map[string]bool{}, 0
		for _, s := range p.Stages {
			if len(s.Legs) > MaxLegs {
				t.Fatalf("%d legs in a stage", len(s.Legs))
			}
			for _, l := range s.Legs {
				legs++
				key := string(l.Kind) + l.Device.ID.String() + l.Number
				if l.Kind == ToApp {
					key += l.Person.ID.String()
				}
				if seen[key] {
					t.Fatalf("%s rings twice", l.Name)
				}
				seen[key] = true
				w.check(t, p, caller, l, wan)
			}
		}
		if (legs == 0) != (p.End != "") {
			t.Fatalf("%d legs, end %q", legs, p.End)
		}
		w.accounted(t, p, dialled)
	})
}

func (w *world) check(t *rapid.T, p Plan, caller domain.Device, l Leg, wan bool) {
	t.Helper()
	switch l.Kind {
	case ToDevice:
		known, ok := w.view.Devices[l.Device.ID]
		local := w.view.Serves(w.us, known)
		switch {
		case !ok || l.Device.ID == caller.ID || known.Type != domain.Monitor && known.Type != domain.GuardPhone:
			t.Fatalf("%s must not ring", l.Name)
		case !p.Apartment.ID.IsZero() && known.ApartmentID != p.Apartment.ID:
			t.Fatalf("%s rings for another home", l.Name)
		case local != (l.Path != ByRemote) || !local && !wan:
			t.Fatalf("%s goes by %s, WAN %v", l.Name, l.Path, wan)
		case local && !w.registered[known.ID] && (l.Path != ByIP || !w.known[known.ID] || l.Registered):
			t.Fatalf("%s has no way to it", l.Name)
		}
	case ToApp:
		if one, ok := w.view.People[l.Person.ID]; !ok || !wan || l.Path != ByCloud || one.Form.NoApp {
			t.Fatalf("the app of %s must not ring", l.Name)
		}
	case ToLandline:
		one, ok := w.view.People[l.Person.ID]
		if !ok || !wan || l.Path != ByTrunk || !slices.Contains(one.Form.Landlines, l.Number) || caller.Type == domain.Monitor && !caller.ApartmentID.IsZero() {
			t.Fatalf("%s must not be dialled", l.Number)
		}
	}
}

// accounted wants every device of a called home in a stage or left out with a reason, and none in both.
func (w *world) accounted(t *rapid.T, p Plan, dialled string) {
	t.Helper()
	rings := map[domain.DeviceID]bool{}
	for _, s := range p.Stages {
		for _, l := range s.Legs {
			rings[l.Device.ID] = true
		}
	}
	for _, l := range p.LeftOut {
		if l.Why == "" || l.Kind == ToDevice && rings[l.Device.ID] {
			t.Fatalf("%s rings and is left out, or without a reason", l.Name)
		}
		rings[l.Device.ID] = true
	}
	if p.Apartment.ID.IsZero() || len(dialled) == 10 { // the number of one device or person
		return
	}
	for _, d := range w.view.DevicesOf(p.Apartment.ID) {
		if !rings[d.ID] {
			t.Fatalf("%s is not accounted for", d.Name)
		}
	}
}

// A call that has a monitor on the LAN rings it in the first stage with or without the internet, by the same document: only legs that leave the LAN differ.
func TestMake_NeverNeedsTheWANForALocalLeg(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawn(t)
		for id := range w.view.Devices {
			w.known[id], w.registered[id] = true, true
		}
		caller, dialled := w.anybody(t)
		local := func(p Plan) map[domain.DeviceID]int {
			out := map[domain.DeviceID]int{}
			for i, s := range p.Stages {
				for _, l := range s.Legs {
					if l.Kind == ToDevice && l.Path != ByRemote {
						out[l.Device.ID] = i
					}
				}
			}
			return out
		}
		with, without := local(w.plan(caller, dialled, true)), local(w.plan(caller, dialled, false))
		if !maps.Equal(with, without) && !caller.Form.NoInternet {
			t.Fatalf("with the internet %v, without %v", with, without)
		}
		// The monitor that passes calls to apps rings with them (DEV-12), which may be a stage earlier.
		for id, stage := range without {
			if at, rings := with[id]; !rings || at > stage {
				t.Fatalf("%s rings in stage %d without the internet; with it %v", id, stage, with)
			}
		}
	})
}
