package eventlog_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"vestibule/cloud/audit"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

func days(n int) *int { return &n }

// keep says how long the site keeps its rows.
func (a *aged) keep(others *int, kinds ...eventlog.Term) {
	a.t.Helper()
	if _, err := a.c.Events.SetRetention(a.c.Person(), a.c.Site, others, kinds); err != nil {
		a.t.Fatal(err)
	}
}

// What is not kept by the operator, too short or of no kind is refused at its field, and nothing of the form is taken.
//
// shows BEY-22 by cloud/eventlog/retention.go: "f.Check(*days >= LeastDays && *days <= s.KeepDays, path, \"%d to %d days: the operator of this service keeps nothing longer.\", LeastDays, s.KeepDays)"
// shows BEY-22 by cloud/eventlog/retention.go: "f.Check(*days == 0 || *days >= LeastDays && *days <= MostDays, path, \"%d to %d days, or 0 for ever.\", LeastDays, MostDays)"
func TestRetention_BadInput(t *testing.T) {
	for operator, c := range map[int]struct{ good, bad []int }{
		0:   {[]int{0, 30, 3650}, []int{-1, 1, 29, 3651}},
		400: {[]int{30, 400}, []int{0, 29, 401, 3650}},
	} {
		t.Run(fmt.Sprint(operator), func(t *testing.T) {
			a := newAged(t, storetest.SQLite(t), func(cfg *eventlog.Config) { cfg.KeepDays = operator })
			for _, n := range c.good {
				a.keep(days(n), eventlog.Term{Kind: domain.EventCall, Days: days(n)})
			}
			for _, n := range c.bad {
				a.refuses("days", days(n))
				a.refuses("kinds[1].days", nil, eventlog.Term{Kind: domain.EventDoor}, eventlog.Term{Kind: domain.EventCall, Days: days(n)})
			}
			a.refuses("kinds[0].kind", nil, eventlog.Term{Kind: "moon", Days: days(60)})
			a.refuses("kinds[1].kind", nil, eventlog.Term{Kind: domain.EventCall, Days: days(60)}, eventlog.Term{Kind: domain.EventCall, Days: days(90)})
			last := c.good[len(c.good)-1]
			r, err := a.c.Events.Retention(a.c.Person(), a.c.Site)
			if err != nil || len(r.Terms) != 2 || *r.Terms[0].Days != last || *r.Terms[1].Days != last || r.Longest != operator || r.Revision != uint64(len(c.good)) {
				t.Errorf("%+v %v", r, err)
			}
		})
	}
}

// refuses wants one fault, at a field.
func (a *aged) refuses(field string, others *int, kinds ...eventlog.Term) {
	a.t.Helper()
	_, err := a.c.Events.SetRetention(a.c.Person(), a.c.Site, others, kinds)
	if found := fault.FieldsOf(err); fault.CodeOf(err) != fault.Invalid || len(found) != 1 || found[0].Path != field {
		a.t.Errorf("%s: %v %+v", field, err, found)
	}
}

// An operator that keeps less from now on is obeyed by sites that said more, and a kind without days of its own follows the others.
//
// shows BEY-22 by cloud/eventlog/terms.go: "if days == nil || s.KeepDays > 0 && (*days == 0 || *days > s.KeepDays) {" => "if days == nil {"
func TestAge_TheOperatorKeepsNothingLonger(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAged(t, s, func(cfg *eventlog.Config) { cfg.KeepDays = 400 })
		a.keep(days(300), eventlog.Term{Kind: domain.EventDoor, Days: days(365)})
		if err := a.c.Events.Age(a.c.System()); err != nil {
			t.Fatal(err)
		}
		a.leftAre(310, 0, 0)
		a.c.Events.KeepDays = 30
		if err := a.c.Events.Age(a.c.System()); err != nil {
			t.Fatal(err)
		}
		a.leftAre(160, 150, 150)
	})
}

// Whoever changes how long a log is kept is named in the audit, with what it was before.
//
// shows BEY-22 by cloud/eventlog/retention.go: "return s.recordRetention(ctx, site, before, after)" => "return nil"
func TestRetention_IsInTheAudit(t *testing.T) {
	a := newAged(t, storetest.SQLite(t), func(cfg *eventlog.Config) { cfg.KeepDays = 400 })
	a.keep(days(90))
	a.keep(nil, eventlog.Term{Kind: domain.EventDoor, Days: days(60)})
	lines, err := a.c.Store.AuditLines(a.c.System(), audit.Query{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(lines, func(l audit.Line) bool { return l.Object == "retention" })
	if at < 0 || string(lines[at].Before) != `{"others":90}` || string(lines[at].After) != `{"door_log":60}` || lines[at].Actor == "" {
		t.Errorf("%d: %+v", at, lines)
	}
}

// slowArchive is an archive during whose work somebody says how long rows are kept.
type slowArchive struct {
	eventlog.Shelf
	meanwhile func()
}

func (s *slowArchive) OldestEvent(ctx context.Context, site domain.SiteID) (time.Time, error) {
	s.meanwhile()
	return s.Shelf.OldestEvent(ctx, site)
}

// What a person says while rows leave stands.
//
// shows BEY-22 by cloud/store/terms.go: "return s.writeTerm(ctx, site, term, \"until\", \"gone\")" => "return s.writeTerm(ctx, site, term, \"until\", \"gone\", \"days\", \"revision\")"
func TestAge_WhatIsSaidMeanwhileStands(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		slow := &slowArchive{meanwhile: func() {}}
		a := newAged(t, s, func(cfg *eventlog.Config) { cfg.KeepDays, slow.Shelf, cfg.Shelf = 0, cfg.Shelf, slow })
		a.keep(days(30))
		slow.meanwhile = func() { a.keep(days(300)) }
		if err := a.c.Events.Age(a.c.System()); err != nil {
			t.Fatal(err)
		}
		if r, err := a.c.Events.Retention(a.c.Person(), a.c.Site); err != nil || *r.Terms[0].Days != 300 || r.Revision != 2 {
			t.Errorf("%+v %v", r, err)
		}
	})
}
