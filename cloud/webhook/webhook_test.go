package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/cloud/store/storetest"
	"vestibule/cloud/webhook"
)

// public is an address of the internet that names of tests have; the way there ends at a receiver of the test.
var public = netip.MustParseAddr("93.184.215.14")

// receiver is somebody else's service: it knows nothing of ours but what the page on webhooks says.
type receiver struct {
	server *httptest.Server
	mu     sync.Mutex
	names  map[string][]netip.Addr
	answer []int // of the next requests; then 204
	got    []received
	came   chan struct{}
	dials  []string
}

type received struct {
	header http.Header
	body   []byte
}

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{came: make(chan struct{}, 1000), names: map[string][]netip.Addr{"example.com": {public}}}
	r.server = httptest.NewTLSServer(http.HandlerFunc(r.serve))
	t.Cleanup(r.server.Close)
	return r
}

func (r *receiver) serve(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	status := http.StatusNoContent
	if len(r.answer) > 0 {
		status, r.answer = r.answer[0], r.answer[1:]
	}
	r.got = append(r.got, received{q.Header.Clone(), body})
	r.mu.Unlock()
	if status/100 == 3 {
		w.Header().Set("Location", "https://127.0.0.1:1/inside")
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_, _ = io.WriteString(w, "planted-answer")
	}
	r.came <- struct{}{}
}

// way leads every connection to a public address to the receiver. Looking names up and refusing addresses stay the service's.
func (r *receiver) way(cfg *cloud.Config) {
	roots := x509.NewCertPool()
	roots.AddCert(r.server.Certificate())
	cfg.Webhooks = webhook.Net{
		Lookup: func(_ context.Context, name string) ([]netip.Addr, error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			if found, ok := r.names[name]; ok {
				return found, nil
			}
			return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			r.mu.Lock()
			r.dials = append(r.dials, address)
			r.mu.Unlock()
			return (&net.Dialer{}).DialContext(ctx, network, r.server.Listener.Addr().String())
		},
		Roots: roots,
		Pause: func(int) time.Duration { return 50 * time.Millisecond },
	}
}

func (r *receiver) answers(statuses ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = append(r.answer, statuses...)
}

func (r *receiver) resolves(name string, addresses ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names[name] = nil
	for _, a := range addresses {
		r.names[name] = append(r.names[name], netip.MustParseAddr(a))
	}
}

// wait gives the n-th request.
func (r *receiver) wait(t *testing.T, n int) received {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		r.mu.Lock()
		if len(r.got) >= n {
			defer r.mu.Unlock()
			return r.got[n-1]
		}
		r.mu.Unlock()
		select {
		case <-r.came:
		case <-deadline:
			t.Fatalf("request %d never came", n)
		}
	}
}

// genuine is what the portal tells receivers to do.
func genuine(q received, secret string) bool {
	id, at := q.header.Get("Vestibule-Webhook-Id"), q.header.Get("Vestibule-Webhook-Timestamp")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id + "." + at + "." + string(q.body)))
	return hmac.Equal([]byte(q.header.Get("Vestibule-Signature")), []byte("v1="+hex.EncodeToString(mac.Sum(nil))))
}

type hook struct {
	ID, Name, URL, Secret, Stopped string
	Enabled                        bool
	Failures                       int
	Revision                       uint64
	Kinds                          []string
}

type delivery struct {
	ID, Kind, State, Fault string
	Attempts, Status       int
	Body                   struct {
		ID, Kind string
		Org      struct{ ID, Name string }
		Site     *struct{ ID, Name string }
		Data     map[string]any
	}
}

type page[T any] struct {
	Items []T
	Next  string
}

func add(t *testing.T, c cloudtest.Client, kinds ...string) hook {
	t.Helper()
	return cloudtest.Want[hook](t, c, http.StatusCreated, http.MethodPost, "/webhooks", cloudtest.Object{"name": "Desk", "url": "https://example.com/doors?k=planted-token", "kinds": kinds})
}

// settled waits until a delivery came to its end.
func settled(t *testing.T, c cloudtest.Client, h hook, id string) delivery {
	t.Helper()
	var last delivery
	eventually(t, func() bool {
		log := cloudtest.Want[page[delivery]](t, c, http.StatusOK, http.MethodGet, "/webhooks/"+h.ID+"/deliveries?limit=200", nil)
		for _, d := range log.Items {
			if d.ID == id {
				last = d
			}
		}
		return last.State != "" && last.State != "waiting"
	})
	return last
}

// eventually looks every 20 ms until ok.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	deadline, tick := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			t.Fatal("it never came to be")
		case <-tick.C:
		}
	}
}

func each(t *testing.T, test func(t *testing.T, s *cloudtest.Server, r *receiver)) {
	t.Helper()
	for name, dsn := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": storetest.PostgresDSN} {
		t.Run(name, func(t *testing.T) {
			r := newReceiver(t)
			test(t, cloudtest.Start(t, dsn(t), r.way), r)
		})
	}
}

func TestWebhook_SignedTriedAgainAndLogged(t *testing.T) {
	each(t, func(t *testing.T, s *cloudtest.Server, r *receiver) {
		c := s.SetUp(t)
		h := add(t, c, "audit")
		if len(h.Secret) < 40 || !h.Enabled || h.Revision != 1 {
			t.Fatalf("%+v", h)
		}
		first := r.wait(t, 1) // that the webhook was made
		if !genuine(first, h.Secret) || genuine(first, h.Secret+"x") {
			t.Fatal("the signature is not what the page says")
		}
		r.answers(http.StatusInternalServerError, http.StatusTooManyRequests)
		site := cloudtest.Want[struct{ ID string }](t, c, http.StatusCreated, http.MethodPost, "/sites", cloudtest.Object{"name": "Park & Lane", "time_zone": "Europe/Berlin"})
		var made received
		var told delivery
		for n := 2; told.Body.Data["object"] != "site"; n++ {
			made = r.wait(t, n)
			told.Body.Data = nil
			if err := json.Unmarshal(made.body, &told.Body); err != nil {
				t.Fatal(err)
			}
			if !genuine(made, h.Secret) {
				t.Fatalf("request %d is not signed", n)
			}
		}
		if told.Body.Kind != "audit" || told.Body.Org.Name == "" || told.Body.Site == nil || told.Body.Site.ID != site.ID || told.Body.Site.Name != "Park & Lane" || told.Body.Data["action"] != "created" {
			t.Errorf("%s", made.body)
		}
		if made.header.Get("Vestibule-Webhook-Id") != told.Body.ID || made.header.Get("Content-Type") != "application/json" {
			t.Error(made.header)
		}
		var tries int
		eventually(t, func() bool {
			tries = 0
			log := cloudtest.Want[page[delivery]](t, c, http.StatusOK, http.MethodGet, "/webhooks/"+h.ID+"/deliveries?state=delivered", nil)
			for _, d := range log.Items {
				tries += d.Attempts
			}
			return len(log.Items) == 3 // webhook, site and its first group
		})
		if tries != 5 {
			t.Errorf("%d tries: two were refused, so three deliveries need five", tries)
		}
		shown := c.Do(t, http.MethodGet, "/webhooks/"+h.ID, nil)
		if shown.Header.Get("ETag") != `"1"` || strings.Contains(string(shown.Body), h.Secret) || strings.Contains(s.Log.String(), h.Secret) || strings.Contains(s.Log.String(), "planted") {
			t.Errorf("secrets are told: %s", shown.Body)
		}
		audit := c.Do(t, http.MethodGet, "/webhooks/"+h.ID+"/deliveries", nil)
		if strings.Contains(string(audit.Body), "planted") || strings.Contains(string(audit.Body), h.Secret) {
			t.Error("the audit keeps the whole address, the log an answer, or somebody a secret")
		}
	})
}

func TestWebhook_TestRetryRenewAndConflict(t *testing.T) {
	each(t, func(t *testing.T, s *cloudtest.Server, r *receiver) {
		c := s.SetUp(t)
		h := add(t, c, "agent.offline")
		one := "/webhooks/" + h.ID
		r.answers(http.StatusGone)
		d := cloudtest.Want[delivery](t, c, http.StatusAccepted, http.MethodPost, one+"/try", nil)
		if got := settled(t, c, h, d.ID); got.State != "failed" || got.Status != http.StatusGone || got.Attempts != 1 || got.Kind != "test" {
			t.Errorf("%+v", got)
		}
		// The failed test counts for nothing; sent again it arrives under the same id.
		cloudtest.Want[delivery](t, c, http.StatusAccepted, http.MethodPost, one+"/deliveries/"+d.ID+"/retry", nil)
		if got := settled(t, c, h, d.ID); got.State != "delivered" || r.wait(t, 2).header.Get("Vestibule-Webhook-Id") != d.ID {
			t.Errorf("%+v", got)
		}
		renewed := cloudtest.Want[hook](t, c, http.StatusOK, http.MethodPost, one+"/secret", nil)
		cloudtest.Want[delivery](t, c, http.StatusAccepted, http.MethodPost, one+"/try", nil)
		if q := r.wait(t, 3); genuine(q, h.Secret) || !genuine(q, renewed.Secret) {
			t.Error("the old secret still signs")
		}
		r.answers(http.StatusFound)
		d = cloudtest.Want[delivery](t, c, http.StatusAccepted, http.MethodPost, one+"/try", nil)
		eventually(t, func() bool {
			log := cloudtest.Want[page[delivery]](t, c, http.StatusOK, http.MethodGet, one+"/deliveries?limit=1", nil)
			return log.Next != "" && log.Items[0].ID == d.ID && log.Items[0].Attempts > 0
		})
		r.mu.Lock()
		for _, address := range r.dials {
			if address != public.String()+":443" {
				t.Errorf("a redirect was followed to %s", address)
			}
		}
		r.mu.Unlock()
		stale := c.Do(t, http.MethodPut, one, cloudtest.Object{"name": "Desk 2", "url": h.URL, "kinds": []string{"audit"}}, "If-Match", `"1"`)
		if stale.Status != http.StatusPreconditionFailed || stale.Header.Get("ETag") != `"2"` {
			t.Errorf("%d %s", stale.Status, stale.Body)
		}
		if a := c.Do(t, http.MethodPut, one, cloudtest.Object{"name": "Desk 2", "url": h.URL, "kinds": []string{"call.ended"}, "enabled": false}, "If-Match", `"2"`); a.Status != http.StatusOK || a.Header.Get("ETag") != `"3"` {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		foreign := s.Stranger(t)
		for _, q := range [][2]string{
			{http.MethodGet, one},
			{http.MethodDelete, one},
			{http.MethodPost, one + "/secret"},
			{http.MethodPost, one + "/try"},
			{http.MethodGet, one + "/deliveries"},
			{http.MethodPost, one + "/deliveries/" + d.ID + "/retry"},
		} {
			if a := foreign.Do(t, q[0], q[1], nil); a.Status != http.StatusNotFound {
				t.Errorf("%s %s by a stranger: %d", q[0], q[1], a.Status)
			}
		}
		if a := foreign.Do(t, http.MethodPut, one, cloudtest.Object{"name": "x", "url": h.URL, "kinds": []string{"audit"}}, "If-Match", "*"); a.Status != http.StatusNotFound {
			t.Errorf("PUT by a stranger: %d", a.Status)
		}
		if list := cloudtest.Want[page[hook]](t, foreign, http.StatusOK, http.MethodGet, "/webhooks", nil); len(list.Items) != 0 {
			t.Error(list)
		}
		if a := c.Do(t, http.MethodDelete, one, nil, "If-Match", `"3"`); a.Status != http.StatusNoContent {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		cloudtest.Want[any](t, c, http.StatusNotFound, http.MethodGet, one, nil)
	})
}
