package store_test

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// A word among the calls of a site is looked for in the index of its calls alone, for the page and for the number of its pages: no row of the table is
// read for an entry that does not hold the word, and none of another site. So it is with another order than that of time, and with how a call ended.
//
// shows BEY-22 by cloud/store/migrations/postgres/0028_callcolumns.sql: "CREATE INDEX calls_columns ON" => "CREATE INDEX calls_columns ON calls (site_id, occurred_at, id);"
// shows BEY-22 by cloud/store/migrations/sqlite/0028_callcolumns.sql: "CREATE INDEX calls_columns ON" => "CREATE INDEX calls_columns ON calls (site_id, occurred_at, id);"
func TestCalls_AWordIsLookedForInTheIndexAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, q := range []eventlog.CallQuery{
			{Query: "zq", Offset: 50},
			{Query: "zq", Offset: 50, Sort: "caller"},
			{Offset: 50, Sort: "lasts", Desc: true},
			{Offset: 50, Sort: "apartment"},
			{Offset: 50, Ends: []domain.EndReason{domain.EndDeclined}},
			{Offset: 50, Query: "zq", Causes: []domain.Cause{domain.CauseNobodyHome}},
		} {
			plans, err := s.Plans(account.AsSystem(t.Context(), "test"), func(ctx context.Context) error {
				_, err := s.Calls(ctx, domain.NewID[domain.SiteID](time.Now()), q)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(plans) != 2 {
				t.Fatalf("%d statements: %s", len(plans), plans)
			}
			for _, plan := range plans {
				if !strings.Contains(plan, "Index Only Scan") && !strings.Contains(plan, "USING COVERING INDEX calls_") || strings.Contains(plan, "Seq Scan on calls") {
					t.Errorf("%+v: not in the index alone:\n%s", q, plan)
				}
			}
		}
	})
}

// The rows of a kind are found without those of the others.
//
// shows BEY-22 by cloud/store/migrations/postgres/0026_eventkinds.sql: "CREATE INDEX events_kind ON events (site_id, kind, received_at, seq);" => "CREATE INDEX events_kind ON events (site_id);"
// shows BEY-22 by cloud/store/migrations/sqlite/0026_eventkinds.sql: "CREATE INDEX events_kind ON events (site_id, kind, received_at, seq);" => "CREATE INDEX events_kind ON events (site_id);"
func TestEvents_AKindIsFoundWithoutTheOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		plans, err := s.Plans(account.AsSystem(t.Context(), "test"), func(ctx context.Context) error {
			_, err := s.Events(ctx, domain.NewID[domain.SiteID](time.Now()), eventlog.Query{Kind: domain.EventAlarm, Limit: 50}, eventlog.Position{})
			return err
		})
		if err != nil || len(plans) != 1 {
			t.Fatalf("%d statements: %v", len(plans), err)
		}
		if plan := plans[0]; !strings.Contains(plan, "USING INDEX events_kind (site_id=? AND kind=?)") && !strings.Contains(plan, "::uuid) AND (kind = 'alarm'") {
			t.Errorf("all rows are looked through:\n%s", plan)
		}
	})
}

// A page of the log that begins in a month leaves the months after it alone.
//
// shows BEY-22 by cloud/store/events.go: "db = db.Where(\"received_at <= ?\", after.Received)" => ""
func TestEvents_APageReadsNoLaterMonth(t *testing.T) {
	s := storetest.Postgres(t)
	now := time.Now().UTC()
	plans, err := s.Plans(account.AsSystem(t.Context(), "test"), func(ctx context.Context) error {
		_, err := s.Events(ctx, domain.NewID[domain.SiteID](now), eventlog.Query{Limit: 50}, eventlog.Position{Received: now.UnixMilli(), Seq: 7})
		return err
	})
	if err != nil || len(plans) != 1 {
		t.Fatalf("%d statements: %v", len(plans), err)
	}
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	if plan := plans[0]; !strings.Contains(plan, "events_"+month(now)) || strings.Contains(plan, "events_"+month(first.AddDate(0, 1, 0))) {
		t.Errorf("months that no row of the page can lie in are read:\n%s", plan)
	}
}

// A call of a house whose words no entry of an index has room for is stored as any other, and found by its first words; and so with its names.
//
// shows BEY-22 by cloud/store/calls.go: "mostName  = 160" => "	mostName  = 9000"
// shows BEY-22 by cloud/store/calls.go: "return strings.ToValidUTF8(text[:min(len(text), mostWords)], \"\")" => "	return text"
func TestCalls_WordsWithoutEnd(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := account.AsSystem(t.Context(), "test")
		l := newLogged(t, s)
		call := eventlog.CallLine{Site: l.site, Agent: l.agent, Epoch: l.epoch, Seq: 1, Words: []string{"Kitchen"}}
		call.ID, call.OccurredAt, call.ReceivedAt = domain.NewID[domain.CallID](time.Now()), time.Now(), time.Now()
		for range 1000 { // names that nothing makes shorter
			name := make([]rune, 8)
			for i := range name {
				name[i] = rune(0x4e00 + rand.N(0x5000))
			}
			call.Words = append(call.Words, string(name))
			call.Caller, call.Apartment, call.End = call.Caller+string(name), call.Apartment+string(name), call.End+domain.EndReason(name)
		}
		if err := s.InsertCalls(ctx, []eventlog.CallLine{call}); err != nil {
			t.Fatal(err)
		}
		for words, want := range map[string]int{"kitchen": 1, call.Words[1]: 1, call.Words[1000]: 0} {
			if list, err := s.Calls(ctx, l.site, eventlog.CallQuery{Query: words}); err != nil || len(list.Items) != want {
				t.Errorf("%s: %d calls, %v; want %d", words, len(list.Items), err, want)
			}
		}
	})
}

// Whether a person may see a site is asked at every page: the person's other sites are not read for it, however many there are.
//
// shows BEY-22 by cloud/store/sites.go: "return s.conn(ctx).Scopes(scopeOf(ctx, site)).Where(" => "return s.conn(ctx).Scopes(scope(ctx, \"id\")).Where(\"id = ? AND deleted_at IS NULL\", site)"
func TestSite_TheOthersAreNotRead(t *testing.T) {
	s := storetest.SQLite(t)
	caller := account.Caller{Account: domain.NewID[domain.AccountID](time.Now()), Org: domain.NewID[domain.OrgID](time.Now()), Role: account.RoleInstaller}
	plans, err := s.Plans(account.With(t.Context(), caller), func(ctx context.Context) error {
		if err := s.SeeSite(ctx, domain.NewID[domain.SiteID](time.Now())); fault.CodeOf(err) != fault.NotFound {
			return err
		}
		return nil
	})
	if err != nil || len(plans) == 0 {
		t.Fatalf("%d statements: %v", len(plans), err)
	}
	for _, plan := range plans {
		for _, step := range strings.Split(plan, "detail:")[1:] {
			if strings.Contains(step, " sites ") && !strings.Contains(step, "(id=?)") {
				t.Errorf("other sites are read:\n%s", plan)
			}
		}
	}
}
