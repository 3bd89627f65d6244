package eventlog_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// street is a site with two doors, a monitor, two homes and a history of calls.
type street struct {
	*linktest.Cloud
	t             *testing.T
	box           *linktest.Box
	gate, back    domain.DeviceID
	monitor       domain.DeviceID
	first, second domain.ApartmentID
	seq           []wire.Row
}

func newStreet(t *testing.T, s *store.Store) *street {
	t.Helper()
	c := linktest.New(t, s)
	now := c.Time.Wall()
	y := &street{Cloud: c, t: t, first: domain.NewID[domain.ApartmentID](now), second: domain.NewID[domain.ApartmentID](now)}
	y.box = c.NewBox(c.Site)
	y.gate, y.back = c.DoorPhone(y.box.ID, "Gate").ID, c.DoorPhone(y.box.ID, "Back door").ID
	y.monitor = domain.NewID[domain.DeviceID](now)
	c.Edit(c.Site, c.Op(desired.SectionApartments, desired.Key(y.first), domain.Apartment{ID: y.first, Number: "101"}),
		c.Op(desired.SectionApartments, desired.Key(y.second), domain.Apartment{ID: y.second, Number: "202"}),
		c.Op(desired.SectionDevices, desired.Key(y.monitor), domain.Device{ID: y.monitor, Name: "Kitchen", Type: domain.Monitor}))
	return y
}

// ring adds a call to the next batch; what is given changes it.
func (y *street) ring(change func(b *domain.CallBody)) domain.CallID {
	b := domain.CallBody{
		CallID: domain.NewID[domain.CallID](time.Now()), CallerID: y.gate, Dialled: "101", ApartmentID: y.first, End: domain.EndNoAnswer, LastsMilli: 30_000,
		Legs: []domain.LegBody{
			{Name: "Gate", Marks: []domain.LegMark{{What: "invited"}}, Net: domain.LegNet{Address: "192.168.1.20:5060", Code: 480}},
			{DeviceID: y.monitor, Kind: domain.LegDevice, Path: "ip", Stage: 1, Marks: []domain.LegMark{{What: "invited"}, {AtMilli: 90, What: "ringing"}}},
		},
	}
	if change != nil {
		change(&b)
	}
	y.seq = append(y.seq, y.box.Row(domain.EventCall, b))
	return b.CallID
}

func (y *street) upload() {
	y.t.Helper()
	batch := wire.Events{Epoch: y.box.Epoch, Stream: domain.StreamAudit, Rows: y.seq}
	if ack, err := y.Events.Take(y.t.Context(), y.box.ID, batch); err != nil || len(ack.Rejected) > 0 {
		y.t.Fatal(ack, err)
	}
	y.seq = nil
}

func (y *street) find(q eventlog.CallQuery) []domain.CallID {
	y.t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	list, err := y.Events.Calls(y.Person(), y.Site, q)
	if err != nil {
		y.t.Fatal(err)
	}
	var out []domain.CallID
	for _, c := range list.Items {
		out = append(out, c.ID)
	}
	if len(out) < q.Limit && q.Offset == 0 && q.After == "" && list.Total != len(out) {
		y.t.Errorf("%d calls, total %d", len(out), list.Total)
	}
	return out
}

// A ring is in the history when its row is stored, found by everything that people know of it.
//
// shows BEY-05 by cloud/eventlog/service.go: "if err := s.history(ctx, rows, out.Bodies, names); err != nil {" => "if err := s.history(ctx, nil, nil, names); err != nil {"
// shows BEY-05 by cloud/store/calls.go: "query = query.Where(\"cause IN ?\", q.Causes)"
func TestCalls_AreFound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newStreet(t, s)
		missed := y.ring(nil)
		dead := y.ring(func(b *domain.CallBody) {
			b.End, b.CallerID, b.Legs[1].Marks = domain.EndUnreachable, y.back, []domain.LegMark{{What: "failed", Why: "no_reply"}}
		})
		talked := y.ring(func(b *domain.CallBody) {
			b.End, b.Dialled, b.ApartmentID, b.AnsweredBy = domain.EndOpened, "202", y.second, y.monitor
			b.Legs[1].Marks = append(b.Legs[1].Marks, domain.LegMark{AtMilli: 4000, What: "answered"})
		})
		wrong := y.ring(func(b *domain.CallBody) {
			b.End, b.Dialled, b.ApartmentID, b.Legs = domain.EndUnknownApartment, "9#9", domain.ApartmentID{}, b.Legs[:1]
		})
		y.upload()
		for _, c := range []struct {
			name string
			q    eventlog.CallQuery
			want []domain.CallID
		}{
			{"newest first", eventlog.CallQuery{}, []domain.CallID{wrong, talked, dead, missed}},
			{"oldest first", eventlog.CallQuery{Sort: "at"}, []domain.CallID{missed, dead, talked, wrong}},
			{"by cause", eventlog.CallQuery{Causes: []domain.Cause{domain.CauseNoReply, domain.CauseUnknownNumber}}, []domain.CallID{wrong, dead}},
			{"by end", eventlog.CallQuery{Ends: []domain.EndReason{domain.EndOpened}}, []domain.CallID{talked}},
			{"by door", eventlog.CallQuery{Device: y.back}, []domain.CallID{dead}},
			{"by monitor", eventlog.CallQuery{Device: y.monitor}, []domain.CallID{talked, dead, missed}},
			{"by home", eventlog.CallQuery{Apartment: y.second}, []domain.CallID{talked}},
			{"by a name", eventlog.CallQuery{Query: "back"}, []domain.CallID{dead}},
			{"by a leg's name", eventlog.CallQuery{Query: "KITCH"}, []domain.CallID{talked, dead, missed}},
			{"by a number", eventlog.CallQuery{Query: "9#9"}, []domain.CallID{wrong}},
			{"nothing by a pattern", eventlog.CallQuery{Query: "%"}, nil},
			{"the second page", eventlog.CallQuery{Limit: 2, Offset: 2}, []domain.CallID{dead, missed}},
			{"from then on", eventlog.CallQuery{From: y.Time.Wall().Add(time.Hour)}, nil},
			{"until then", eventlog.CallQuery{To: y.Time.Wall().Add(time.Hour)}, []domain.CallID{wrong, talked, dead, missed}},
		} {
			if got := y.find(c.q); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		}
		if _, err := y.Events.Calls(y.Person(), y.Site, eventlog.CallQuery{Sort: "moon", Limit: 5}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("an order that is none: %v", err)
		}
	})
}

// Page by page, with a cursor, every ring comes once, also while new ones arrive: of the site, of a device, and with words.
//
// shows BEY-05 by cloud/store/calls.go: "part = query.Where(\"(occurred_at, id) < (?, ?)\", after.milli, after.id)" => "_ = after.milli"
// shows BEY-05 by cloud/store/calls.go: "part = query.Where(\"(occurred_at, call_id) < (?, ?)\", after.milli, after.id)" => "_ = after.milli"
func TestCalls_CursorsMeetEveryRingOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newStreet(t, s)
		rung := map[domain.CallID]bool{}
		for range 23 {
			rung[y.ring(nil)] = true
		}
		y.upload()
		for name, q := range map[string]eventlog.CallQuery{"all": {}, "words": {Query: "kitchen"}, "a device": {Device: y.monitor}} {
			want, seen := maps.Clone(rung), map[domain.CallID]bool{}
			q.Limit = 5
			for page := range 20 {
				list, err := y.Events.Calls(y.Person(), y.Site, q)
				if err != nil {
					t.Fatal(err)
				}
				if list.Total != len(rung) || list.More {
					t.Errorf("%s, page %d: %d in all, want %d", name, page, list.Total, len(rung))
				}
				for _, c := range list.Items {
					if seen[c.ID] || !want[c.ID] {
						t.Errorf("%s, page %d: %s again, or from elsewhere", name, page, c.ID)
					}
					seen[c.ID] = true
				}
				if q.After = list.Next; q.After == "" {
					break
				}
				y.Time.Move(time.Second)
				rung[y.ring(nil)] = true
				y.upload()
			}
			if len(seen) != len(want) {
				t.Errorf("%s: %d of %d", name, len(seen), len(want))
			}
			for _, bad := range []string{"x", "AAAA", strings.Repeat("A", 300)} {
				q.After = bad
				if _, err := y.Events.Calls(y.Person(), y.Site, q); fault.CodeOf(err) != fault.Invalid {
					t.Errorf("%s, cursor %q: %v", name, bad, err)
				}
			}
		}
	})
}

// The record holds every leg; strangers see neither list nor record, and the same row twice is one ring.
//
// shows BEY-05 by cloud/eventlog/calls.go: "SignedIn: net.SignedIn, Code: net.Code," => "SignedIn: net.SignedIn,"
func TestCall_TheRecordIsWhole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newStreet(t, s)
		id := y.ring(nil)
		rows := slices.Clone(y.seq)
		y.upload()
		y.seq = rows
		y.upload()
		if got := y.find(eventlog.CallQuery{}); len(got) != 1 {
			t.Errorf("%d rings", len(got))
		}
		r, err := y.Events.Call(y.Person(), y.Site, id)
		if err != nil {
			t.Fatal(err)
		}
		if r.Cause != domain.CauseNobodyHome || r.Technical || r.Caller != "Gate" || r.Apartment != "101" || r.BlamedID != y.monitor || r.Blamed != "Kitchen" || r.LastsMS != 30_000 {
			t.Errorf("%+v", r.Call)
		}
		if len(r.Legs) != 2 || r.Legs[0].Kind != "caller" || r.Legs[0].DeviceID != y.gate || r.Legs[0].Code != 480 || r.Legs[0].Address != "192.168.1.20:5060" {
			t.Fatalf("%+v", r.Legs)
		}
		if l := r.Legs[1]; l.Kind != "device" || l.Name != "Kitchen" || !l.Blamed || l.Stage != 1 || l.Path != "ip" || len(l.Marks) != 2 {
			t.Errorf("%+v", l)
		}
		stranger := account.With(t.Context(), account.Caller{Org: domain.NewID[domain.OrgID](time.Now()), Role: account.RoleInstaller})
		if _, err := y.Events.Call(stranger, y.Site, id); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger reads it: %v", err)
		}
		if _, err := y.Events.Calls(stranger, y.Site, eventlog.CallQuery{Limit: 5}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger lists: %v", err)
		}
		other, person := y.NewSite("Elsewhere")
		if _, err := y.Events.Call(account.With(t.Context(), person), other, id); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("it is found at another site: %v", err)
		}
	})
}

// With the events of a home its history goes; other homes keep theirs.
//
// shows PEOPLE-18 by cloud/store/resets.go: "if err := s.forgetCall(ctx, r); err != nil {" => "if err := error(nil); err != nil {"
func TestCalls_AReset(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		y := newStreet(t, s)
		gone := y.ring(nil)
		stays := y.ring(func(b *domain.CallBody) { b.ApartmentID, b.Dialled = y.second, "202" })
		y.upload()
		ctx := account.AsSystem(t.Context(), "test")
		if n, err := s.EraseEvents(ctx, y.Site, y.first, time.Now().Add(24*365*time.Hour), 10); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		if got := y.find(eventlog.CallQuery{}); !slices.Equal(got, []domain.CallID{stays}) {
			t.Errorf("%v stay, want %s without %s", got, stays, gone)
		}
		if got := y.find(eventlog.CallQuery{Device: y.monitor}); !slices.Equal(got, []domain.CallID{stays}) {
			t.Errorf("of the monitor %v", got)
		}
		if _, err := y.Events.Call(y.Person(), y.Site, gone); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%v", err)
		}
	})
}
