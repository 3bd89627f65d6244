package webhook_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"vestibule/cloud/store/storetest"
	"vestibule/cloud/webhook"
)

// An answer is thrown away, however long it is, and a receiver that nobody vouches for is not told anything.
func TestDeliver_StaysSafeFromReceivers(t *testing.T) {
	s := storetest.SQLite(t)
	told := make(chan struct{}, 10)
	gone := make(chan struct{})
	endless := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		told <- struct{}{}
		for chunk := strings.Repeat("planted ", 4096); ; {
			if _, err := w.Write([]byte(chunk)); err != nil {
				close(gone)
				return
			}
		}
	}))
	defer endless.Close()
	r := newReceiver(t)
	r.server.Close()
	r.server = endless
	d := newDesk(t, s, r)
	w := d.hook(t)
	if err := d.Deliver(t.Context(), d.happen(t)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		t.Fatal("the answer is read to its end, which never comes")
	}
	if got := d.present(t, w); got.Last.State != webhook.Delivered || got.Last.Status != http.StatusOK {
		t.Errorf("%+v", got.Last)
	}
	// The same receiver without the authority of its certificate.
	d.Service = webhook.New(webhook.Config{
		Store: s, Queue: d, Notices: d, Now: func() time.Time { return d.now }, Logger: slog.New(slog.DiscardHandler),
		Net: webhook.Net{
			Lookup: func(context.Context, string) ([]netip.Addr, error) { return []netip.Addr{public}, nil },
			Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, endless.Listener.Addr().String())
			},
		},
	})
	if err := d.Deliver(t.Context(), d.happen(t)); err == nil {
		t.Error("no other try is asked for")
	}
	if got := d.present(t, w); got.Last.Fault != webhook.FaultTLS || got.Last.State != webhook.Waiting || len(told) != 1 {
		t.Errorf("%+v, told %d times", got.Last, len(told))
	}
	// Nobody listens there.
	endless.Close()
	if err := d.Deliver(t.Context(), d.happen(t)); err == nil {
		t.Error("no other try is asked for")
	}
	if got := d.present(t, w); got.Last.Fault != webhook.FaultReach {
		t.Errorf("%+v", got.Last)
	}
}
