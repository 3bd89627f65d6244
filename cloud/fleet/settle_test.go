package fleet_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/fleet"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// lever is a gate that a test opens and closes.
type lever struct{ open bool }

func (l *lever) OrgGates(context.Context, domain.OrgID) (account.Gates, error) {
	return account.Gates{OfflineSolution: l.open, CommunityCalls: true}, nil
}

// read pulls the document of the site as a box has it.
func (h *held) read() *desired.View {
	h.t.Helper()
	box := h.link.NewBox(h.site.ID)
	box.Join()
	if !box.Pull(0) {
		h.t.Fatal("the box did not get the document")
	}
	v, err := desired.Read(box.Document, box.Version)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

// newSettled is a held site whose gate and clock the test moves.
func newSettled(t *testing.T, s *store.Store) (h *held, gate *lever, now *time.Time) {
	h = newHeld(t, s)
	gate, now = &lever{open: true}, new(time.Time)
	*now = time.Now()
	h.Service = fleet.New(fleet.Config{
		Store: s, Desired: h.link.Desired, Gates: gate, Now: func() time.Time { return *now }, Logger: slog.New(slog.DiscardHandler),
	})
	return h, gate, now
}

// shows EDGE-11/R26 ACC-22 by cloud/fleet/settle.go: "d.Form.NoInternet, d.Address = false, \"\""
// shows EDGE-11/R26 by cloud/fleet/settle.go: "if told[id] == open.OfflineSolution {" => "			if told[id] || true {"
func TestSettle_OfflineSolutionFollowsItsGate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, gate, _ := newSettled(t, s)
		check := func(when string, open bool) {
			t.Helper()
			v := h.read()
			door, hall := v.Devices[h.door.ID], v.Devices[h.hall.ID]
			if door.Form.NoInternet != open || (door.Address != "") != open || hall.Form.WorksOffline != open || len(door.Relays) != 3 {
				t.Errorf("%s: no internet %v at %q, works offline %v, %d relays", when, door.Form.NoInternet, door.Address, hall.Form.WorksOffline, len(door.Relays))
			}
		}
		check("enabled", true)
		gate.open = false
		keep(t, 0, h.Settle(t.Context()))
		check("closed", false)
		saved, err := h.EditDevice(h.ctx, h.door)
		keep(t, saved, err)
		check("edited while it is closed", false)
		gate.open = true
		keep(t, 0, h.Settle(t.Context()))
		check("enabled again", true)
		before := h.read().Version
		keep(t, 0, h.Settle(t.Context()))
		if v := h.read(); v.Version != before {
			t.Errorf("nothing changed, and the document went from %d to %d", before, v.Version)
		}
	})
}

// shows CALL-09 by cloud/fleet/service.go: "b.NoLandline = b.Service.LandlineEnded(at.UnixMilli())"
// shows PEOPLE-11 by cloud/fleet/service.go: "b.Form.NoApp = b.Form.NoApp || b.Form.Unpaid"
func TestSettle_ALandlineServiceThatRanOutRingsNoMore(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h, _, now := newSettled(t, s)
		end := now.Add(time.Hour)
		home := h.home
		home.Service = domain.ApartmentService{ActivatedMilli: 1, LandlineMilli: end.UnixMilli()}
		keep(t, 0, s.PutApartment(h.ctx, home, *now))
		rings := func() bool {
			t.Helper()
			order, err := h.CallOrder(h.ctx, h.site.ID, home.ID)
			keep(t, order, err)
			shown := !order.Stages[1].Targets[1].Off
			if told := !h.read().Apartments[home.ID].NoLandline; told != shown {
				t.Errorf("the portal says %v, the building %v", shown, told)
			}
			return shown
		}
		keep(t, 0, h.Settle(t.Context()))
		if !rings() {
			t.Error("it ended before its time")
		}
		*now = end.Add(time.Minute)
		keep(t, 0, h.Settle(t.Context()))
		if rings() {
			t.Error("it rings on")
		}
		before := h.read().Version
		keep(t, 0, h.Settle(t.Context()))
		if after := h.read().Version; after != before {
			t.Errorf("told again: %d, %d", before, after)
		}
		h.unpaid()
	})
}

// unpaid wants that a member nobody paid for has no app in the building.
func (h *held) unpaid() {
	h.t.Helper()
	var last domain.Person
	for range domain.FreeFamilyMembers + 1 {
		p, err := h.AddPerson(h.ctx, domain.Person{SiteID: h.site.ID, ApartmentID: h.home.ID, FirstName: "Kim", LastName: "Miller"})
		last = keep(h.t, p, err)
	}
	if told := h.read().People[last.ID]; !last.Form.Unpaid || !told.Form.NoApp {
		h.t.Errorf("unpaid %v, without app %v", last.Form.Unpaid, told.Form.NoApp)
	}
}
