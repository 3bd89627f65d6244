package browser

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"vestibule/agent"
	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/shared/sim"
)

// hands does for the program in the browser what it cannot do itself: POST /agent starts the agent, with the claim link that is the body or as the
// one it was; DELETE /agent stops it.
type hands struct {
	t      *testing.T
	folder string

	mu   sync.Mutex
	stop func()
}

func (h *hands) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.stop != nil {
		h.stop()
		h.stop = nil
	}
	if r.Method == http.MethodDelete {
		return
	}
	link, err := io.ReadAll(io.LimitReader(r.Body, 4096))
	if err == nil {
		err = h.start(strings.TrimSpace(string(link)))
	}
	if err != nil {
		h.t.Error(err)
		http.Error(w, "the agent did not start", http.StatusInternalServerError)
	}
}

func (h *hands) start(claim string) error {
	ctx, cancel := context.WithCancel(context.Background())
	a, err := agent.New(ctx, agent.Config{
		DataDir: h.folder, LAN: "127.0.0.1:0", SIP: "127.0.0.1:0", Interfaces: []string{"lo"}, Claim: claim, Version: "test",
	})
	if err != nil {
		cancel()
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	h.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("the agent ended with %v", err)
		}
	}
	return nil
}

// startHands serves hands until the test ends, and stops the agent then.
func startHands(t *testing.T) string {
	t.Helper()
	h := &hands{t: t, folder: t.TempDir()}
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.Close()
		if h.stop != nil {
			h.stop()
		}
	})
	return server.URL
}

// oldAndNew is a building with a door phone whose firmware is below every minimum, one that is above all, and monitors.
func oldAndNew(t *testing.T) sim.Listing {
	t.Helper()
	cfg := sim.Sample(2, 2, 0)
	cfg.MDNS, cfg.Control = "lo", "127.0.0.1:0"
	cfg.DoorPhones[0].Firmware = "29.30.2.803"
	b, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	service(t, b.Run)
	return b.Listing()
}

// An installer describes sites of every kind by hand, edits and watches the edits arrive; every form and list of that is seen.
//
// shows SITE-09 SITE-30 by cloud/fleet/sitekinds.go: "out := SiteOptions{Kinds: []domain.SiteKind{domain.Community" => "out := SiteOptions{Scenarios: s.Scenarios(), Plans: ComparePlans()}"
func TestPortal_ABuildingDescribedByHand(t *testing.T) {
	c := cloudtest.Start(t, "", func(cfg *cloud.Config) { cfg.LegacyOffices = true })
	building, err := json.Marshal(oldAndNew(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := drive(t, ctx, cancel, "building.spec.mjs", "VESTIBULE_SETUP_URL="+c.Cloud.SetupLink(), "VESTIBULE_MAILS="+postbox(t, c.Mails),
		"VESTIBULE_LOOKS="+looks(), "VESTIBULE_HANDS="+startHands(t), "VESTIBULE_BUILDING="+string(building))
	if err := <-ended; err != nil {
		t.Fatalf("the run in the browser: %v", err)
	}
}
