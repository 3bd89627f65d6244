package box

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"testing"
	"time"

	"vestibule/agent"
	"vestibule/cloud/cloudtest"
	"vestibule/shared/secret"
)

// box is a running agent and a person in front of its page.
type box struct {
	t      *testing.T
	agent  *agent.Agent
	person *http.Client
	pin    secret.String
	dir    string // of its data
}

// live runs something until the test ends.
func live(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it ended with %v", err)
		}
	})
}

func newBox(t *testing.T, claim string) *box {
	t.Helper()
	b := &box{t: t, dir: t.TempDir()}
	var err error
	b.agent, err = agent.New(t.Context(), agent.Config{
		DataDir: b.dir, LAN: "127.0.0.1:0", SIP: "127.0.0.1:0", Interfaces: []string{"lo"}, Claim: claim, Version: "test",
		Logger: slog.New(slog.DiscardHandler), ShowPIN: func(pin secret.String) { b.pin = pin },
	})
	if err != nil {
		t.Fatal(err)
	}
	live(t, b.agent.Run)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	// The page's certificate is its own; people compare the fingerprint.
	own := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // a self-signed page on loopback
	b.person = &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: own}, Timeout: 10 * time.Second}
	t.Cleanup(b.person.CloseIdleConnections)
	return b
}

// patience is how long a test waits for the building: no ceiling of any rule, only the end of hope on a machine with much else to do.
const patience = 2 * time.Minute

// eventually waits until holds.
func eventually(t *testing.T, within time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(within)
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		if holds() {
			tick.Stop()
			return
		}
		select {
		case <-deadline:
			t.Fatalf("not within %v: %s", within, what)
		case <-tick.C:
		}
	}
}

type named struct {
	ID string `json:"id"`
}

// site makes a site with one building and an apartment.
func site(t *testing.T, c cloudtest.Client) (path, building, group string) {
	t.Helper()
	path = "/sites/" + cloudtest.Want[named](t, c, 201, "POST", "/sites", map[string]any{"name": "Court", "time_zone": "Europe/Berlin"}).ID
	building = cloudtest.Want[named](t, c, 201, "POST", path+"/buildings", map[string]any{"name": "House A"}).ID
	groups := cloudtest.Want[struct {
		Items []named `json:"items"`
	}](t, c, 200, "GET", path+"/groups", nil)
	return path, building, groups.Items[0].ID
}

type claim struct {
	Code string `json:"code"`
	Link string `json:"link"`
}
