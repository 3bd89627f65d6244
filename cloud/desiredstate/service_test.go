package desiredstate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/desiredstate"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

func apartment(c *linktest.Cloud, n int) desired.Op {
	a := domain.Apartment{
		ID: domain.NewID[domain.ApartmentID](c.Time.Wall()), BuildingID: domain.BuildingID{1}, Number: fmt.Sprint(n),
		Name: fmt.Sprintf("Family number %d of the house", n), Contact: domain.GroupCall, Path: domain.CallByIP,
	}
	return c.Op(desired.SectionApartments, desired.Key(a.ID), a)
}

// follow works off every announcement that arrived, and says so.
func follow(t *testing.T, c *linktest.Cloud, b *linktest.Box) int {
	t.Helper()
	n := 0
	for {
		a, ok := linktest.Take[wire.Announce](b, wire.KindAnnounce)
		if !ok {
			return n
		}
		n++
		if !b.Follow(a) {
			t.Fatal("the announcement leads nowhere")
		}
		report(b)
	}
}

func report(b *linktest.Box, devices ...wire.DeviceReport) {
	b.Send(wire.KindReport, wire.Report{Seq: 1, Version: b.Version, Hash: b.Document.Hash(), Devices: devices})
}

func equal(t *testing.T, c *linktest.Cloud, b *linktest.Box) {
	t.Helper()
	version, hash, err := c.Desired.HeadFor(t.Context(), b.ID)
	if err != nil || b.Version != version || b.Document.Hash() != hash {
		t.Fatalf("the box holds %d %s, the head is %d %s (%v)", b.Version, b.Document.Hash(), version, hash, err)
	}
}

// shows EDGE-05 by cloud/desiredstate/service.go: "version++" => "_ = version"
func TestService_EditReachesTheAgent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		c.Desired.Flush(t.Context())
		follow(t, c, b) // the first time: a snapshot, pulled
		equal(t, c, b)
		c.Edit(c.Site, apartment(c, 101))
		c.Desired.Flush(t.Context())
		a := linktest.Expect[wire.Announce](b, wire.KindAnnounce)
		if a.From != 1 || len(a.Sealed) == 0 || a.Version != 2 {
			t.Fatalf("a small edit travels inside: %+v", a)
		}
		if !b.Follow(a) {
			t.Fatal("it does not fit")
		}
		report(b)
		equal(t, c, b)
		if b.Document.Len(desired.SectionApartments) != 1 {
			t.Error("the apartment is not there")
		}
		if r := linktest.Expect[wire.Reported](b, wire.KindReported); r.Seq != 1 {
			t.Errorf("%+v", r)
		}
		c.Time.Move(time.Hour)
		c.Desired.Repeat(t.Context())
		if n := b.Count(wire.KindAnnounce); n != 0 {
			t.Errorf("%d announcements of what is held", n)
		}
		if len(c.Live.Of("version")) == 0 {
			t.Error("portals hear nothing")
		}
	})
}

// The welcome names the last report that is stored, and no report that came late or before.
//
// shows EDGE-05 by cloud/desiredstate/report.go: "return s.Store.SaveTold(ctx, agent, told)" => "return nil"
func TestService_WelcomeNamesTheLastReport(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		if w := b.Join(); w.Told != 0 {
			t.Fatalf("named before there was one: %d", w.Told)
		}
		for seq := range uint64(3) {
			b.Send(wire.KindReport, wire.Report{Seq: 3 - seq, Version: b.Version, Hash: b.Document.Hash()})
		}
		conn := b.Conn
		if w := b.Join(); w.Told != wire.Told(conn, 3) {
			t.Errorf("%d is named, not %d", w.Told, wire.Told(conn, 3))
		}
	})
}

// Catch-up after absence: nothing in between is replayed, a deletion arrives too.
//
// shows EDGE-05 EDGE-31 by cloud/desiredstate/sealed.go: "d.From, d.FromHash = from, hash" => "d.From, d.FromHash = 0, hash"
func TestService_CatchUpAfterAbsence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		first := apartment(c, 1)
		c.Edit(c.Site, first)
		b.Join()
		b.Pull(0)
		equal(t, c, b)
		b.HangUp(false)
		for n := range desiredstate.KeepDeltas - 5 {
			c.Edit(c.Site, apartment(c, 100+n))
			if n == 10 {
				c.Edit(c.Site, desired.Op{Section: first.Section, Key: first.Key})
			}
		}
		b.Join()
		c.Desired.Flush(t.Context())
		if n := follow(t, c, b); n != 1 {
			t.Errorf("%d announcements", n)
		}
		equal(t, c, b)
		if b.Document.Body(first.Section, first.Key) != nil {
			t.Error("the deleted apartment is there")
		}
		// Away for longer than deltas are kept: the whole document.
		b.HangUp(false)
		for n := range desiredstate.KeepDeltas + 20 {
			c.Edit(c.Site, apartment(c, 1000+n))
		}
		b.Join()
		c.Desired.Flush(t.Context())
		follow(t, c, b)
		equal(t, c, b)
	})
}

// shows EDGE-05/R05 by cloud/hub/route.go: "if ack.Config, ack.ConfigHash, err = r.jobs.Desired.HeadFor(ctx, agent); err != nil {" => "if err != nil {"
func TestFailure01_LostAnnouncements(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		c.Lines.Lose(func(data []byte) bool {
			e, err := wire.Open(data)
			return err == nil && e.Kind == wire.KindAnnounce
		})
		c.Edit(c.Site, apartment(c, 101))
		c.Desired.Flush(t.Context())
		for range 2 { // what an agent does with the head in a beat's answer
			if ack, ok := b.Beat(); ok && ack.Config > b.Version {
				b.Pull(b.Version)
			}
		}
		equal(t, c, b)
	})
}

// shows EDGE-05 by cloud/desiredstate/step.go: "if p.InFlight != 0 || p.Head.Version == 0 ||" => "if p.Head.Version == 0 ||"
func TestFailure21_RapidEdits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const n = 1000
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		b.Pull(0)
		report(b)
		sent := 0
		op := apartment(c, 101)
		for i := range n {
			a, err := desired.Decode[domain.Apartment](op.Body)
			if err != nil {
				t.Fatal(err)
			}
			a.Name = fmt.Sprintf("Edit %d", i)
			c.Edit(c.Site, c.Op(op.Section, op.Key, a))
			c.Desired.Flush(t.Context())
			if i%250 == 249 {
				sent += follow(t, c, b)
			}
		}
		c.Time.Move(time.Minute)
		c.Desired.Repeat(t.Context())
		sent += follow(t, c, b)
		equal(t, c, b)
		if sent > 12 {
			t.Errorf("%d announcements for %d edits", sent, n)
		}
	})
}

// shows EDGE-05 by cloud/desiredstate/link.go: "payload := s.pulled(ctx, agent, p.Whole)" => "payload := s.pulled(ctx, agent, [32]byte{})"
func TestFailure22_HugeSiteIsPulledInChunks(t *testing.T) {
	c := linktest.New(t, storetest.SQLite(t))
	b := c.NewBox(c.Site)
	ops := make([]desired.Op, 20_000)
	for i := range ops {
		ops[i] = apartment(c, i)
	}
	c.Edit(c.Site, ops...)
	b.Join()
	c.Desired.Flush(t.Context())
	if a := linktest.Expect[wire.Announce](b, wire.KindAnnounce); len(a.Sealed) != 0 {
		t.Fatal("a snapshot inside an announcement")
	}
	b.Send(wire.KindPull, wire.Pull{})
	first := linktest.Expect[wire.Chunk](b, wire.KindChunk)
	if first.Count < 2 || len(first.Data) != wire.MaxChunk {
		t.Fatalf("%d chunks of %d bytes", first.Count, len(first.Data))
	}
	// The same again gives the same bytes, so that a pull goes on after a break; a newer head does not disturb it.
	c.Edit(c.Site, apartment(c, 99_999))
	b.Send(wire.KindPull, wire.Pull{Index: 1, Whole: first.Whole})
	if second := linktest.Expect[wire.Chunk](b, wire.KindChunk); second.Whole != first.Whole || second.Index != 1 || second.Version != first.Version {
		t.Errorf("%d of %x", second.Index, second.Whole[:4])
	}
	// One that is no longer kept starts anew.
	b.Send(wire.KindPull, wire.Pull{Index: 7, Whole: [32]byte{9}})
	if again := linktest.Expect[wire.Chunk](b, wire.KindChunk); again.Index != 0 || again.Version != 3 {
		t.Errorf("%+v", again.Index)
	}
	if !b.Pull(0) {
		t.Fatal("it does not fit")
	}
	equal(t, c, b)
}

// An agent of the build before packed configuration is served in the form that it reads: inside announcements and in chunks.
//
// shows EDGE-02 by cloud/desiredstate/link.go: "return p != nil && p.conn == conn && p.packs" => "return p != nil && p.conn == conn"
func TestFailure23_OlderAgentGetsTheFormItReads(t *testing.T) {
	c := linktest.New(t, storetest.SQLite(t))
	old, b := c.NewBox(c.Site), c.NewBox(c.Site)
	old.Old = true
	for _, box := range []*linktest.Box{old, b} {
		box.Join()
	}
	sizes := map[bool]int{}
	for i := range 2 {
		c.Edit(c.Site, apartment(c, i), apartment(c, i+10))
		c.Desired.Flush(t.Context())
		for _, box := range []*linktest.Box{old, b} {
			a := linktest.Expect[wire.Announce](box, wire.KindAnnounce)
			sizes[box.Old] = len(a.Sealed)
			if !box.Follow(a) {
				t.Fatal("it does not fit")
			}
			equal(t, c, box)
			box.Beat()
		}
	}
	if sizes[true] <= sizes[false] || sizes[false] == 0 {
		t.Errorf("%d bytes for the older agent, %d for the newer: they should not be of one form", sizes[true], sizes[false])
	}
	old.Document, old.Version = desired.New(), 0
	if !old.Pull(0) {
		t.Fatal("it does not fit")
	}
	equal(t, c, old)
}

// A document that went wrong on the agent's disk under the right number is found by the hash of a beat, counted and repaired.
//
// shows EDGE-05 by cloud/desiredstate/step.go: "p.Held == p.Head ||" => "p.Held.Version == p.Head.Version ||"
func TestService_RepairsByHash(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		follow(t, c, b)
		b.Document.Put(desired.SectionPeople, desired.Key{9}, []byte{0x60})
		b.Beat()
		a := linktest.Expect[wire.Announce](b, wire.KindAnnounce)
		if len(a.Sealed) != 0 || !b.Follow(a) {
			t.Fatalf("%+v", a)
		}
		equal(t, c, b)
		if n := c.Desired.Counters().Mismatches; n != 1 {
			t.Errorf("%d counted", n)
		}
	})
}

// Two admins at once: every edit is in the document, and version order is commit order.
//
// shows EDGE-05 by cloud/store/desired.go: "s.forUpdate(s.conn(ctx))" => "s.conn(ctx)"
func TestFailure20_EditsAtOnceLoseNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		const n = 24
		ops := make([]desired.Op, n)
		for i := range ops {
			ops[i] = apartment(c, i)
		}
		versions := make([]uint64, n)
		var all sync.WaitGroup
		for i, op := range ops {
			all.Go(func() {
				var err error
				if versions[i], err = c.Desired.Bump(c.System(), c.Site, []desired.Op{op}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		seen := map[uint64]bool{}
		for _, v := range versions {
			seen[v] = true
		}
		head, err := c.Desired.Head(c.Person(), c.Site)
		if err != nil || head != n+1 || len(seen) != n {
			t.Fatalf("head %d after %d edits, %d numbers, %v", head, n, len(seen), err)
		}
		b := c.NewBox(c.Site)
		b.Join()
		b.Pull(0)
		equal(t, c, b)
		if got := b.Document.Len(desired.SectionApartments); got != n {
			t.Errorf("%d apartments of %d", got, n)
		}
	})
}

func TestBump_UndoneEditLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		op := apartment(c, 101)
		broken := errors.New("broken")
		err := s.InTx(c.System(), func(ctx context.Context) error {
			if v, err := c.Desired.Bump(ctx, c.Site, []desired.Op{op}); err != nil || v != 2 {
				t.Fatalf("%d %v", v, err)
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if v := c.Edit(c.Site, apartment(c, 102)); v != 2 {
			t.Errorf("version %d", v)
		}
		b := c.NewBox(c.Site)
		b.Join()
		b.Pull(0)
		equal(t, c, b)
		if b.Document.Body(op.Section, op.Key) != nil {
			t.Error("the undone edit is in the document")
		}
		if v := c.Edit(c.Site); v != 2 {
			t.Errorf("an edit of nothing made version %d", v)
		}
	})
}

// Passwords of the document rest sealed and arrive as they were.
func TestService_CredentialsRestSealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		id := domain.NewID[domain.DeviceID](c.Time.Wall())
		planted := domain.Credential{DeviceID: id, SIPPassword: secret.New("planted-secret")}
		c.Edit(c.Site, c.Op(desired.SectionCredentials, desired.Key(id), planted))
		resting, err := s.Entities(c.System(), c.Site)
		if err != nil {
			t.Fatal(err)
		}
		for _, op := range resting {
			if bytes.Contains(op.Body, []byte("planted-secret")) {
				t.Error("the password rests in the open")
			}
		}
		b := c.NewBox(c.Site)
		b.Join()
		b.Pull(0)
		equal(t, c, b)
		got, err := desired.Decode[domain.Credential](b.Document.Body(desired.SectionCredentials, desired.Key(id)))
		if err != nil || got.SIPPassword.Reveal() != "planted-secret" {
			t.Errorf("%v", err)
		}
	})
}

// shows DEV-30 by cloud/store/receipts.go: "r.UpdatedAt, r.SeenAt, r.Since = o.UpdatedAt, o.SeenAt, o.Since" => "r.UpdatedAt, r.SeenAt, r.ToldAt, r.Since = o.UpdatedAt, o.SeenAt, o.ToldAt, o.Since"
func TestReceipts_TellWhatIsTrueOfTheHead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		d := c.DoorPhone(b.ID, "Gate")
		state := func(want wire.ReceiptState, version uint64) {
			t.Helper()
			all, err := c.Desired.Receipts(c.Person(), c.Site)
			if err != nil {
				t.Fatal(err)
			}
			if r := all[d.ID]; r.Standing.State != want || r.Standing.Version != version {
				t.Errorf("%+v, want %s of %d", r.Standing, want, version)
			}
		}
		b.Join()
		b.Pull(0)
		applied := func() wire.DeviceReport {
			return wire.DeviceReport{DeviceID: d.ID, State: wire.ReceiptApplied, Version: b.Version, Online: true, Address: "10.0.0.7:80", Model: "R29\x00", ToldMilli: 1_700_000_000_000}
		}
		foreign := wire.DeviceReport{DeviceID: domain.DeviceID{7}, State: wire.ReceiptApplied, Version: 2}
		report(b, applied(), foreign)
		state(wire.ReceiptApplied, 2)
		told := c.Live.Of("receipt")
		if len(told) != 1 || told[0].Data.(desiredstate.Receipt).Model != "R29" {
			t.Errorf("told %+v", told)
		}
		silent := applied() // an agent that started anew heard nothing yet
		silent.ToldMilli = 0
		report(b, silent)
		if all, err := c.Desired.Receipts(c.Person(), c.Site); err != nil || all[d.ID].ToldAt.UnixMilli() != 1_700_000_000_000 {
			t.Errorf("said something by itself at %v %v", all[d.ID].ToldAt, err)
		}
		later := applied()
		later.ToldMilli += 1000
		report(b, later)
		if told := c.Live.Of("receipt"); len(told) != 2 || told[1].Data.(desiredstate.Receipt).ToldAt.UnixMilli() != later.ToldMilli {
			t.Errorf("a portal hears nothing of what the device said later: %+v", told)
		}
		c.Edit(c.Site, apartment(c, 101))
		state(desiredstate.Saved, 2) // nobody holds it yet
		b.Pull(b.Version)
		report(b)
		state(wire.ReceiptHeld, 2)
		report(b, applied())
		state(wire.ReceiptApplied, 3)
		// A full report without the device: the agent no longer acts for it.
		b.Send(wire.KindReport, wire.Report{Seq: 2, Version: b.Version, Hash: b.Document.Hash(), Full: true})
		if all, err := c.Desired.Receipts(c.Person(), c.Site); err != nil || len(all) != 0 {
			t.Errorf("%v %v", all, err)
		}
		_, stranger := c.NewSite("Elsewhere")
		if _, err := c.Desired.Receipts(account.With(t.Context(), stranger), c.Site); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger: %v", err)
		}
	})
}

// A report that the broker delivers late, or a second time after a newer one, takes nothing back.
//
// shows BEY-07 by cloud/desiredstate/report.go: "if s.stale(agent, conn, r.Seq) {" => "if false {"
func TestReceipts_LateReportTakesNothingBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		d := c.DoorPhone(b.ID, "Gate")
		b.Join()
		b.Pull(0)
		say := func(seq uint64, state wire.ReceiptState) {
			b.Send(wire.KindReport, wire.Report{Seq: seq, Version: b.Version, Hash: b.Document.Hash(), Devices: []wire.DeviceReport{
				{DeviceID: d.ID, State: state, Version: b.Version, Online: true},
			}})
			if got := linktest.Expect[wire.Reported](b, wire.KindReported); got.Seq != seq {
				t.Fatalf("%+v", got)
			}
		}
		say(1, wire.ReceiptWritten)
		say(2, wire.ReceiptApplied)
		say(1, wire.ReceiptWritten)
		if all, err := c.Desired.Receipts(c.Person(), c.Site); err != nil || all[d.ID].Standing.State != wire.ReceiptApplied {
			t.Fatalf("%+v %v", all, err)
		}
		b.Join() // numbers begin anew with a connection
		say(1, wire.ReceiptFailed)
		if all, err := c.Desired.Receipts(c.Person(), c.Site); err != nil || all[d.ID].Standing.State != wire.ReceiptFailed {
			t.Fatalf("%+v %v", all, err)
		}
	})
}
