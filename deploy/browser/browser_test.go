package browser

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vestibule/agent"
	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
	"vestibule/deploy/stack"
	"vestibule/shared/sim"
)

// patience bounds the whole run: every page in two themes and two widths, on two cores that others use too.
const patience = 20 * time.Minute

// service runs something that lives until ctx ends, and waits for its end at the end of the test.
func service(t *testing.T, run func(context.Context) error) {
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

func startCloud(t *testing.T) *cloud.Cloud {
	t.Helper()
	c, err := cloud.New(t.Context(), cloud.Config{
		HTTP: "127.0.0.1:0", Agents: "127.0.0.1:0", MQTT: "127.0.0.1:0", DataDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	service(t, c.Run)
	return c
}

func startPhone(t *testing.T) *sim.DoorPhone {
	t.Helper()
	cfg := sim.Sample(1, 0, 0)
	cfg.MDNS = "lo"
	b, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	service(t, b.Run)
	return b.DoorPhones()[0]
}

// drive runs a program of the portal's browser tests; the channel gives how it ended. cancel is called at its end, so that nobody waits for a
// run that failed early.
func drive(t *testing.T, ctx context.Context, cancel func(), program string, env ...string) <-chan error {
	t.Helper()
	cmd := exec.CommandContext(ctx, "node", filepath.Join("e2e", program)) //nolint:gosec // a program of the repository
	cmd.Dir = filepath.Join("..", "..", "cloud", "portal", "web")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			t.Log(lines.Text())
		}
		ended <- cmd.Wait()
		cancel()
	}()
	return ended
}

// looks names the looks to see. Pictures are taken in every look; a run without them sees one of each width and one of each theme,
// each page in one of both.
func looks() string {
	if own := os.Getenv("VESTIBULE_LOOKS"); own != "" {
		return own
	}
	if os.Getenv("VESTIBULE_SHOTS") != "" {
		return "light-1280,dark-1280,light-390,dark-390"
	}
	return "light-1280,dark-390"
}

// claimWith waits for the link that the portal shows and starts an agent with it, once.
func claimWith(t *testing.T, ctx context.Context, file string) {
	t.Helper()
	for tick := time.NewTicker(100 * time.Millisecond); ; {
		select {
		case <-ctx.Done():
			t.Error("the portal never showed a claim link")
			return
		case <-tick.C:
		}
		link, err := os.ReadFile(file) //nolint:gosec // the test's own file
		if err != nil {
			continue
		}
		tick.Stop()
		a, err := agent.New(ctx, agent.Config{
			DataDir: t.TempDir(), LAN: "127.0.0.1:0", SIP: "127.0.0.1:0", Interfaces: []string{"lo"}, Claim: strings.TrimSpace(string(link)), Version: "test",
		})
		if err != nil {
			t.Error(err)
			return
		}
		service(t, a.Run)
		return
	}
}

// Set-up, sign-in, a building, the claim, an opening and its row, by mouse and keyboard, with the accessibility rules on every page.
//
// shows ACC-01 SITE-23 SITE-25 DEV-02 EDGE-01
func TestPortal_FromSetUpToAnOpenDoor(t *testing.T) {
	c, phone := startCloud(t), startPhone(t)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	claim := filepath.Join(t.TempDir(), "claim")
	door, err := json.Marshal(map[string]any{
		"name": "Main entrance", "mac": phone.MAC(), "relay": "Front door", "api_user": phone.APIUser(), "api_password": phone.APIPassword(),
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := drive(t, ctx, cancel, "main.spec.mjs", "VESTIBULE_SETUP_URL="+c.SetupLink(), "VESTIBULE_CLAIM_FILE="+claim, "VESTIBULE_DOOR="+string(door),
		"VESTIBULE_LOOKS="+looks())
	claimWith(t, ctx, claim)
	if err := <-ended; err != nil {
		t.Fatalf("the run in the browser: %v", err)
	}
	if history := phone.Relays().History; len(history) == 0 || history[0].By != "http" || !history[0].On {
		t.Fatalf("the relay of the door phone never moved: %+v", history)
	}
}

// lindenhof is a site with one apartment, and who speaks to its cloud as its operator.
func lindenhof(ctx context.Context, t *testing.T, house *cloudtest.House) (*stack.Client, *stack.Sample) {
	t.Helper()
	client := stack.NewClient(house.URL, house.Operator.Token)
	sample, err := stack.NewSite(ctx, client, "Lindenhof", "101")
	if err != nil {
		t.Fatal(err)
	}
	return client, sample
}
