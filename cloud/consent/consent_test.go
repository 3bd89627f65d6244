package consent_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/consent"
	"vestibule/cloud/live"
	"vestibule/cloud/mail"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
)

type object = cloudtest.Object

type named struct{ ID, Name string }

type entered struct {
	Role  string
	Org   named
	Entry *struct {
		Kind   string
		Writes bool
		Org    named
	}
}

type access struct {
	Offered bool
	Grant   *struct {
		ID, Kind, Reason string
		Writes           bool
		To               named
	}
	Inside []struct{ Name, Org string }
	Past   []struct{ ID string }
}

type entry struct {
	ID, Actor, Behalf, Action, Object, Reason, From string
	ActorOrg                                        string `json:"actor_org"`
	ObjectName                                      string `json:"object_name"`
	Before, After                                   map[string]any
}

// house is the usual three, with one site of the installer's.
type house struct {
	*cloudtest.House
	site string
}

func each(t *testing.T, run func(t *testing.T, h *house)) {
	t.Helper()
	cloudtest.Each(t, func(t *testing.T, s *cloudtest.Server) {
		h := &house{House: cloudtest.NewHouse(t, s)}
		h.site = cloudtest.Want[named](t, h.Installer, http.StatusCreated, http.MethodPost, "/sites", object{"name": "Park Lane 7", "time_zone": "UTC"}).ID
		run(t, h)
	})
}

// gate lets Bell Ltd give access, or not.
func (h *house) gate(t *testing.T, on bool) {
	t.Helper()
	cloudtest.Want[any](t, h.Distributor, http.StatusOK, http.MethodPut, "/orgs/"+h.Bell+"/gates", object{"account_access": on})
}

func (h *house) give(t *testing.T, writes bool) access {
	t.Helper()
	return cloudtest.Want[access](t, h.Installer, http.StatusOK, http.MethodPost, "/org/access", object{"hours": 8, "writes": writes})
}

func (h *house) enter(t *testing.T) entered {
	t.Helper()
	return cloudtest.Want[entered](t, h.Distributor, http.StatusOK, http.MethodPost, "/orgs/"+h.Bell+"/enter", nil)
}

func (h *house) audit(t *testing.T, c cloudtest.Client, query string) []entry {
	t.Helper()
	return cloudtest.Want[struct{ Items []entry }](t, c, http.StatusOK, http.MethodGet, "/audit?"+query, nil).Items
}

func refused(t *testing.T, c cloudtest.Client, method, path string, body any, words string) {
	t.Helper()
	a := c.Do(t, method, path, body)
	if a.Status != http.StatusForbidden || !strings.Contains(string(a.Body), words) {
		t.Errorf("%s %s: %d %s, want 403 with %q", method, path, a.Status, a.Body, words)
	}
}

// shows ACC-11 by cloud/consent/service.go: "return org.Gates.AccountAccess && !org.ParentID.IsZero() && !org.Own" => "return !org.ParentID.IsZero() && !org.Own"
func TestGive_OnlyWhileOfferedAndOffByDefault(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		if got := cloudtest.Want[access](t, h.Installer, http.StatusOK, http.MethodGet, "/org/access", nil); got.Offered || got.Grant != nil {
			t.Errorf("at first: %+v", got)
		}
		refused(t, h.Installer, http.MethodPost, "/org/access", object{"hours": 1}, "Account access is not switched on")
		h.gate(t, true)
		if got := cloudtest.Want[access](t, h.Installer, http.StatusOK, http.MethodGet, "/org/access", nil); !got.Offered || got.Grant != nil {
			t.Errorf("with the gate on: %+v", got)
		}
		for _, hours := range []int{0, 2, -1, 1000} {
			if a := h.Installer.Do(t, http.MethodPost, "/org/access", object{"hours": hours}); a.Status != http.StatusUnprocessableEntity || a.Field("hours") == "" {
				t.Errorf("%d hours: %d %s", hours, a.Status, a.Body)
			}
		}
		first := h.give(t, false)
		if g := first.Grant; g == nil || g.To.Name != "North Ltd" || g.Writes || g.Kind != "consent" {
			t.Fatalf("given: %+v", first)
		}
		if second := h.give(t, true); second.Grant.ID == first.Grant.ID || len(second.Past) != 1 || second.Past[0].ID != first.Grant.ID {
			t.Errorf("given again: %+v", second)
		}
		refused(t, h.Distributor, http.MethodPost, "/org/access", object{"hours": 1}, "Account access is not switched on")
	})
}

// shows ACC-12 by cloud/consent/enter.go: "if err := s.cfg.Store.SetSessionGrant(ctx, caller.Session, g.ID); err != nil {" => "if err := error(nil); err != nil {"
func TestEnter_ActsUnderBothNames(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.gate(t, true)
		h.give(t, false)
		site := "/sites/" + h.site
		cloudtest.Want[any](t, h.Distributor, http.StatusNotFound, http.MethodGet, site, nil)
		me := h.enter(t)
		if me.Entry == nil || me.Org.Name != "Bell Ltd" || me.Role != "installer" || me.Entry.Writes {
			t.Fatalf("inside: %+v", me)
		}
		cloudtest.Want[any](t, h.Distributor, http.StatusOK, http.MethodGet, site, nil)
		rename := object{"name": "Park Lane 9", "time_zone": "UTC"}
		refused(t, h.Distributor, http.MethodPut, site, rename, "sites.write")
		refused(t, h.Distributor, http.MethodPost, "/orgs/"+h.Bell+"/enter", nil, "orgs.enter")
		refused(t, h.Distributor, http.MethodPost, "/tokens", object{}, "tokens.write")
		if got := cloudtest.Want[access](t, h.Installer, http.StatusOK, http.MethodGet, "/org/access", nil); len(got.Inside) != 1 || got.Inside[0].Name != "Dora" {
			t.Errorf("the owner sees %+v", got.Inside)
		}
		h.Mails.Wait(t, "ida@example.com", func(m cloudtest.Mail) bool { return strings.Contains(m.Text, "Dora of North Ltd") })

		h.give(t, true) // replaces: whoever is inside is out, and enters again
		refused(t, h.Distributor, http.MethodGet, site, nil, "The access to Bell Ltd has ended.")
		h.enter(t)
		cloudtest.Want[any](t, h.Distributor, http.StatusOK, http.MethodPut, site, rename)
		for _, reader := range []cloudtest.Client{h.Installer, h.Distributor} {
			acts := h.audit(t, reader, "action=changed&object=site")
			if len(acts) != 1 || acts[0].Actor != "Dora" || acts[0].Behalf != "Bell Ltd" || acts[0].ActorOrg != "North Ltd" || acts[0].From == "" {
				t.Errorf("recorded %+v", acts)
			}
		}
		left := cloudtest.Want[entered](t, h.Distributor, http.StatusOK, http.MethodDelete, "/entry", nil)
		if left.Entry != nil || left.Org.Name != "North Ltd" {
			t.Errorf("back home: %+v", left)
		}
		cloudtest.Want[any](t, h.Distributor, http.StatusNotFound, http.MethodGet, site, nil)
		if acts := h.audit(t, h.Distributor, "action=changed&object=site"); len(acts) != 1 {
			t.Errorf("at home the distributor reads %+v of its own people", acts)
		}
		if acts := h.audit(t, h.Installer, "action=left"); len(acts) != 1 || acts[0].Behalf != "Bell Ltd" {
			t.Errorf("leaving: %+v", acts)
		}
	})
}

// shows BEY-19 by cloud/consent/enter.go: "if err := s.cfg.Store.Record(ctx, account.Stamp(ctx, e)); err != nil {" => "if err := error(nil); e.At.IsZero() {"
func TestEnter_WithoutLeaveIsRefusedAndRecordedOnce(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.gate(t, true)
		for range 3 {
			refused(t, h.Distributor, http.MethodPost, "/orgs/"+h.Bell+"/enter", nil, "Bell Ltd has not let you in.")
		}
		acts := h.audit(t, h.Installer, "action=refused&q=dora")
		if len(acts) != 1 || acts[0].Actor != "Dora" || acts[0].ObjectName != "Bell Ltd" {
			t.Errorf("recorded %+v", acts)
		}
		h.give(t, true) // to the distributor alone
		refused(t, h.Operator, http.MethodPost, "/orgs/"+h.Bell+"/enter", nil, "has not let you in")
		refused(t, h.Installer, http.MethodPost, "/orgs/"+h.Bell+"/enter", nil, "orgs.enter")
		cloudtest.Want[any](t, h.Stranger(t), http.StatusForbidden, http.MethodPost, "/orgs/"+h.Bell+"/enter", nil)
		// The gate goes off: what was given ends.
		h.enter(t)
		other := h.SignIn(t, "dora@example.com")
		cloudtest.Want[any](t, other, http.StatusOK, http.MethodPut, "/orgs/"+h.Bell+"/gates", object{"account_access": false})
		refused(t, h.Distributor, http.MethodGet, "/sites", nil, "The access to Bell Ltd has ended.")
		h.gate(t, true)
		if got := cloudtest.Want[access](t, h.Installer, http.StatusOK, http.MethodGet, "/org/access", nil); got.Grant != nil {
			t.Errorf("the gate came back and with it %+v", got.Grant)
		}
	})
}

// shows BEY-19 by cloud/consent/service.go: "s.cfg.Live.PublishAccount(id, Changed, map[string]string{\"org\": g.Org.String()})" => "_ = id"
func TestEnd_ClosesWhatIsOpen(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.gate(t, true)
		owner := h.Installer.Stream(t, "/stream", "")
		h.give(t, false)
		owner.Wait(t, "access")
		h.enter(t)
		owner.Wait(t, "access")
		open := h.Distributor.Stream(t, "/sites/"+h.site+"/stream", "")
		own := h.Distributor.Stream(t, "/stream", "")
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, "/org/access", nil)
		began := time.Now()
		open.Wait(t, "")
		if took := time.Since(began); took > 5*time.Second { // the ping would end it after 15
			t.Errorf("the page stayed open for %v", took)
		}
		own.Wait(t, "access")
		owner.Wait(t, "access")
		refused(t, h.Distributor, http.MethodGet, "/sites/"+h.site, nil, "The access to Bell Ltd has ended.")
		cloudtest.Want[any](t, h.Distributor, http.StatusNotFound, http.MethodGet, "/sites/"+h.site, nil)
		if acts := h.audit(t, h.Installer, "object=grant&action=ended"); len(acts) != 1 || acts[0].Actor != "Ida" {
			t.Errorf("recorded %+v", acts)
		}
	})
}

// shows BEY-19 by cloud/consent/run.go: "return s.finish(ctx, g, g.ExpiresAt, domain.AccountID{})" => "err, _, _ := error(nil), g, domain.AccountID{}"
func TestRun_EndsLeaveAtItsTime(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.gate(t, true)
		db, err := store.Open(t.Context(), h.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		now := time.Now()
		bell, _ := domain.ParseID[domain.OrgID](h.Bell)
		north, _ := domain.ParseID[domain.OrgID](h.North)
		short := consent.Grant{
			ID: domain.NewID[domain.GrantID](now), Org: bell, To: north, Kind: account.Consent, CreatedAt: now, ExpiresAt: now.Add(5 * time.Second), // a slow machine enters within it
		}
		if err := db.AddGrant(t.Context(), short); err != nil {
			t.Fatal(err)
		}
		h.enter(t)
		open := h.Distributor.Stream(t, "/sites/"+h.site+"/stream", "")
		open.Wait(t, "")
		if late := time.Since(short.ExpiresAt); late < 0 || late > 5*time.Second { // the ping would end it after ten
			t.Errorf("closed %v after its end", late)
		}
		refused(t, h.Distributor, http.MethodGet, "/sites/"+h.site, nil, "The access to Bell Ltd has ended.")
		if acts := h.audit(t, h.Installer, "object=grant&action=ended"); len(acts) != 1 || acts[0].Actor != "time limit" {
			t.Errorf("recorded %+v", acts)
		}
	})
}

// shows BEY-19 by cloud/consent/enter.go: "letter.Kind, kind = mail.BrokeGlass, \"broke_glass\"" => "return nil"
func TestBreakGlass_TellsTheOwnerWhoMayEndIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		path := "/orgs/" + h.Bell + "/break-glass"
		for field, form := range map[string]object{
			"reason":  {"reason": "short", "minutes": 10},
			"minutes": {"reason": "The fire brigade waits", "minutes": 61},
		} {
			if a := h.Operator.Do(t, http.MethodPost, path, form); a.Status != http.StatusUnprocessableEntity || a.Field(field) == "" {
				t.Errorf("%s: %d %s", field, a.Status, a.Body)
			}
		}
		form := object{"reason": "The fire brigade waits", "minutes": 10}
		refused(t, h.Distributor, http.MethodPost, path, form, "break_glass")
		me := cloudtest.Want[entered](t, h.Operator, http.StatusOK, http.MethodPost, path, form)
		if me.Entry == nil || me.Entry.Kind != "break_glass" || me.Entry.Writes {
			t.Fatalf("inside: %+v", me)
		}
		refused(t, h.Operator, http.MethodPut, "/sites/"+h.site, object{"name": "x", "time_zone": "UTC"}, "sites.write")
		h.Mails.Wait(t, "ida@example.com", func(m cloudtest.Mail) bool {
			return strings.Contains(m.Text, "The fire brigade waits") && strings.Contains(m.Text, "Ada can look and change nothing.")
		})
		got := cloudtest.Want[access](t, h.Installer, http.StatusOK, http.MethodGet, "/org/access", nil)
		if got.Grant == nil || got.Grant.Reason != "The fire brigade waits" || len(got.Inside) != 1 || got.Inside[0].Name != "Ada" {
			t.Errorf("the owner sees %+v", got)
		}
		if acts := h.audit(t, h.Installer, "action=entered"); len(acts) != 1 || acts[0].Reason != "The fire brigade waits" || acts[0].Actor != "Ada" {
			t.Errorf("recorded %+v", acts)
		}
		cloudtest.Want[any](t, h.Installer, http.StatusNoContent, http.MethodDelete, "/org/access", nil)
		refused(t, h.Operator, http.MethodGet, "/sites", nil, "The access to Bell Ltd has ended.")
	})
}

// Who takes an organisation back while somebody is inside in an emergency ends that leave, and the audit tells.
func TestDeleteOrg_WritesDownThatAnEmergencyEnded(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		empty, _ := h.HandOut(t, h.Distributor, "Empty Ltd", "Eva", "eva@example.com")
		cloudtest.Want[any](t, h.Operator, http.StatusOK, http.MethodPost, "/orgs/"+empty+"/break-glass", object{"reason": "The fire brigade waits", "minutes": 10})
		open := h.Operator.Stream(t, "/stream", "")
		cloudtest.Want[any](t, h.Distributor, http.StatusNoContent, http.MethodDelete, "/orgs/"+empty, nil)
		open.Wait(t, "access")
		acts := h.audit(t, h.Distributor, "object=grant&action=ended")
		if len(acts) != 1 || acts[0].Actor != "Dora" || acts[0].Reason != "The fire brigade waits" || acts[0].Before["kind"] != "break_glass" {
			t.Errorf("recorded %+v", acts)
		}
		if acts := h.audit(t, h.Distributor, "object=organisation&action=deleted"); len(acts) != 1 {
			t.Errorf("recorded %+v", acts)
		}
		refused(t, h.Operator, http.MethodGet, "/orgs", nil, "has ended.")
	})
}

type nobody struct{}

func (nobody) Tell(context.Context, domain.AccountID, string, map[string]string) error { return nil }

func (nobody) Post(context.Context, mail.Letter) error { return nil }

// shows BEY-19 by cloud/consent/enter.go: "if now.Sub(who.Session.CreatedAt) > freshFor && now.Sub(who.Session.FactorAt) > freshFor {" => "if now.IsZero() {"
func TestBreakGlass_NeedsASignInOfTheLastMinutes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		db, err := store.Open(t.Context(), h.DSN)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		now := time.Now()
		s := consent.New(consent.Config{
			Store: db, Mail: nobody{}, Notices: nobody{}, Live: &live.Hub{}, Now: func() time.Time { return now }, Logger: slog.New(slog.DiscardHandler),
		})
		id := func(text string) (out domain.OrgID) { out, _ = domain.ParseID[domain.OrgID](text); return out }
		me := h.Operator.Me(t)
		ada, _ := domain.ParseID[domain.AccountID](me.ID)
		sessions := cloudtest.Want[struct{ Items []named }](t, h.Operator, http.StatusOK, http.MethodGet, "/sessions", nil).Items
		session, _ := domain.ParseID[domain.SessionID](sessions[0].ID)
		who := account.Access{Caller: account.Caller{
			Account: ada, Session: session, Name: "Ada", Org: id(me.Org.ID), HomeOrg: id(me.Org.ID), HomeName: me.Org.Name, Role: account.RoleOperator,
		}}
		ctx := account.With(t.Context(), who.Caller)
		enter := func(signedIn, factor time.Duration) error {
			who.Session.CreatedAt, who.Session.FactorAt = now.Add(-signedIn), now.Add(-factor)
			return s.BreakGlass(ctx, who, id(h.Bell), consent.Emergency{Reason: "The fire brigade waits", Minutes: 10})
		}
		if err := enter(16*time.Minute, 24*time.Hour); fault.CodeOf(err) != fault.Forbidden || !strings.Contains(err.Error(), "Sign in again first") {
			t.Errorf("after 16 minutes: %v", err)
		}
		if acts := h.audit(t, h.Installer, "action=refused"); len(acts) != 1 || acts[0].Actor != "Ada" {
			t.Errorf("recorded %+v", acts)
		}
		if err := enter(time.Hour, 14*time.Minute); err != nil {
			t.Errorf("14 minutes after a second factor: %v", err)
		}
	})
}
