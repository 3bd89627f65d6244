package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
)

// audited is an organisation with three entries, which are older than those of another that did much more.
type audited struct {
	store *store.Store
	ctx   context.Context
	org   domain.OrgID
}

func newAudited(t *testing.T, s *store.Store, others int) audited {
	t.Helper()
	a := audited{store: s, org: domain.NewID[domain.OrgID](time.Now())}
	a.ctx = account.With(t.Context(), account.Caller{Account: domain.NewID[domain.AccountID](time.Now()), Org: a.org, HomeOrg: a.org, Role: account.RoleInstaller, Name: "Ida"})
	at := time.Now().UTC().Add(-24 * time.Hour)
	var all []audit.Entry
	add := func(org domain.OrgID, action audit.Action, name string) {
		at = at.Add(time.Millisecond)
		all = append(all, audit.Entry{ID: domain.NewID[domain.AuditID](at), Org: org, Actor: "Ida", ActorOrg: org, Action: action, Object: "device", ObjectID: [16]byte(org), ObjectName: name, At: at})
	}
	for i, action := range []audit.Action{"created", "changed", "deleted"} {
		add(a.org, action, fmt.Sprintf("Gate zq%d", i))
	}
	stranger := domain.NewID[domain.OrgID](time.Now())
	for i := range others {
		add(stranger, "deleted", fmt.Sprintf("Gate zq%d", i))
	}
	if err := s.RecordAll(account.AsSystem(t.Context(), "test"), all); err != nil {
		t.Fatal(err)
	}
	return a
}

// found gives the actions of the entries that are found.
func (a audited) found(t *testing.T, q audit.Query) string {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 50
	}
	lines, err := a.store.AuditLines(a.ctx, q)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range lines {
		out = append(out, string(l.Action))
	}
	return strings.Join(out, " ")
}

// What an organisation did is found behind everything that others did since, with each filter, and page by page.
//
// shows LOG-04 by cloud/store/audit.go: "lines, err = auditLines(s, s.conn(ctx).Model(&auditRow{}).Scopes(s.auditScope(ctx, true)), q, collected)" => "		_ = ctx"
// shows LOG-04 by cloud/store/audit.go: "return auditLines(s, entries().Scopes(s.auditScope(ctx, false)), q, collected)" => "		return lines, nil"
// shows LOG-04 by cloud/store/audit.go: "collected     = \"audit_entries.created_at + 0 DESC, audit_entries.id DESC\"" => "	collected     = \"audit_entries.created_at + 0, audit_entries.id DESC\""
func TestAuditLines_BehindWhatOthersDid(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAudited(t, s, 5_050)
		for want, q := range map[string]audit.Query{
			"deleted changed created": {},
			"deleted":                 {Action: "deleted"},
			"deleted changed":         {Limit: 2},
			"changed":                 {Words: "zq1"},
			"created":                 {Words: "created gate"},
			"":                        {Words: "zq9"},
		} {
			if got := a.found(t, q); got != want {
				t.Errorf("%+v: %q, expected %q", q, got, want)
			}
		}
		lines, err := s.AuditLines(a.ctx, audit.Query{Limit: 1})
		if err != nil || len(lines) != 1 {
			t.Fatalf("%d entries: %v", len(lines), err)
		}
		if got := a.found(t, audit.Query{After: audit.Place{At: lines[0].At, ID: lines[0].ID}}); got != "changed created" {
			t.Errorf("after the newest: %q", got)
		}
	})
}

// One or two letters find the words that begin with them, three and more what holds them.
//
// shows LOG-04 by cloud/store/audit.go: "if utf8.RuneCountInString(word) > shortWord {" => "			if utf8.RuneCountInString(word) > 0 {"
// shows LOG-04 by cloud/store/audit.go: "escaped, \"% \"+escaped, \"%|\"+escaped)" => "			query = query.Where(like, escaped)"
func TestAuditLines_ShortWordsAreBeginnings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAudited(t, s, 0)
		for word, want := range map[string]int{"ga": 3, "g": 3, "id": 3, "te": 0, "ate": 3, "zq": 3, "q1": 0, "zq1": 1, "de": 3, "ch": 1, "%": 0} {
			if got := a.found(t, audit.Query{Words: word}); len(strings.Fields(got)) != want {
				t.Errorf("%s: %q, expected %d", word, got, want)
			}
		}
	})
}

// What somebody did is found in an index of people, whatever the words.
//
// shows LOG-04 by cloud/store/migrations/postgres/0027_auditpeople.sql: "CREATE INDEX audit_entries_account ON audit_entries (account_id, created_at, id);" => "CREATE INDEX audit_entries_account ON audit_entries (reason);"
// shows LOG-04 by cloud/store/migrations/sqlite/0027_auditpeople.sql: "CREATE INDEX audit_entries_account ON audit_entries (account_id, created_at, id);" => "CREATE INDEX audit_entries_account ON audit_entries (reason);"
func TestAuditLines_APersonIsFoundWithoutTheOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		plans, err := s.Plans(account.AsSystem(t.Context(), "test"), func(ctx context.Context) error {
			_, err := s.AuditLines(ctx, audit.Query{Account: domain.NewID[domain.AccountID](time.Now()), Limit: 50})
			return err
		})
		if err != nil || len(plans) != 1 {
			t.Fatalf("%d statements: %v", len(plans), err)
		}
		if !slices.ContainsFunc(plans, func(plan string) bool { return strings.Contains(plan, "audit_entries_account") }) {
			t.Errorf("all entries are looked through:\n%s", plans)
		}
	})
}

// A page whose entries lie far apart, and a time that holds few entries, are looked through: nothing is collected of the many that others made.
//
// shows LOG-04 by cloud/store/audit.go: "if found := len(lines); found > 0 &&" => "	if found := len(lines); found > lookedThrough &&"
// shows LOG-04 by cloud/store/audit.go: "if q.From.IsZero() {" => "	if !q.From.IsZero() {"
func TestAuditLines_FarApartIsLookedThrough(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		a := newAudited(t, s, 0)
		stranger, at := domain.NewID[domain.OrgID](time.Now()), time.Now().UTC().Add(-time.Hour)
		began := at
		all := make([]audit.Entry, 12_000)
		for i := range all {
			at = at.Add(time.Millisecond)
			all[i] = audit.Entry{ID: domain.NewID[domain.AuditID](at), Org: stranger, ActorOrg: stranger, Action: "deleted", Object: "device", ObjectID: [16]byte(stranger), ObjectName: "Gate", At: at}
			if i%200 == 0 {
				all[i].Org, all[i].ActorOrg, all[i].ObjectName = a.org, a.org, fmt.Sprintf("Door %d", i)
			}
		}
		if err := s.RecordAll(account.AsSystem(t.Context(), "test"), all); err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			q                 audit.Query
			found, statements int
		}{
			"far apart": {audit.Query{Limit: 50}, 50, 2},
			"a time":    {audit.Query{Limit: 50, Words: "door 200", From: began, To: began.Add(time.Minute)}, 13, 3},
			"no time":   {audit.Query{Limit: 50, Words: "door 200"}, 13, 3},
		} {
			var lines []audit.Line
			plans, err := s.Plans(a.ctx, func(ctx context.Context) (err error) {
				lines, err = s.AuditLines(ctx, c.q)
				return err
			})
			if err != nil || len(lines) != c.found || !slices.IsSortedFunc(lines, func(x, y audit.Line) int { return y.At.Compare(x.At) }) {
				t.Errorf("%s: %d entries, %v", name, len(lines), err)
			}
			if s.Dialect() == "postgres" && len(plans) != c.statements {
				t.Errorf("%s: %d statements", name, len(plans))
			}
		}
	})
}
