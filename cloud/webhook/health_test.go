package webhook_test

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/cloud/webhook"
	"vestibule/shared/domain"
)

// desk is the service with a clock, a queue and notices in the hands of the test.
type desk struct {
	*webhook.Service
	ctx     context.Context
	store   *store.Store
	org     account.Org
	now     time.Time
	orders  [][]byte
	notices []string
}

func (d *desk) Insert(_ context.Context, kind string, body any) error {
	text, err := json.Marshal(body)
	if kind == webhook.Job {
		d.orders = append(d.orders, text)
	}
	return err
}

func (d *desk) Tell(_ context.Context, who domain.AccountID, kind string, values map[string]string) error {
	d.notices = append(d.notices, kind+" "+values["webhook"]+" "+values["why"])
	return nil
}

func newDesk(t *testing.T, s *store.Store, r *receiver) *desk {
	t.Helper()
	d := &desk{store: s, now: time.Now().UTC().Truncate(time.Millisecond)}
	d.org = account.Org{ID: domain.NewID[domain.OrgID](d.now), Kind: account.OrgInstaller, Name: "Doors Ltd", CreatedAt: d.now}
	if err := s.SaveOrg(t.Context(), d.org); err != nil {
		t.Fatal(err)
	}
	owner := account.Account{
		ID: domain.NewID[domain.AccountID](d.now), Org: d.org, Email: "ada@example.com", Name: "Ada", Role: account.RoleInstaller, CreatedAt: d.now,
	}
	if err := s.SaveAccount(t.Context(), owner); err != nil {
		t.Fatal(err)
	}
	d.ctx = account.With(t.Context(), account.Caller{Account: owner.ID, Org: d.org.ID, HomeOrg: d.org.ID, Role: account.RoleInstaller, Name: "Ada"})
	roots := x509.NewCertPool()
	roots.AddCert(r.server.Certificate())
	d.Service = webhook.New(webhook.Config{
		Store: s, Queue: d, Notices: d, Now: func() time.Time { return d.now }, Logger: slog.New(slog.DiscardHandler),
		Net: webhook.Net{
			Roots:  roots,
			Lookup: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{public}, nil },
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, r.server.Listener.Addr().String())
			},
		},
	})
	return d
}

func (d *desk) hook(t *testing.T) webhook.Webhook {
	t.Helper()
	w, err := d.Add(d.ctx, webhook.Webhook{Name: "Desk", URL: "https://example.com/", Kinds: []webhook.Kind{webhook.DoorOpened}, Enabled: true})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// happen raises one happening and gives its order.
func (d *desk) happen(t *testing.T) []byte {
	t.Helper()
	before := len(d.orders)
	d.now = d.now.Add(time.Millisecond) // one after the other in the log
	err := d.store.InTx(d.ctx, func(ctx context.Context) error {
		return d.Raise(ctx, webhook.Happening{Kind: webhook.DoorOpened, Org: d.org.ID, At: d.now, Data: map[string]string{"door": "Gate"}})
	})
	if err != nil || len(d.orders) != before+1 {
		t.Fatalf("%d orders: %v", len(d.orders)-before, err)
	}
	return d.orders[before]
}

// present reads the webhook and its newest delivery.
func (d *desk) present(t *testing.T, w webhook.Webhook) webhook.Webhook {
	t.Helper()
	got, err := d.Get(d.ctx, w.ID)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDeliver_GivesUpAfterADayAndIsWellAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t)
		d := newDesk(t, s, r)
		w := d.hook(t)
		order := d.happen(t)
		var waited time.Duration
		for n := 1; n <= webhook.Tries; n++ {
			r.answers(http.StatusInternalServerError)
			err := d.Deliver(t.Context(), order)
			got := d.present(t, w)
			if last := n == webhook.Tries; (err == nil) != last || got.Last.Attempts != n || (got.Last.State == webhook.Failed) != last || got.FailingAt.IsZero() {
				t.Fatalf("try %d: %v %+v", n, err, got.Last)
			}
			if n < webhook.Tries {
				waited += webhook.Net{}.PauseAfter(n)
			}
		}
		if waited < 23*time.Hour || waited > 25*time.Hour {
			t.Errorf("given up after %s", waited)
		}
		if got := d.present(t, w); got.Failures != 1 || !got.Enabled {
			t.Errorf("%+v", got)
		}
		if err := d.Deliver(t.Context(), d.happen(t)); err != nil {
			t.Fatal(err)
		}
		if got := d.present(t, w); got.Failures != 0 || !got.FailingAt.IsZero() || got.Last.State != webhook.Delivered || got.Last.Status != http.StatusNoContent {
			t.Errorf("after a good one: %+v", got)
		}
		r.mu.Lock()
		sent := len(r.got)
		r.mu.Unlock()
		if err := d.Deliver(t.Context(), order); err != nil || sent != webhook.Tries+1 {
			t.Errorf("%d requests: %v", sent, err)
		}
		d.now = d.now.Add(31 * 24 * time.Hour)
		if err := d.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := d.present(t, w); got.Last != nil {
			t.Errorf("the log still has %+v", got.Last)
		}
	})
}

func TestDeliver_StopsAWebhookThatFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newReceiver(t)
		d := newDesk(t, s, r)
		w := d.hook(t)
		waiting := d.happen(t)
		for n := 1; n <= webhook.StopFailures; n++ {
			if got := d.present(t, w); !got.Enabled {
				t.Fatalf("stopped after %d", n-1)
			}
			r.answers(http.StatusGone)
			if err := d.Deliver(t.Context(), d.happen(t)); err != nil {
				t.Fatal(err)
			}
		}
		got := d.present(t, w)
		if got.Enabled || got.Stopped != webhook.StopInARow || got.Revision != w.Revision+1 || len(d.notices) != 1 || d.notices[0] != "webhook_stopped Desk failures" {
			t.Fatalf("%+v, told %q", got, d.notices)
		}
		// What waits is dropped, nothing new is taken, and the owner switches it on again.
		if err := d.Deliver(t.Context(), waiting); err != nil {
			t.Fatal(err)
		}
		if log, err := d.Deliveries(d.ctx, w.ID, webhook.Page{State: webhook.Dropped, Limit: 10}); err != nil || len(log) != 1 {
			t.Errorf("%v %v", log, err)
		}
		if err := d.Raise(d.ctx, webhook.Happening{Kind: webhook.DoorOpened, Org: d.org.ID, At: d.now}); err != nil || len(d.orders) != webhook.StopFailures+1 {
			t.Errorf("%d orders %v", len(d.orders), err)
		}
		got.Enabled = true
		if got, err := d.Edit(d.ctx, got); err != nil || got.Stopped != webhook.StopNone || got.Failures != 0 {
			t.Fatalf("%+v %v", got, err)
		}
		r.answers(http.StatusInternalServerError, http.StatusInternalServerError)
		if d.Deliver(t.Context(), d.happen(t)) == nil {
			t.Error("no other try is asked for")
		}
		d.now = d.now.Add(webhook.StopAfter)
		if err := d.Deliver(t.Context(), d.happen(t)); err == nil {
			t.Error("no other try is asked for")
		}
		if got := d.present(t, w); got.Enabled || got.Stopped != webhook.StopDays || len(d.notices) != 2 {
			t.Errorf("%+v, told %q", got, d.notices)
		}
	})
}

// A happening whose transaction is undone is never told, and one that nobody wants costs no row.
func TestRaise_StandsAndFallsWithItsTransaction(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s, newReceiver(t))
		w := d.hook(t)
		_ = s.InTx(d.ctx, func(ctx context.Context) error {
			if err := d.Raise(ctx, webhook.Happening{Kind: webhook.DoorOpened, Org: d.org.ID, At: d.now}); err != nil {
				t.Error(err)
			}
			return context.Canceled
		})
		other := account.Org{ID: domain.NewID[domain.OrgID](d.now), Kind: account.OrgInstaller, Name: "Rivals Ltd", CreatedAt: d.now}
		if err := s.SaveOrg(t.Context(), other); err != nil {
			t.Fatal(err)
		}
		site := domain.Site{ID: domain.NewID[domain.SiteID](d.now), OrgID: other.ID, Name: "Theirs", TimeZone: "Europe/Berlin"}
		if err := s.PutSite(t.Context(), site, d.now); err != nil {
			t.Fatal(err)
		}
		err := d.Raise(d.ctx, webhook.Happening{Kind: webhook.CallEnded, Org: d.org.ID, At: d.now}, webhook.Happening{Kind: webhook.DoorOpened, Org: other.ID, At: d.now},
			webhook.Happening{Kind: webhook.DoorOpened, Site: site.ID, At: d.now})
		if err != nil {
			t.Fatal(err)
		}
		if got := d.present(t, w); got.Last != nil {
			t.Errorf("%+v", got.Last)
		}
	})
}
