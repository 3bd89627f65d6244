package eventlog_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"vestibule/cloud/archive"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

const day = 24 * time.Hour

// aged is an author whose log has 300 rows of 70 days ago and ten of now, in a cloud that keeps rows for 30 days. Its checkpoints stand at 150 and 310.
type aged struct {
	*author
	folder archive.Folder
	began  time.Time
}

func newAged(t *testing.T, s *store.Store, change func(*eventlog.Config)) *aged {
	t.Helper()
	a := &aged{folder: archive.Folder{Dir: t.TempDir()}}
	c := linktest.New(t, s, linktest.Hooks{Events: func(cfg *eventlog.Config) {
		cfg.KeepDays, cfg.Archive = 30, a.folder
		change(cfg)
	}})
	a.author, a.began = newAuthor(t, c), c.Time.Wall()
	a.tell(150, true)
	a.tell(150, true)
	c.Time.Move(70 * day)
	a.renew()
	a.tell(10, true)
	return a
}

// archived gives the numbers of the rows of 70 days ago that are in the archive, each as it was written.
func (a *aged) archived() map[uint64]bool {
	a.t.Helper()
	rows, err := archive.Read(a.folder.Path(a.c.Site, a.began, ""), a.c.Site)
	if err != nil {
		a.t.Fatal(err)
	}
	out := map[uint64]bool{}
	for _, r := range rows {
		was := a.rows[r.Row.Seq-1]
		if fmt.Sprint(r.Row) != fmt.Sprint(was) || r.Agent != a.ID || r.Apartment != a.home {
			a.t.Fatalf("archived %+v, was %+v", r, was)
		}
		out[r.Row.Seq] = true
	}
	return out
}

// whole lists the numbers of rows that are in the database with their bodies.
func (a *aged) whole() map[uint64]bool {
	a.t.Helper()
	rows, err := a.c.Store.Aged(a.c.System(), a.c.Site, eventlog.Kinds{}, time.Time{}, a.c.Time.Wall().Add(day), eventlog.Position{}, 1000)
	if err != nil {
		a.t.Fatal(err)
	}
	out := map[uint64]bool{}
	for _, r := range rows {
		out[r.Row.Seq] = true
	}
	return out
}

func (a *aged) leftAre(rows, left, emptied uint64) {
	a.t.Helper()
	f := a.verify()
	if f.Bad != "" || f.Rows != rows || f.Left != left || f.Aged != emptied || f.Signed != 310 {
		a.t.Errorf("%+v, want %d rows, %d left, %d without body", f, rows, left, emptied)
	}
}

// Rows leave in whole months when their term is over, into the archive. Verify calls that by its name: the chain begins on what the agent signed, and the
// rows behind it are without bodies.
//
// shows BEY-10 by cloud/eventlog/verify.go: "w.at, w.last = floor.Seq, floor.Digest"
// shows BEY-10 by cloud/eventlog/verify.go: "if l.Received.Before(w.over(untilOf(w.terms, l.Row.Kind))) {" => "if false {"
// shows BEY-22 by cloud/eventlog/terms.go: "if err := s.Shelf.CutChain(ctx, site, key, next, some); err != nil {" => "if false {"
func TestAge_RowsLeaveWhenTheirTermIsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAged(t, s, func(*eventlog.Config) {})
		a.leftAre(310, 0, 0)
		for range 2 {
			if err := a.c.Events.Age(a.c.System()); err != nil {
				t.Fatal(err)
			}
			a.leftAre(160, 150, 150)
		}
		if got := a.archived(); len(got) != 300 {
			t.Errorf("%d rows are archived", len(got))
		}
		if got := a.whole(); len(got) != 10 || !got[301] || !got[310] {
			t.Errorf("%d rows are there whole", len(got))
		}
		a.tell(5, false)
		if f := a.verify(); f.Bad != "" || f.Rows != 165 {
			t.Errorf("the log does not go on: %+v", f)
		}
	})
}

// Kinds have terms of their own, and a chain that one of them needs stays; whose rows are kept for ever keep their bodies.
//
// shows BEY-22 by cloud/eventlog/terms.go: "if domain.StreamOf(t.Kind) == stream && t.Until.Before(until) {" => "if false {"
func TestAge_EachKindHasItsTerm(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAged(t, s, func(cfg *eventlog.Config) { cfg.KeepDays = 0 })
		a.keep(days(30), eventlog.Term{Kind: domain.EventDoor, Days: days(0)})
		if err := a.c.Events.Age(a.c.System()); err != nil {
			t.Fatal(err)
		}
		a.leftAre(310, 0, 0)
		a.keep(days(30))
		if err := a.c.Events.Age(a.c.System()); err != nil {
			t.Fatal(err)
		}
		a.leftAre(160, 150, 150)
	})
}

// Somebody with the database cannot call young rows old, nor begin a chain on anything but what its agent signed.
//
// shows BEY-10 by cloud/eventlog/verify.go: "case !time.UnixMilli(floor.AtMilli).Before(over):" => "case false:"
// shows BEY-10 by cloud/eventlog/verify.go: "case !ok:" => "case false:"
func TestVerify_TellsAgedFromTakenAway(t *testing.T) {
	const floor = "UPDATE checkpoints SET block = -256 WHERE seq = 310"
	for name, c := range map[string]struct {
		spoil func(a *aged, b storetest.Behind)
		want  eventlog.Finding
	}{
		"rows taken away": {func(_ *aged, b storetest.Behind) {
			b.Run("DELETE FROM events WHERE seq <= 150")
		}, eventlog.Finding{Bad: eventlog.BadMissing, Seq: 1}},
		"young rows taken away up to a checkpoint": {func(_ *aged, b storetest.Behind) {
			b.Run(floor)
			b.Run("DELETE FROM events WHERE seq <= 305")
		}, eventlog.Finding{Bad: eventlog.BadMissing, Seq: 1}},
		"the same, and a term that says so": {func(a *aged, b storetest.Behind) {
			b.Run(floor)
			b.Run("DELETE FROM events WHERE seq <= 305")
			b.Run(fmt.Sprintf("INSERT INTO event_terms (site_id, kind, days, until, gone) VALUES ('%s', '', 30, %d, 0)", a.c.Site, a.c.Time.Wall().Add(day).UnixMilli()))
		}, eventlog.Finding{Bad: eventlog.BadMissing, Seq: 1}},
		"a floor of another key": {func(a *aged, b storetest.Behind) {
			if err := a.c.Events.Age(a.c.System()); err != nil {
				a.t.Fatal(err)
			}
			b.Run("UPDATE checkpoints SET digest = " + b.Bytes(make([]byte, 32)) + " WHERE block = -256")
		}, eventlog.Finding{Bad: eventlog.BadForged, Seq: 150}},
		"a young row without body": {func(a *aged, b storetest.Behind) {
			if err := a.c.Events.Age(a.c.System()); err != nil {
				a.t.Fatal(err)
			}
			b.Run("UPDATE events SET body = " + b.Bytes(nil) + ", salt = " + b.Bytes(make([]byte, 16)) + doorRow(305))
		}, eventlog.Finding{Bad: eventlog.BadAltered, Seq: 305}},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.EachBehind(t, func(t *testing.T, s *store.Store, behind storetest.Behind) {
				a := newAged(t, s, func(*eventlog.Config) {})
				c.spoil(a, behind)
				if f := a.verify(); f.Bad != c.want.Bad || f.Seq != c.want.Seq {
					t.Errorf("%+v, want %+v", f, c.want)
				}
			})
		})
	}
}

// A chain in which somebody altered a row keeps its rows: they are the evidence.
//
// shows BEY-10 by cloud/eventlog/terms.go: "if f.Bad != \"\" && f.Seq <= next.Seq || f.Signed < next.Seq && s.Keys != nil {" => "if false {"
func TestAge_EvidenceStays(t *testing.T) {
	storetest.EachBehind(t, func(t *testing.T, s *store.Store, behind storetest.Behind) {
		a := newAged(t, s, func(*eventlog.Config) {})
		behind.Run("UPDATE events SET occurred_at = occurred_at - 1" + doorRow(100))
		if err := a.c.Events.Age(a.c.System()); err != nil {
			t.Fatal(err)
		}
		if f := a.verify(); f.Bad != eventlog.BadAltered || f.Seq != 100 {
			t.Errorf("%+v", f)
		}
	})
}

// breaking is a shelf on which the n-th change fails, before it is made or after.
type breaking struct {
	eventlog.Shelf
	n     int
	after bool
}

var errKilled = errors.New("killed")

func (b *breaking) change(do func() error) error {
	b.n--
	if b.n == 0 && !b.after {
		return errKilled
	}
	if err := do(); err != nil || b.n != 0 {
		return err
	}
	return errKilled
}

func (b *breaking) MoveTerm(ctx context.Context, site domain.SiteID, term eventlog.Term) error {
	return b.change(func() error { return b.Shelf.MoveTerm(ctx, site, term) })
}

func (b *breaking) EmptyAged(ctx context.Context, site domain.SiteID, k eventlog.Kinds, before time.Time, most int) (n int, err error) {
	err = b.change(func() error {
		n, err = b.Shelf.EmptyAged(ctx, site, k, before, 40)
		return err
	})
	return n, err
}

func (b *breaking) CutChain(ctx context.Context, site domain.SiteID, key eventlog.ChainKey, floor wire.Checkpoint, some int) error {
	return b.change(func() error { return b.Shelf.CutChain(ctx, site, key, floor, some) })
}

// Wherever the cloud dies, every row is in the database or in the archive, and the next run goes on.
//
// shows BEY-22 by cloud/eventlog/terms.go: "if err := s.archive(ctx, site, kindsOf(terms, i), term.Until, until); err != nil {" => "if err := error(nil); err != nil {"
func TestAge_WhereverItDiesNoRowIsLost(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := &breaking{}
		a := newAged(t, s, func(cfg *eventlog.Config) { b.Shelf, cfg.Shelf = cfg.Shelf, b })
		for n := 1; ; n++ {
			b.n, b.after = n, n%2 == 0
			err := a.c.Events.Age(a.c.System())
			if err != nil && !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			there := a.whole()
			if len(there) < 310 {
				for seq := range a.archived() {
					there[seq] = true
				}
			}
			if len(there) != 310 {
				t.Fatalf("killed at change %d: %d rows are anywhere", n, len(there))
			}
			if f := a.verify(); f.Bad != "" {
				t.Fatalf("killed at change %d: %+v", n, f)
			}
			if err == nil {
				break
			}
		}
		b.n = 0
		if err := a.c.Events.Age(a.c.System()); err != nil {
			t.Fatal(err)
		}
		a.leftAre(160, 150, 150)
		if got := a.archived(); len(got) != 300 {
			t.Errorf("%d rows are archived", len(got))
		}
	})
}
