package account_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// lease is leave that a test ends.
type lease struct {
	account.Leave
	over bool
}

func (l *lease) Active(_ context.Context, grant domain.GrantID, _ time.Time) (account.Leave, error) {
	if l.over || grant != l.Grant {
		return l.Leave, fault.New(fault.NotFound, "over")
	}
	return l.Leave, nil
}

// ring knows one API token.
type ring struct {
	hash  int
	owner account.Account
}

func (r *ring) Find(_ context.Context, hash []byte, _ netip.Addr, _ time.Time) (account.Token, account.Account, error) {
	if r.hash++; len(hash) != 32 || r.owner.ID.IsZero() {
		return account.Token{}, account.Account{}, fault.New(fault.NotFound, "no")
	}
	return account.Token{ID: domain.NewID[domain.TokenID](time.Now()), Scopes: []account.Right{account.SitesRead}}, r.owner, nil
}

// shows BEY-19 by cloud/account/session.go: "caller.Entry = &Entry{Grant: leave.Grant"
func TestAuthenticate_InsideWithLeaveUntilItEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		l := &lease{}
		h := newHouse(t, s, func(c *account.Config) { c.Consent = l })
		signed, dora := h.join(t, s, account.Account{Email: "dora@example.com", Role: account.RoleDistributor})
		_, bob := h.join(t, s, account.Account{Email: "bob@example.com"})
		l.Leave = account.Leave{Grant: domain.NewID[domain.GrantID](h.now), Kind: account.Consent, ExpiresAt: h.now.Add(time.Hour), Org: bob.Org}
		session := h.access(t, signed).Session.ID
		if err := s.SetSessionGrant(t.Context(), session, l.Grant); err != nil {
			t.Fatal(err)
		}
		c := h.access(t, signed).Caller
		if c.Entry == nil || c.Org != bob.Org.ID || c.Role != account.RoleInstaller || c.HomeOrg != dora.Org.ID || c.Entry.Writes {
			t.Fatalf("inside: %+v", c)
		}
		if !c.May(account.SitesRead) || c.May(account.SitesWrite) || c.May(account.AccessGive) || !c.May(account.Self) {
			t.Error("with leave to read one reads, and looks after the own account")
		}
		l.over = true
		_, err := h.Authenticate(t.Context(), signed.Token, desk.From)
		if fault.CodeOf(err) != fault.Forbidden || fault.Message(err) != "The access to Bells Ltd has ended." {
			t.Fatalf("the first request afterwards: %v", err)
		}
		if c := h.access(t, signed).Caller; c.Entry != nil || c.Org != dora.Org.ID || c.Role != account.RoleDistributor {
			t.Errorf("back home: %+v", c)
		}
	})
}

func TestAuthenticate_TokensActWithinTheirScopes(t *testing.T) {
	r := &ring{}
	h := newHouse(t, storetest.SQLite(t), func(c *account.Config) { c.Tokens = r })
	text := secret.New(account.TokenPrefix + strings.Repeat("a", 43))
	h.refuses(t, text, "an unknown token")
	_, bob := h.join(t, h.store, account.Account{Email: "bob@example.com"})
	r.owner = h.account(t, h.store, bob.ID)
	who, err := h.Authenticate(t.Context(), text, desk.From)
	if err != nil || who.Gate != account.GateOpen || !who.Session.ID.IsZero() || who.Caller.From != desk.From {
		t.Fatalf("%+v %v", who, err)
	}
	if c := who.Caller; !c.May(account.SitesRead) || c.May(account.SitesWrite) || c.May(account.Self) {
		t.Error("a token does what its scopes say and nothing in person")
	}
	h.refuses(t, secret.New(strings.Repeat("a", 43)), "without the prefix it is a session's")
	if r.hash != 2 {
		t.Errorf("%d looks for a token", r.hash)
	}
}
