package box

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"vestibule/agent"
	"vestibule/agent/link"
	"vestibule/cloud"
	"vestibule/cloud/cloudtest"
)

// roleEnv makes this program a part of the product instead of a test, and settingEnv tells it the rest. Such a part can be killed as a power cut
// kills it, and watched for races as the test is.
const (
	roleEnv    = "VESTIBULE_BOX_ROLE"
	settingEnv = "VESTIBULE_BOX_SETTING"
)

var roles = map[string]func(ctx context.Context, setting []byte) error{"log": play(serveLog), "agent": play(serveAgent), "cloud": play(serveCloud)}

func TestMain(m *testing.M) {
	serve := roles[os.Getenv(roleEnv)]
	if serve == nil {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	err := serve(ctx, []byte(os.Getenv(settingEnv)))
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play[T any](serve func(context.Context, T) error) func(context.Context, []byte) error {
	return func(ctx context.Context, raw []byte) error {
		var setting T
		if err := json.Unmarshal(raw, &setting); err != nil {
			return err
		}
		return serve(ctx, setting)
	}
}

// role prepares this program to be a part of the product. It dies with the test.
func role(t *testing.T, name string, setting any) *exec.Cmd {
	t.Helper()
	raw, err := json.Marshal(setting)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), roleEnv+"="+name, settingEnv+"="+string(raw))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// agentSetting is what an agent in a process of its own starts with.
type agentSetting struct{ Dir, Claim string }

// quick is the pace of a link on one machine: nobody else waits for the cloud.
var quick = link.Pace{DialWithin: 5 * time.Second, LeastBackoff: 100 * time.Millisecond, MostBackoff: time.Second}

func serveAgent(ctx context.Context, s agentSetting) error {
	a, err := agent.New(ctx, agent.Config{
		DataDir: s.Dir, LAN: "127.0.0.1:0", SIP: "127.0.0.1:0", Interfaces: []string{"lo"}, Claim: s.Claim, Version: "test", OneMachine: true,
		Pace:   agent.Pace{Good: time.Millisecond, Link: quick}, // no version is blamed for the deaths of the test
		Logger: toStderr(),
	})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// cloudSetting is what a whole cloud in a process of its own starts with; an empty database is SQLite in its folder.
type cloudSetting struct {
	Dir, Database, HTTP, Agents, MQTT string
	Broker, BrokerHost, AgentsHost    string        // of several clouds
	Drain                             time.Duration // of each of them
}

func serveCloud(ctx context.Context, s cloudSetting) error {
	c, err := cloud.New(ctx, cloud.Config{
		HTTP: s.HTTP, Agents: s.Agents, MQTT: s.MQTT, DataDir: s.Dir, Database: s.Database, HashCost: cloudtest.Cheap, Logger: toStderr(),
		Broker: s.Broker, BrokerHost: s.BrokerHost, AgentsHost: s.AgentsHost, Drain: s.Drain,
	})
	if err != nil {
		return err
	}
	return c.Run(ctx)
}

func toStderr() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, nil))
}

// child is a part of the product in a process of its own. The end of what it says is printed when the test fails.
type child struct {
	name string
	cmd  *exec.Cmd
	said *lastWords
	done chan struct{}
}

// start runs a part until the test ends or somebody ends it.
func start(t *testing.T, name string, setting any) *child {
	t.Helper()
	return run(t, name, role(t, name, setting))
}

// run runs a program as a part.
func run(t *testing.T, name string, cmd *exec.Cmd) *child {
	t.Helper()
	c := &child{name: name, cmd: cmd, said: &lastWords{}, done: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = io.Discard, c.said
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = c.cmd.Wait(); close(c.done) }()
	t.Cleanup(func() {
		c.end(syscall.SIGKILL)
		if t.Failed() {
			t.Logf("--- the last words of the %s\n%s", name, c.said)
		}
	})
	return c
}

// kill is kill -9: a power cut for the process.
func (c *child) kill() { c.end(syscall.SIGKILL) }

func (c *child) end(how syscall.Signal) {
	_ = c.cmd.Process.Signal(how)
	<-c.done
}

// ended tells whether the part has ended.
func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// lastWords keeps the end of what is written to it.
type lastWords struct {
	mu   sync.Mutex
	text []byte
}

const lastBytes = 8 << 10

func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text = append(w.text, p...)
	if len(w.text) > 2*lastBytes {
		w.text = append([]byte(nil), w.text[len(w.text)-lastBytes:]...)
	}
	return len(p), nil
}

func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return string(w.text[max(0, len(w.text)-lastBytes):])
}
