package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
	"vestibule/deploy/stack"
)

const (
	portal      = "127.0.0.1:8080"
	agentsAt    = lab.CloudIP + ":8443"
	brokerAt    = lab.CloudIP + ":8883"
	turnAt      = lab.CloudIP + ":3478"
	agentSIP    = lab.AgentLAN + ":5060"
	holdMilli   = 1000
	panelMAC    = "0C11050B9801"
	monitorAMAC = "0C11050B9802"
	monitorBMAC = "0C11050B9803"
)

// building is a lab with the cloud, one agent and the devices of apartment 101: a door phone whose lock hangs on the board's first coil, and
// two monitors.
type building struct {
	t        *testing.T
	lab      *lab.Lab
	client   *stack.Client
	sample   *stack.Sample
	cloud    *process
	agent    *process
	board    *board
	data     string // folder of the cloud
	agentDir string
	panel    device
	monitors [2]device
}

// device is a device with the host it lives on.
type device struct {
	name, id string
	host     *lab.Host
	login    stack.SIPLogin
	agent    string // where it registers; empty: agentSIP
}

func (d device) registrar() string {
	if d.agent != "" {
		return d.agent
	}
	return agentSIP
}

// settle bounds what takes a few steps between programs on a busy machine.
const settle = 30 * time.Second

// newBuilding starts everything; method is how the monitors are known to send digits.
func newBuilding(t *testing.T, method string) *building {
	t.Helper()
	b := &building{t: t, lab: lab.New(t), data: t.TempDir(), agentDir: t.TempDir()}
	b.board = startBoard(t, b.lab.Host("board"))
	b.startCloud()
	b.setUp()
	sample, err := stack.NewSite(t.Context(), b.client, "Lab", "101", "102")
	b.must(err)
	b.sample = sample
	board, err := sample.AddBoard(t.Context(), b.client, "Board", b.board.addr)
	b.must(err)
	b.panel = b.addDevice(stack.DeviceForm{
		Type: 0, MAC: panelMAC, Name: "Panel", DTMFMethod: "info",
		Relays: []stack.RelayForm{{Number: 1, Name: "Main door", Enabled: true, DTMF: "#", Mode: "momentary", HoldMS: holdMilli, BoardID: board, Channel: 1}},
	})
	home := sample.Apartments["101"]
	b.monitors[0] = b.addDevice(stack.DeviceForm{Type: 2, MAC: monitorAMAC, Name: "Kitchen", ApartmentID: home, DTMFMethod: method})
	b.monitors[1] = b.addDevice(stack.DeviceForm{Type: 2, MAC: monitorBMAC, Name: "Hall", ApartmentID: home, DTMFMethod: method})
	link, err := sample.Claim(t.Context(), b.client)
	b.must(err)
	b.startAgent(program(t, agentProgram), nil, "--claim", link)
	b.inStep()
	eventually(t, settle, "the agent takes calls", func() bool { return b.lab.Agent.Listens("udp", 5060) })
	return b
}

func (b *building) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *building) startCloud() {
	b.t.Helper()
	cmd := exec.Command(program(b.t, cloudProgram), "--data", b.data, "--http", portal, "--agents", agentsAt, "--mqtt", brokerAt, "--turn", turnAt)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	b.cloud = launch(b.t, "cloud", cmd)
	client := stack.NewClient("http://"+portal, "")
	eventually(b.t, settle, "the cloud answers", func() bool {
		if b.cloud.Ended() {
			b.t.Fatalf("the cloud ended: %v", b.cloud.Err)
		}
		return client.Do(b.t.Context(), "GET", "/setup", nil, nil) == nil
	})
}

// setUp makes the first account.
func (b *building) setUp() {
	b.t.Helper()
	var err error
	b.client, err = firstAccount(b.t.Context(), "http://"+portal, b.data)
	b.must(err)
}

// firstAccount makes the first account of a cloud, with the token that stands in its folder.
func firstAccount(ctx context.Context, address, data string) (*stack.Client, error) {
	token, err := os.ReadFile(filepath.Join(data, "setup-token"))
	if err != nil {
		return nil, err
	}
	var answer struct {
		Token string `json:"token"`
	}
	form := map[string]any{
		"token": strings.TrimSpace(string(token)), "email": "lab@example.com", "password": "correct-horse-battery-9", "name": "Lab", "organisation": "Lab", "bearer": true,
	}
	err = stack.NewClient(address, "").Do(ctx, "POST", "/setup", form, &answer)
	return stack.NewClient(address, answer.Token), err
}

func (b *building) addDevice(form stack.DeviceForm) device {
	b.t.Helper()
	form.Driver = "manual"
	id, err := b.sample.AddDevice(b.t.Context(), b.client, form)
	b.must(err)
	login, err := b.sample.SIP(b.t.Context(), b.client, form.Name)
	b.must(err)
	d := device{name: form.Name, id: id, host: b.lab.Host(strings.ToLower(form.Name)), login: login}
	d.host.SetMAC(form.MAC)
	return d
}

// addDeviceOf adds a device of another network group than the building's own, which has no host yet.
func (b *building) addDeviceOf(group string, form stack.DeviceForm) device {
	b.t.Helper()
	form.Driver, form.GroupID, form.BuildingID = "manual", group, b.sample.BuildingID
	var made stack.Named
	b.must(b.client.Do(b.t.Context(), "POST", b.sample.Path("/devices"), form, &made))
	b.sample.Devices[form.Name] = made.ID
	login, err := b.sample.SIP(b.t.Context(), b.client, form.Name)
	b.must(err)
	return device{name: form.Name, id: made.ID, login: login}
}

// startAgent starts the agent on its host, again after kill with the same folder.
func (b *building) startAgent(program string, env []string, more ...string) {
	b.t.Helper()
	args := append([]string{"--data", b.agentDir, "--sip", agentSIP, "--lan", lab.AgentLAN + ":8081", "--interfaces", "eth0"}, more...)
	cmd := b.lab.Agent.Command(context.Background(), program, args...)
	cmd.Env = append(os.Environ(), env...)
	b.agent = launch(b.t, "agent", cmd)
}

// agentRow is the site's first agent as the API shows it.
type agentRow struct {
	ID       string `json:"id"`
	Presence struct {
		State  string    `json:"state"`
		Since  time.Time `json:"since"`
		Reason string    `json:"reason"`
	} `json:"presence"`
	Held uint64 `json:"held_version"`
}

func (b *building) agents() []agentRow {
	b.t.Helper()
	var list struct {
		Items []agentRow `json:"items"`
	}
	b.must(b.client.Do(b.t.Context(), "GET", b.sample.Path("/agents"), nil, &list))
	return list.Items
}

// inStep waits until the agent is online and holds the site's newest version.
func (b *building) inStep() {
	b.t.Helper()
	eventually(b.t, settle, "the agent is online with the newest version", func() bool {
		if b.agent.Ended() {
			b.t.Fatalf("the agent ended: %v", b.agent.Err)
		}
		var site struct {
			Version uint64 `json:"version"`
		}
		b.must(b.client.Do(b.t.Context(), "GET", b.sample.Path(""), nil, &site))
		agents := b.agents()
		return len(agents) > 0 && agents[0].Presence.State == "online" && agents[0].Held == site.Version
	})
}

// event is a row of the log.
type event struct {
	ID         string         `json:"id"`
	Kind       string         `json:"kind"`
	OccurredAt time.Time      `json:"occurred_at"`
	AgentID    string         `json:"agent_id"`
	Epoch      string         `json:"epoch"`
	Stream     string         `json:"stream"`
	Seq        uint64         `json:"seq"`
	Body       map[string]any `json:"body"`
}

// has tells whether the body says all of these words.
func (e event) has(words map[string]any) bool {
	for k, v := range words {
		if e.Body[k] != v {
			return false
		}
	}
	return true
}

// events lists up to 500 rows, newest first; kind empty means all.
func (b *building) events(kind string) []event {
	b.t.Helper()
	var list struct {
		Items []event `json:"items"`
	}
	path := b.sample.Path("/events?limit=500")
	if kind != "" {
		path += "&kind=" + kind
	}
	b.must(b.client.Do(b.t.Context(), "GET", path, nil, &list))
	return list.Items
}

// rows counts the rows of a kind that say these words.
func (b *building) rows(kind string, words map[string]any) int {
	b.t.Helper()
	n := 0
	for _, e := range b.events(kind) {
		if e.has(words) {
			n++
		}
	}
	return n
}

// row waits for the first row of a kind that says these words.
func (b *building) row(within time.Duration, kind string, words map[string]any) event {
	b.t.Helper()
	var found event
	defer func() {
		if b.t.Failed() {
			b.t.Logf("rows of %s: %+v", kind, b.events(kind))
		}
	}()
	eventually(b.t, within, "a row "+kind, func() bool {
		for _, e := range b.events(kind) {
			if e.has(words) {
				found = e
				return true
			}
		}
		return false
	})
	return found
}
