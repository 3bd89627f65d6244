package apitoken_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/apitoken"
	"vestibule/cloud/audit"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

// house is the service with a clock that tests move; it keeps letters and entries in sight.
type house struct {
	*apitoken.Service
	spy
	ada account.Account
	now time.Time
}

// spy is the store, with audit and mail kept in sight.
type spy struct {
	*store.Store
	told *[]audit.Entry
	box  *[]mail.Letter
}

// Record notes an entry before it is kept.
func (s spy) Record(ctx context.Context, e audit.Entry) error {
	*s.told = append(*s.told, e)
	return s.Store.Record(ctx, e)
}

// Post keeps a letter.
func (s spy) Post(_ context.Context, l mail.Letter) error {
	*s.box = append(*s.box, l)
	return nil
}

func newHouse(t *testing.T, s *store.Store) *house {
	t.Helper()
	h := &house{spy: spy{s, &[]audit.Entry{}, &[]mail.Letter{}}, now: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)}
	h.Service = apitoken.New(apitoken.Config{Store: h.spy, Mail: h.spy, Now: func() time.Time { return h.now }, Logger: slog.New(slog.DiscardHandler)})
	h.ada = h.account(t, "ada@example.com", account.RoleInstaller)
	return h
}

func (h *house) account(t *testing.T, email string, role account.Role) account.Account {
	t.Helper()
	org := account.Org{ID: domain.NewID[domain.OrgID](h.now), Kind: account.OrgInstaller, Name: "Doors Ltd", CreatedAt: h.now}
	if err := h.SaveOrg(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	a := account.Account{ID: domain.NewID[domain.AccountID](h.now), Org: org, Email: email, Name: "Ada", Role: role, CreatedAt: h.now, ActivatedAt: h.now}
	if err := h.SaveAccount(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	return a
}

var desk = netip.MustParseAddr("::ffff:192.0.2.7")

func (h *house) make(t *testing.T, scopes ...string) apitoken.Token {
	t.Helper()
	k, text, err := h.Make(t.Context(), h.ada, apitoken.Draft{Name: "Backup", Scopes: scopes, Days: 30})
	if err != nil || !strings.HasPrefix(text.Reveal(), "vt_") || len(text.Reveal()) != 3+43 {
		t.Fatalf("%v %q", err, text.Reveal())
	}
	return k
}

func (h *house) finds(t *testing.T, k apitoken.Token) bool {
	t.Helper()
	found, a, err := h.Find(t.Context(), k.Hash, desk, h.now)
	if err != nil && fault.CodeOf(err) != fault.NotFound {
		t.Fatal(err)
	}
	return err == nil && found.ID == k.ID && a.ID == h.ada.ID
}

func TestFind_EndsByTimeRevocationAndAccount(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		k, other := h.make(t, "sites.read"), h.make(t, "sites.read")
		if !h.finds(t, k) {
			t.Fatal("a fresh one")
		}
		h.now = h.now.AddDate(0, 0, 30).Add(-time.Millisecond)
		if !h.finds(t, k) {
			t.Error("on its last day")
		}
		if err := h.Revoke(t.Context(), h.ada, k.ID); err != nil || h.finds(t, k) || !h.finds(t, other) {
			t.Errorf("revoked: %v", err)
		}
		if err := h.Revoke(t.Context(), h.account(t, "eve@example.com", account.RoleInstaller), other.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("somebody else's: %v", err)
		}
		h.now = h.now.Add(time.Millisecond)
		if h.finds(t, other) {
			t.Error("after its end")
		}
	})
}

func TestFind_WritesUseDownOnceAMinute(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		h := newHouse(t, s)
		k := h.make(t, "sites.read")
		used := func() apitoken.Token {
			t.Helper()
			if !h.finds(t, k) {
				t.Fatal("not found")
			}
			list, err := h.List(t.Context(), h.ada.ID)
			if err != nil || len(list) != 1 {
				t.Fatal(list, err)
			}
			return list[0]
		}
		first := used()
		if !first.UsedAt.Equal(h.now) || first.UsedFrom != "192.0.2.7" {
			t.Errorf("%+v", first)
		}
		h.now = h.now.Add(59 * time.Second)
		if again := used(); !again.UsedAt.Equal(first.UsedAt) {
			t.Error("written twice in a minute")
		}
		h.now = h.now.Add(time.Second)
		if again := used(); !again.UsedAt.Equal(h.now) {
			t.Error("not written after a minute")
		}
	})
}

func TestMake_RefusesWhatTheAccountDoesNotHave(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	faults := func(a account.Account, d apitoken.Draft) string {
		_, _, err := h.Make(t.Context(), a, d)
		var paths []string
		for _, f := range fault.FieldsOf(err) {
			paths = append(paths, f.Path)
		}
		return strings.Join(paths, " ")
	}
	long := strings.Repeat("x", 65)
	for want, d := range map[string]apitoken.Draft{
		"name":                {Name: long, Days: 1, Scopes: []string{"sites.read"}},
		"name days scopes":    {},
		"days":                {Name: "n", Days: 367, Scopes: []string{"sites.read"}},
		"scopes[1] scopes[2]": {Name: "n", Days: 366, Scopes: []string{"sites.read", "sites.fly", "sites.read"}},
		"scopes[0] scopes[1] scopes[2] scopes[3]": {Name: "n", Days: 1, Scopes: []string{"self", "tokens.write", "secrets.read", "orgs.write"}},
		"scopes": {Name: "n", Days: 1, Scopes: make([]string, 1000)},
	} {
		if got := faults(h.ada, d); got != want {
			t.Errorf("%+v: %q, want %q", d.Name, got, want)
		}
	}
	if got := faults(h.account(t, "mia@example.com", account.RoleManager), apitoken.Draft{Name: "n", Days: 1, Scopes: []string{"people.read", "devices.write"}}); got != "scopes[1]" {
		t.Errorf("a manager's: %q", got)
	}
	for range apitoken.MaxTokens {
		h.make(t, "sites.read")
	}
	if _, _, err := h.Make(t.Context(), h.ada, apitoken.Draft{Name: "n", Days: 1, Scopes: []string{"sites.read"}}); fault.CodeOf(err) != fault.Limit {
		t.Errorf("one too many: %v", err)
	}
}

func TestMake_IsAuditedAndTold(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	ctx := account.With(t.Context(), account.Caller{Account: h.ada.ID, Name: "Ada", HomeOrg: h.ada.Org.ID})
	k, text, err := h.Make(ctx, h.ada, apitoken.Draft{Name: "Backup", Scopes: []string{"sites.read"}, Days: 30})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Revoke(ctx, h.ada, k.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.Revoke(ctx, h.ada, k.ID); err != nil {
		t.Fatal(err)
	}
	told, box := *h.told, *h.box
	if len(told) != 2 || told[0].Action != audit.Created || told[1].Action != audit.Deleted || told[1].ObjectID != k.ID || told[1].Actor != "Ada" {
		t.Errorf("%+v", told)
	}
	for _, e := range told {
		if strings.Contains(string(e.Before)+string(e.After), text.Reveal()) {
			t.Error("the audit holds the token")
		}
	}
	if len(box) != 2 || box[0].Kind != mail.Changed || box[0].Values["what"] != "token" || box[0].To != "ada@example.com" {
		t.Errorf("%+v", box)
	}
}

type made struct{ ID, Token string }

func TestTokens_OverHTTP(t *testing.T) {
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		person := s.SetUp(t).Agree(t)
		k := cloudtest.Want[made](t, person, http.StatusCreated, http.MethodPost, "/tokens", cloudtest.Object{
			"name": "Backup", "scopes": []string{"sites.read", "people.read"}, "days": 30,
		})
		program := cloudtest.Client{URL: s.URL, Token: k.Token}
		if a := program.Do(t, http.MethodGet, "/sites", nil); a.Status != http.StatusOK {
			t.Fatalf("within its scopes: %d %s", a.Status, a.Body)
		}
		refused := func(method, path string, body any, word string) {
			t.Helper()
			if a := program.Do(t, method, path, body); a.Status != http.StatusForbidden || !strings.Contains(string(a.Body), word) {
				t.Errorf("%s %s: %d %s", method, path, a.Status, a.Body)
			}
		}
		refused(http.MethodPost, "/sites", cloudtest.Object{"name": "Park Lane 7", "time_zone": "Europe/Berlin"}, "sites.write")
		// Rights that need the person: no token holds them, whatever its scopes.
		refused(http.MethodGet, "/me", nil, "self")
		refused(http.MethodGet, "/factors", nil, "self")
		refused(http.MethodGet, "/tokens", nil, "tokens.write")
		refused(http.MethodPost, "/tokens", cloudtest.Object{"name": "n", "scopes": []string{"sites.read"}, "days": 1}, "tokens.write")
		refused(http.MethodDelete, "/tokens/"+k.ID, nil, "tokens.write")

		a := person.Do(t, http.MethodPost, "/tokens", cloudtest.Object{"name": "n", "scopes": []string{"sites.read", "self"}, "days": 1})
		if a.Status != http.StatusUnprocessableEntity || a.Field("scopes[1]") == "" {
			t.Errorf("a right of the person: %d %s", a.Status, a.Body)
		}
		list := cloudtest.Want[struct {
			Items []struct {
				ID       string
				UsedAt   *time.Time `json:"used_at"`
				UsedFrom string     `json:"used_from"`
			}
		}](t, person, http.StatusOK, http.MethodGet, "/tokens", nil)
		if len(list.Items) != 1 || list.Items[0].UsedAt == nil || list.Items[0].UsedFrom == "" {
			t.Errorf("%+v", list)
		}
		if a := s.Stranger(t).Agree(t).Do(t, http.MethodDelete, "/tokens/"+k.ID, nil); a.Status != http.StatusNotFound {
			t.Errorf("a stranger revokes it: %d", a.Status)
		}
		if a := person.Do(t, http.MethodDelete, "/tokens/"+k.ID, nil); a.Status != http.StatusNoContent {
			t.Fatalf("revoke: %d %s", a.Status, a.Body)
		}
		if a := program.Do(t, http.MethodGet, "/sites", nil); a.Status != http.StatusUnauthorized {
			t.Errorf("a revoked one: %d", a.Status)
		}
		s.Nowhere(t, k.Token)
	})
}
