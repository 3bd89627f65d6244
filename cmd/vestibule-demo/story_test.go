package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestStory_IsTrue rings, answers and opens with the link, without it, and after a restart without it, and finds every event once.
//
// shows EDGE-33 by agent/call/step.go: "st.cancelRinging(\"answered_elsewhere\")"
// shows EDGE-13 EDGE-13/R33 by agent/call/plan/leg.go: "case !m.view.Serves(m.facts.Agent, d):" => "	case !m.facts.WAN:"
// shows EDGE-13/R43 by agent/outbox/rows.go: "o.shelf.AfterCommit(ctx, o.added)" => "_ = o.nudge"
// shows EDGE-06 EDGE-06/R06 EDGE-06/R35 by agent/outbox/outbox.go: "o.take(ctx, Opened{Audit: c.welcome.AckedAudit, Status: c.welcome.AckedStatus})"
// shows EDGE-31 EDGE-31/R09 by agent/sip/restart.go: "s.bindings[b.DeviceID] = b" => "_ = b"
// shows EDGE-15 EDGE-15/R43 by agent/relay/modbus/profile.go: "value = m.on" => "value = m.off"
// shows CALL-06 by agent/call/plan/plan.go: "*legs = append(*legs, c.leg)" => "*legs = []Leg{c.leg}"
func TestStory_IsTrue(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var out, problems bytes.Buffer
	began := time.Now()
	code := run(t.Context(), []string{"--story"}, strings.NewReader(""), &out, &problems)
	t.Logf("\n%s%s", out.String(), problems.String())
	if code != 0 {
		t.Fatalf("exit code %d", code)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the story took %s", took)
	}
	nothingLeft(t)
}

// nothingLeft checks the folder for temporary files.
func nothingLeft(t *testing.T) {
	t.Helper()
	left, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range left {
		t.Errorf("%s is left behind", entry.Name())
	}
}

// running is a demo of this process.
type running struct {
	keys io.WriteCloser
	out  *bufio.Reader
	done chan int
	stop context.CancelFunc
}

func start(t *testing.T, args ...string) *running {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	in, keys := io.Pipe()
	read, out := io.Pipe()
	r := &running{keys: keys, out: bufio.NewReader(read), done: make(chan int, 1), stop: cancel}
	go func() {
		code := run(ctx, append([]string{"--http", "127.0.0.1:0"}, args...), in, out, io.Discard)
		_ = out.Close()
		r.done <- code
	}()
	t.Cleanup(cancel)
	return r
}

// until reads lines up to one that has the words.
func (r *running) until(t *testing.T, words string) string {
	t.Helper()
	for {
		line, err := r.out.ReadString('\n')
		if strings.Contains(line, words) {
			return line
		}
		if err != nil {
			t.Fatalf("no line has %q: %v", words, err)
		}
	}
}

func (r *running) end(t *testing.T) {
	t.Helper()
	go func() { _, _ = io.Copy(io.Discard, r.out) }()
	if code := <-r.done; code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// shape is the machine-readable line, with exactly these keys.
type shape struct {
	Vestibule  int    `json:"vestibule"`
	PortalURL  string `json:"portal_url"`
	APIURL     string `json:"api_url"`
	OpenAPIURL string `json:"openapi_url"`
	Logins     []struct {
		Role     string `json:"role"`
		Email    string `json:"email"`
		Password string `json:"password"`
	} `json:"logins"`
	SiteID string `json:"site_id"`
	Agent  struct {
		SIP    string `json:"sip"`
		LANURL string `json:"lan_url"`
	} `json:"agent"`
	DoorPhones []struct {
		DeviceID    string `json:"device_id"`
		Name        string `json:"name"`
		SIPUser     string `json:"sip_user"`
		SIPPassword string `json:"sip_password"`
	} `json:"door_phones"`
	Monitors []struct {
		DeviceID    string `json:"device_id"`
		Name        string `json:"name"`
		Apartment   string `json:"apartment"`
		SIPUser     string `json:"sip_user"`
		SIPPassword string `json:"sip_password"`
	} `json:"monitors"`
	Apartments []struct {
		Number    string   `json:"number"`
		DeviceIDs []string `json:"device_ids"`
	} `json:"apartments"`
	RelayBoards []struct {
		Name   string `json:"name"`
		Modbus string `json:"modbus"`
	} `json:"relay_boards"`
}

func (r *running) listing(t *testing.T) shape {
	t.Helper()
	line := r.until(t, `{"vestibule":1`)
	var got shape
	dec := json.NewDecoder(strings.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestDemo_ListsWhatRunsTakesKeysAndLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	r := start(t)
	got := r.listing(t)
	if got.Vestibule != 1 || len(got.Logins) != 1 || len(got.DoorPhones) != 1 || len(got.Monitors) != 4 || len(got.Apartments) != 3 || len(got.RelayBoards) != 1 {
		t.Errorf("%+v", got)
	}
	if got.DoorPhones[0].SIPPassword == "" || got.Monitors[0].SIPUser == "" || got.Agent.SIP == "" || got.RelayBoards[0].Modbus == "" || len(got.Apartments[0].DeviceIDs) != 2 {
		t.Errorf("%+v", got)
	}
	body, err := json.Marshal(map[string]string{"email": got.Logins[0].Email, "password": got.Logins[0].Password})
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.Post(got.APIURL+"/session", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode >= 300 {
		t.Errorf("signing in with the printed password: %s", res.Status)
	}
	for _, step := range []struct{ keys, says string }{
		{"999", "is told 404"},
		{"101", "ringing: Monitor 101 living room, Monitor 101 hall"},
		{"a", "answers"},
		{"#", "presses #"},
		{"h", "hung up"},
		{"cut", "is cut"},
		{"restore", "is restored"},
		{"door", "type a number"},
	} {
		if _, err := io.WriteString(r.keys, step.keys+"\n"); err != nil {
			t.Fatal(err)
		}
		r.until(t, step.says)
	}
	if _, err := io.WriteString(r.keys, "q\n"); err != nil {
		t.Fatal(err)
	}
	r.end(t)
	nothingLeft(t)
}

func TestDemo_KeepsItsFolderAndGoesOnWithoutKeys(t *testing.T) {
	dir := t.TempDir()
	var before shape
	for range 2 {
		r := start(t, "--data", dir)
		if err := r.keys.Close(); err != nil { // the end of the input ends nothing
			t.Fatal(err)
		}
		got := r.listing(t)
		if before.SiteID != "" && (got.SiteID != before.SiteID || got.Logins[0] != before.Logins[0] || got.Monitors[0] != before.Monitors[0]) {
			t.Errorf("%+v is not %+v", got, before)
		}
		before = got
		select {
		case code := <-r.done:
			t.Fatalf("it ended with %d", code)
		default:
		}
		r.stop()
		r.end(t)
	}
}

func TestRun_RefusesFlagsItDoesNotKnow(t *testing.T) {
	for _, args := range [][]string{{"--what"}, {"extra"}, {"--answer", "soon"}} {
		if code := run(t.Context(), args, strings.NewReader(""), io.Discard, io.Discard); code != exitConfig {
			t.Errorf("%v: exit code %d", args, code)
		}
	}
}
