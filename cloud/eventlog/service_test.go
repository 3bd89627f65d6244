package eventlog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
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

func note(what string) domain.NoteBody { return domain.NoteBody{What: what} }

// sequences lists what is stored, oldest first.
func sequences(t *testing.T, c *linktest.Cloud) []uint64 {
	t.Helper()
	list, next, err := c.Events.List(c.Person(), c.Site, eventlog.Query{Limit: 500})
	if err != nil || next != "" {
		t.Fatalf("%v, next %q", err, next)
	}
	var out []uint64
	for i := len(list) - 1; i >= 0; i-- {
		out = append(out, list[i].Seq)
	}
	return out
}

func want(t *testing.T, c *linktest.Cloud, seqs ...uint64) {
	t.Helper()
	if got := sequences(t, c); fmt.Sprint(got) != fmt.Sprint(seqs) {
		t.Errorf("stored %v, want %v", got, seqs)
	}
}

// failing is a store whose transactions can be made to fail at their end, or to commit without anybody hearing of it.
type failing struct {
	eventlog.Store
	before, after error
}

func (f *failing) InTx(ctx context.Context, fn func(context.Context) error) error {
	err := f.Store.InTx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return f.before
	})
	return errors.Join(err, f.after)
}

func withFailing(t *testing.T, s *store.Store) (*linktest.Cloud, *failing) {
	t.Helper()
	f := &failing{Store: s}
	return linktest.New(t, s, linktest.Hooks{Events: func(c *eventlog.Config) { c.Store = f }}), f
}

// The broker has said yes, the database says no: no acknowledgement, and the same rows are taken later.
//
// shows EDGE-06 by cloud/hub/route.go: "ack, err := r.jobs.Events.Take(ctx, agent, b)" => "ack, _ := r.jobs.Events.Take(ctx, agent, b)\n\t\t\tvar err error"
func TestFailure02_NothingStoredNothingAcknowledged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c, f := withFailing(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		rows := []wire.Row{b.Row(domain.EventAgent, note("started")), b.Row(domain.EventAgent, note("stopped"))}
		f.before = errors.New("disk full")
		if _, ok := b.Upload(rows...); ok {
			t.Fatal("acknowledged")
		}
		want(t, c)
		if len(c.Live.Of("event")) != 0 {
			t.Error("shown before it is stored")
		}
		f.before = nil
		if ack, ok := b.Upload(rows...); !ok || ack.Through != 2 {
			t.Fatalf("%+v %v", ack, ok)
		}
		want(t, c, 1, 2)
	})
}

// The cloud commits and dies before it answers: the rows come again and are stored once.
//
// shows EDGE-06 by cloud/eventlog/service.go: "return s.Store.SaveCursor(ctx, site, agent, b.Epoch, b.Stream, out.Cursor, vouched(b, out))" => "return nil"
func TestFailure03_CrashBetweenCommitAndAcknowledgement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c, f := withFailing(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		rows := []wire.Row{b.Row(domain.EventAgent, note("started")), b.Row(domain.EventAgent, note("stopped"))}
		f.after = errors.New("killed")
		if _, ok := b.Upload(rows...); ok {
			t.Fatal("acknowledged")
		}
		f.after = nil
		if w := b.Join(); w.AckedAudit != 2 {
			t.Errorf("the welcome knows of %d", w.AckedAudit)
		}
		rows = append(rows, b.Row(domain.EventAgent, note("started")))
		if ack, ok := b.Upload(rows...); !ok || ack.Through != 3 || len(ack.Rejected) != 0 {
			t.Fatalf("%+v %v", ack, ok)
		}
		want(t, c, 1, 2, 3)
	})
}

// deaf is a job of commands that cannot store now.
type deaf struct {
	eventlog.Commands
	err error
}

func (d *deaf) Result(ctx context.Context, agent domain.AgentID, r wire.Result) error {
	if d.err != nil {
		return d.err
	}
	return d.Commands.Result(ctx, agent, r)
}

// The result of a command is stored with its row or the row comes again: an acknowledged row is told by nobody any more.
//
// shows EDGE-06 BEY-04 by cloud/eventlog/service.go: "if err = s.pass(ctx, agent, rows); err != nil {" => "if false {"
func TestFailure03_ResultIsStoredWithItsRow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := &deaf{err: errors.New("killed")}
		c := linktest.New(t, s, linktest.Hooks{Events: func(cfg *eventlog.Config) { d.Commands, cfg.Commands = cfg.Commands, d }})
		b := c.NewBox(c.Site)
		b.Join()
		row := b.Row(domain.EventCommand, domain.CommandBody{CommandID: domain.CommandID{1}, Kind: "door_open", Result: domain.ActDone})
		if _, ok := b.Upload(row); ok {
			t.Fatal("acknowledged, and the result is lost")
		}
		want(t, c)
		d.err = nil // a command that this cloud does not know hinders nothing
		if ack, ok := b.Upload(row); !ok || ack.Through != 1 {
			t.Fatalf("%+v %v", ack, ok)
		}
		want(t, c, 1)
	})
}

// shows EDGE-06 by cloud/eventlog/step.go: "out.Ack.Expect = out.Cursor.Acked + 1"
func TestTake_MissingRowsAreAskedFor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		first, second, third := b.Row(domain.EventAgent, note("a")), b.Row(domain.EventAgent, note("b")), b.Row(domain.EventAgent, note("c"))
		if ack, ok := b.Upload(second, third); !ok || ack.Expect != 1 || ack.Through != 0 {
			t.Fatalf("%+v %v", ack, ok)
		}
		want(t, c)
		if ack, ok := b.Upload(first, third); !ok || ack.Expect != 2 || ack.Through != 1 {
			t.Fatalf("%+v %v", ack, ok)
		}
		if ack, ok := b.Upload(second, third); !ok || ack.Through != 3 {
			t.Fatalf("%+v %v", ack, ok)
		}
		want(t, c, 1, 2, 3)
	})
}

// One row that cannot be read goes aside, raw; the rows behind it arrive.
//
// shows EDGE-06 by cloud/eventlog/step.go: "out.Dead = append(out.Dead, Dead{Row: row, Reason: reason})"
func TestFailure06_PoisonedRowStopsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		rows := []wire.Row{
			b.Row(domain.EventAgent, note("started")),
			b.RawRow(domain.EventDoor, []byte{0xff, 0x00}),               // not CBOR
			b.RawRow(domain.EventDoor, []byte{0x81, 0x01}),               // CBOR, but no door
			b.Row("brand_new_kind", map[string]any{"x": "from a newer"}), // kept as it is
			b.RawRow("Bad Kind\x00", []byte{0xa0}),
			b.Row(domain.EventAgent, note("nul\x00byte")),
			b.Row(domain.EventAgent, note("stopped")),
		}
		ack, ok := b.Upload(rows...)
		if !ok || ack.Through != 7 || len(ack.Rejected) != 3 {
			t.Fatalf("%+v %v", ack, ok)
		}
		for i, seq := range []uint64{2, 3, 5} {
			if r := ack.Rejected[i]; r.Seq != seq || r.Reason != eventlog.Unreadable {
				t.Errorf("%+v", r)
			}
		}
		want(t, c, 1, 4, 6, 7)
		findings, err := c.Events.Verify(c.Person(), c.Site)
		if err != nil || len(findings) != 1 || findings[0].Bad != "" || findings[0].Rows != 7 {
			t.Errorf("verify: %+v %v", findings, err)
		}
		list, _, err := c.Events.List(c.Person(), c.Site, eventlog.Query{Kind: "brand_new_kind"})
		if err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}
	})
}

func TestTake_GapRowIsAVisibleHole(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		rows := []wire.Row{b.Row(domain.EventAgent, note("a")), b.Gap(domain.StreamAudit, 10), b.Row(domain.EventAgent, note("b"))}
		if ack, ok := b.Upload(rows...); !ok || ack.Through != 12 {
			t.Fatalf("%+v %v", ack, ok)
		}
		want(t, c, 1, 11, 12)
		fake := b.Row(domain.EventAgent, note("no gap"))
		fake.From, fake.Seq = fake.Seq, fake.Seq+5
		if ack, ok := b.Upload(fake); !ok || ack.Through != 12 {
			t.Errorf("only a gap row may stand for many: %+v", ack)
		}
		if f, err := c.Events.Verify(c.Person(), c.Site); err != nil || f[0].Bad != "" {
			t.Errorf("%+v %v", f, err)
		}
	})
}

// Eight replicas get the same rows of one agent at the same time, in pieces and whole.
//
// shows EDGE-06 by cloud/store/events.go: "lockCursor = findCursor + \" FOR UPDATE OF c\"" => "lockCursor = findCursor"
func TestFailure25_ReplicasTakeOneAgentsRowsInTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		var rows []wire.Row
		for range 60 {
			rows = append(rows, b.Row(domain.EventAgent, note("row")))
		}
		var all sync.WaitGroup
		for replica := range 8 {
			all.Go(func() {
				for at := 0; at < len(rows); {
					batch := wire.Events{Epoch: b.Epoch, Stream: domain.StreamAudit, Rows: rows[at:min(at+5+replica, len(rows))]}
					ack, err := c.Events.Take(t.Context(), b.ID, batch)
					if err != nil {
						t.Error(err)
						return
					}
					at = int(ack.Through)
				}
			})
		}
		all.Wait()
		var seqs []uint64
		for i := range rows {
			seqs = append(seqs, uint64(i+1))
		}
		got := sequences(t, c)
		seen := map[uint64]int{}
		for _, seq := range got {
			seen[seq]++
		}
		for _, seq := range seqs {
			if seen[seq] != 1 {
				t.Errorf("row %d is stored %d times", seq, seen[seq])
			}
		}
		if n := len(c.Live.Of("event")); n != len(rows) {
			t.Errorf("%d told", n)
		}
		if f, err := c.Events.Verify(c.Person(), c.Site); err != nil || f[0].Bad != "" || f[0].Rows != 60 {
			t.Errorf("%+v %v", f, err)
		}
	})
}

// What was altered on the way is kept aside and named; the rows behind it are stored.
func TestTake_TamperedRowIsRefusedByName(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for name, alter := range map[string]func(*wire.Row){
			"body":      func(r *wire.Row) { r.Body = append([]byte(nil), r.Body...); r.Body[len(r.Body)-1] ^= 1 },
			"time":      func(r *wire.Row) { r.WallMilli++ },
			"kind":      func(r *wire.Row) { r.Kind = domain.EventSecurity },
			"digest":    func(r *wire.Row) { r.Digest[0] ^= 1 },
			"body hash": func(r *wire.Row) { r.BodyHash[0] ^= 1 },
		} {
			t.Run(name, func(t *testing.T) {
				c := linktest.New(t, s)
				b := c.NewBox(c.Site)
				b.Join()
				rows := []wire.Row{b.Row(domain.EventAgent, note("a")), b.Row(domain.EventAgent, note("b")), b.Row(domain.EventAgent, note("c"))}
				alter(&rows[1])
				ack, ok := b.Upload(rows...)
				if !ok || ack.Through != 3 || len(ack.Rejected) != 1 || ack.Rejected[0] != (wire.Rejection{Seq: 2, Reason: eventlog.Tampered}) {
					t.Fatalf("%+v %v", ack, ok)
				}
				want(t, c, 1, 3)
				f, err := c.Events.Verify(c.Person(), c.Site)
				if err != nil || len(f) != 1 || f[0].Bad != eventlog.Tampered || f[0].Seq != 2 {
					t.Errorf("%+v %v", f, err)
				}
			})
		}
	})
}

func TestList_NamesFiltersAndPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		d := c.DoorPhone(b.ID, "Gate")
		home := domain.Apartment{ID: domain.NewID[domain.ApartmentID](c.Time.Wall()), BuildingID: domain.BuildingID{1}, Number: "101", Contact: domain.GroupCall, Path: domain.CallByIP}
		c.Edit(c.Site, c.Op(desired.SectionApartments, desired.Key(home.ID), home))
		b.Join()
		opened := domain.DoorBody{DeviceID: d.ID, Relay: 1, Means: domain.MeansDTMF, Result: domain.ActDone, By: "Monitor 101", ApartmentID: home.ID, TookMilli: 42}
		b.Upload(b.Row(domain.EventDoor, opened))
		for range 6 {
			c.Time.Move(time.Second)
			b.Upload(b.Row(domain.EventAgent, note("x")), b.Row(domain.EventAgent, note("y")))
		}
		// The device is renamed later: what happened keeps the name of its time.
		renamed := d
		renamed.Name = "Another"
		c.Edit(c.Site, c.Op(desired.SectionDevices, desired.Key(d.ID), renamed))
		list, _, err := c.Events.List(c.Person(), c.Site, eventlog.Query{Kind: domain.EventDoor, Device: d.ID, Apartment: home.ID})
		if err != nil || len(list) != 1 {
			t.Fatalf("%v %v", list, err)
		}
		e := list[0]
		for key, value := range map[string]any{
			"device_name": "Gate", "apartment_number": "101", "relay_name": "Front door", "by": "Monitor 101", "result": "done", "means": "dtmf", "took_ms": int64(42),
		} {
			if e.Body[key] != value {
				t.Errorf("%s is %v", key, e.Body[key])
			}
		}
		if e.Stream != "audit" || e.Agent != b.ID || len(e.Digest) != 64 || !e.OccurredAt.Before(e.ReceivedAt) {
			t.Errorf("%+v", e)
		}
		var seqs []uint64
		for q := (eventlog.Query{Limit: 5}); ; {
			list, next, err := c.Events.List(c.Person(), c.Site, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				seqs = append(seqs, e.Seq)
			}
			if q.Before = next; next == "" {
				break
			}
		}
		if fmt.Sprint(seqs) != "[13 12 11 10 9 8 7 6 5 4 3 2 1]" {
			t.Errorf("pages give %v", seqs)
		}
		if _, _, err := c.Events.List(c.Person(), c.Site, eventlog.Query{Before: "rubbish"}); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("a wrong cursor: %v", err)
		}
		_, stranger := c.NewSite("Elsewhere")
		if _, _, err := c.Events.List(account.With(t.Context(), stranger), c.Site, eventlog.Query{}); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger: %v", err)
		}
		told := c.Live.Of("event")
		if len(told) != 13 {
			t.Fatalf("%d told", len(told))
		}
		newest, _, err := c.Events.List(c.Person(), c.Site, eventlog.Query{Limit: 1})
		if err != nil || len(newest) != 1 {
			t.Fatalf("%+v %v", newest, err)
		}
		if live, listed := written(t, told[12].Data), written(t, newest[0]); live != listed {
			t.Errorf("told is\n%s\nlisted is\n%s", live, listed)
		}
	})
}

// shows EDGE-04 by cloud/eventlog/service.go: "err := s.Store.PutCandidate(ctx, site, c)" => "error(nil)"
func TestCandidates_AreWhatStandsOnTheLAN(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		take := func(body domain.DiscoveryBody) {
			t.Helper()
			batch := wire.Events{Epoch: b.Epoch, Stream: domain.StreamStatus, Rows: []wire.Row{b.Row(domain.EventDiscovery, body)}}
			if _, err := c.Events.Take(t.Context(), b.ID, batch); err != nil {
				t.Fatal(err)
			}
		}
		found := func() []eventlog.Candidate {
			t.Helper()
			list, err := c.Events.Candidates(c.Person(), c.Site)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		take(domain.DiscoveryBody{MAC: "0C1105000009", Model: "R29\x00", Address: "10.0.0.9:80", Service: "_intercom._tcp"})
		take(domain.DiscoveryBody{MAC: "0C1105000010", Address: "10.0.0.10:80"})
		take(domain.DiscoveryBody{MAC: "rubbish", Address: "x"})
		take(domain.DiscoveryBody{MAC: "0C1105000009", Model: "R29", Address: "10.0.0.19:80"})
		if list := found(); len(list) != 2 || list[1].Address != "10.0.0.10:80" && list[1].Address != "10.0.0.19:80" {
			t.Errorf("%+v", list)
		}
		take(domain.DiscoveryBody{MAC: "0C1105000010", Lost: true})
		if list := found(); len(list) != 1 || list[0].MAC != "0C1105000009" || list[0].Address != "10.0.0.19:80" || list[0].Model != "R29" {
			t.Errorf("%+v", list)
		}
		if n := len(c.Live.Of("candidate")); n != 3 {
			t.Errorf("%d told", n)
		}
	})
}

func TestTake_RefusesWhatIsNoBatch(t *testing.T) {
	c := linktest.New(t, storetest.SQLite(t))
	b := c.NewBox(c.Site)
	row := b.Row(domain.EventAgent, note("x"))
	for name, batch := range map[string]wire.Events{
		"no rows":        {Epoch: b.Epoch, Stream: domain.StreamAudit},
		"no epoch":       {Stream: domain.StreamAudit, Rows: []wire.Row{row}},
		"unknown stream": {Epoch: b.Epoch, Stream: 9, Rows: []wire.Row{row}},
		"too many":       {Epoch: b.Epoch, Stream: domain.StreamAudit, Rows: make([]wire.Row, wire.MaxBatchRows+1)},
	} {
		if _, err := c.Events.Take(t.Context(), b.ID, batch); fault.CodeOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	huge := row
	huge.Seq = 1 << 63
	if ack, err := c.Events.Take(t.Context(), b.ID, wire.Events{Epoch: b.Epoch, Stream: domain.StreamAudit, Rows: []wire.Row{huge}}); err != nil || ack.Through != 0 {
		t.Errorf("%+v %v", ack, err)
	}
}

// Bytes that are no message are dropped and counted; the next message works.
//
// shows EDGE-02 by cloud/hub/route.go: "if err != nil || e.Conn.IsZero() {" => "if false {"
func TestFailure26_RubbishIsDroppedAndCounted(t *testing.T) {
	c := linktest.New(t, storetest.SQLite(t))
	b := c.NewBox(c.Site)
	b.Join()
	good, err := wire.Seal(wire.KindBeat, b.Conn, wire.Beat{})
	if err != nil {
		t.Fatal(err)
	}
	unknownProto, err := wire.Marshal(wire.Envelope{Proto: 99, Kind: wire.KindBeat, Conn: b.Conn, Body: []byte{0xa0}})
	if err != nil {
		t.Fatal(err)
	}
	for _, data := range [][]byte{nil, {0xff}, []byte("hello"), unknownProto, good[:len(good)-1], append([]byte{0xa2, 0x01, 0x01, 0x01, 0x01}, good...)} {
		b.Raw(data)
	}
	b.Send(wire.KindBeat, []int{1, 2, 3})
	b.Send(99, wire.Beat{})
	if d := c.Router.Dropped(); d.Malformed != 7 || d.Unknown != 1 {
		t.Errorf("%+v", d)
	}
	if _, ok := b.Beat(); !ok {
		t.Error("the next message is not answered")
	}
}

// written is a value as the API answers it.
func written(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
