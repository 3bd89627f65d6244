package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/enroll"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// logged is an agent with rows of its log.
type logged struct {
	t     *testing.T
	s     *store.Store
	site  domain.SiteID
	agent domain.AgentID
	epoch domain.EpochID
	seq   uint64
}

func newLogged(t *testing.T, s *store.Store) *logged {
	t.Helper()
	now := time.Now().UTC()
	ctx := account.AsSystem(t.Context(), "test")
	org := account.Org{ID: domain.NewID[domain.OrgID](now), Kind: account.OrgInstaller, Name: "Doors Ltd", CreatedAt: now}
	l := &logged{t: t, s: s, site: domain.NewID[domain.SiteID](now), agent: domain.NewID[domain.AgentID](now), epoch: domain.NewID[domain.EpochID](now)}
	for _, err := range []error{
		s.SaveOrg(ctx, org),
		s.PutSite(ctx, domain.Site{ID: l.site, OrgID: org.ID, Name: "Tower", TimeZone: "Europe/Berlin"}, now),
		s.InsertAgent(ctx, enroll.NewAgent{ID: l.agent, Site: l.site, Name: "Agent", ConfigKey: []byte{1}, Generation: 1, CreatedAt: now}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return l
}

// arrive stores one row that arrived at an instant.
func (l *logged) arrive(at time.Time) {
	l.t.Helper()
	l.seq++
	row := eventlog.Stored{
		Site: l.site, Agent: l.agent, Epoch: l.epoch, Stream: domain.StreamAudit, Received: at, Device: domain.DeviceID{byte(l.seq)},
		Names: []byte{0xa0}, Row: wire.Row{
			Seq: l.seq, Kind: domain.EventDoor, WallMilli: at.UnixMilli() - 5, MonoMilli: int64(l.seq) * 3, Boot: [16]byte{7}, ClockSure: l.seq%2 == 0,
			Body: []byte{0xa0, byte(l.seq)}, Salt: [16]byte{1, byte(l.seq)}, BodyHash: [32]byte{2}, Digest: [32]byte{3, byte(l.seq)}, From: l.seq / 2,
		},
	}
	if err := l.s.InsertEvents(l.t.Context(), []eventlog.Stored{row}); err != nil {
		l.t.Fatal(err)
	}
	found, err := l.s.Events(account.AsSystem(l.t.Context(), "test"), l.site, eventlog.Query{Device: row.Device, Limit: 10}, eventlog.Position{})
	if err != nil || len(found) != 1 {
		l.t.Fatalf("%+v %v", found, err)
	}
	row.Received = row.Received.Truncate(time.Millisecond)
	if fmt.Sprintf("%+v", found[0]) != fmt.Sprintf("%+v", row) {
		l.t.Fatalf("stored %+v\nread %+v", row, found[0])
	}
}

// parts gives where rows lie: "2026_11:2 default:1". Parts without rows are not told.
func parts(t *testing.T, s *store.Store) string {
	t.Helper()
	found, err := s.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, name := range store.SortedParts(found) {
		if found[name] > 0 {
			out = append(out, fmt.Sprintf("%s:%d", strings.TrimPrefix(name, "events_"), found[name]))
		}
	}
	return strings.Join(out, " ")
}

func month(at time.Time) string { return at.UTC().Format("2006_01") }

// Rows lie in the part of their month, made ahead; what comes before its part is made lies in the default part until then, and is counted.
//
// shows BEY-22 by cloud/store/months.go: "for n := range monthsAhead + 1 {" => "for n := range 0 {"
// shows BEY-22 by cloud/store/months.go: "n, _, err := countTo(s.conn(ctx).Table(\"events_default\"), countedStrays)" => "n, err := 0, error(nil)"
// shows BEY-22 by cloud/store/months.go: "strays, have = strays+moved, append(have, p)" => "have = append(have, p)"
func TestMonths_RowsLieInTheirMonthAndNoneIsLost(t *testing.T) {
	s := storetest.Postgres(t)
	l := newLogged(t, s)
	now := time.Now().UTC()
	l.arrive(now)
	far := time.Date(now.Year()+3, 5, 31, 23, 59, 59, 999e6, time.UTC)
	l.arrive(far)
	l.arrive(far.Add(time.Millisecond))
	if got, want := parts(t, s), month(now)+":1 default:2"; got != want {
		t.Fatalf("rows lie in %q, want %q", got, want)
	}
	if n, err := s.Strays(t.Context()); err != nil || n != 2 {
		t.Errorf("%d rows are told to have no month: %v", n, err)
	}
	for _, want := range []int64{2, 0} {
		if strays, err := s.MakeMonths(t.Context(), far); err != nil || strays != want {
			t.Fatalf("%d rows had no month, want %d: %v", strays, want, err)
		}
	}
	next := far.AddDate(0, 0, 62) // the last day ahead
	l.arrive(time.Date(far.Year(), 7, 31, 23, 0, 0, 0, time.UTC))
	if got, want := parts(t, s), fmt.Sprintf("%s:1 %[2]d_05:1 %[2]d_06:1 %[2]d_07:1", month(now), far.Year()); got != want {
		t.Errorf("rows lie in %q, want %q", got, want)
	}
	if n, err := s.DropMonths(t.Context(), next); err != nil || n != 2 {
		t.Errorf("%d months are dropped, want the two after this one: %v", n, err)
	}
	all, err := s.Events(account.AsSystem(t.Context(), "test"), l.site, eventlog.Query{Limit: 10}, eventlog.Position{})
	if err != nil || len(all) != 4 || all[0].Row.Seq != 4 || all[3].Row.Seq != 1 {
		t.Errorf("%d rows are read: %v", len(all), err)
	}
}

// A database of before the months keeps every row, and goes back.
//
// shows BEY-22 by cloud/store/migrations/postgres/0017_eventmonths.sql: "EXECUTE format('ALTER TABLE events ATTACH PARTITION events_first FOR VALUES FROM (MINVALUE) TO (%L)', to_ms);"
func TestMonths_OldRowsStay(t *testing.T) {
	s := storetest.Postgres(t)
	l := newLogged(t, s)
	now := time.Now().UTC()
	l.arrive(now.AddDate(-1, 0, 0))
	l.arrive(now)
	if err := s.MigrateTo(t.Context(), 16); err != nil {
		t.Fatal(err)
	}
	if err := s.MigrateUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if strays, err := s.MakeMonths(t.Context(), now); err != nil || strays != 0 {
		t.Fatal(strays, err)
	}
	l.arrive(monthAfter(now).Add(-time.Millisecond))
	l.arrive(monthAfter(now))
	if got, want := parts(t, s), month(monthAfter(now))+":1 first:3"; got != want {
		t.Errorf("rows lie in %q, want %q", got, want)
	}
}

func monthAfter(at time.Time) time.Time {
	return time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}
