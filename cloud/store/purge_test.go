package store_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/factor"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
)

// counts gives how many rows each table holds that people's work fills.
func counts(t *testing.T, s *store.Store) map[string]int {
	t.Helper()
	columns, err := s.Columns(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for name := range columns {
		table, _, isColumn := strings.Cut(name, ".")
		if _, seen := out[table]; seen || !isColumn {
			continue
		}
		var n int
		if err := s.Pool().QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out[table] = n
	}
	return out
}

// What is over goes at its time, an expired link a month later so that it says so for a while, and nothing else goes ever.
func TestPurgeExpired_DropsWhatIsOverAndNothingElse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		now := time.Now().UTC().Truncate(time.Millisecond)
		check := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		org := account.Org{ID: domain.NewID[domain.OrgID](now), Kind: account.OrgOperator, Name: "Doors Ltd", CreatedAt: now}
		check(s.SaveOrg(t.Context(), org))
		ada := account.Account{ID: domain.NewID[domain.AccountID](now), Org: org, Email: "ada@example.com", Name: "Ada", Role: account.RoleOperator, CreatedAt: now}
		check(s.SaveAccount(t.Context(), ada))
		check(s.Record(t.Context(), audit.Entry{ID: domain.NewID[domain.AuditID](now), Org: org.ID, Actor: "Ada", Action: audit.Created, Object: "account", ObjectID: ada.ID, At: now.AddDate(-5, 0, 0)}))
		letter := mail.Item{ID: domain.NewID[domain.MailID](now), Kind: mail.Try, Language: "en", To: "it@example.com", State: mail.Queued, CreatedAt: now, ExpiresAt: now}
		check(s.SaveMail(t.Context(), letter, []byte("{}")))
		check(s.Suppress(t.Context(), mail.Suppression{Address: "gone@example.com", CreatedAt: now.AddDate(-5, 0, 0)}))
		for n, at := range []time.Time{now, now.Add(time.Hour)} {
			hash := []byte{byte(n)}
			session := domain.NewID[domain.SessionID](now)
			check(s.SaveSession(t.Context(), account.Session{
				ID: session, Hash: hash, Account: ada.ID, Address: netip.MustParseAddr("192.0.2.7").String(), CreatedAt: now, SeenAt: now, ExpiresAt: at,
			}))
			check(s.AddLink(t.Context(), account.Link{Hash: hash, Account: ada.ID, Kind: account.LinkReset, CreatedAt: now, ExpiresAt: at}))
			check(s.SaveCode(t.Context(), factor.Code{Session: session, Account: ada.ID, Hash: hash, CreatedAt: now, ExpiresAt: at}))
			check(s.SaveCeremony(t.Context(), factor.Ceremony{Hash: hash, Account: ada.ID, Kind: "sign-in", Data: []byte("{}"), ExpiresAt: at}, now))
		}
		check(s.SaveSetupToken(t.Context(), []byte{1}, now, now))
		before := counts(t, s)
		step := func(at time.Time, gone map[string]int) {
			t.Helper()
			check(s.PurgeExpired(t.Context(), at))
			after := counts(t, s)
			for table, n := range before {
				if after[table] != n-gone[table] {
					t.Errorf("%v later %s holds %d rows, before %d, %d were over", at.Sub(now), table, after[table], n, gone[table])
				}
			}
			before = after
		}
		const month = 30 * 24 * time.Hour
		step(now, nil)
		step(now.Add(time.Millisecond), map[string]int{"sessions": 1, "factor_codes": 1, "passkey_ceremonies": 1, "setup_tokens": 1})
		step(now.Add(month+time.Millisecond), map[string]int{"links": 1, "sessions": 1, "factor_codes": 1, "passkey_ceremonies": 1})
		step(now.AddDate(10, 0, 0), map[string]int{"links": 1})
		if before["audit_entries"] != 1 || before["mails"] != 1 || before["accounts"] != 1 {
			t.Error(fmt.Sprint(before))
		}
	})
}
