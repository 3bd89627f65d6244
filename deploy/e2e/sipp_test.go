package e2e

import (
	"bytes"
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
	"vestibule/deploy/stack"
)

// agentSIP is where the agent of the lab listens for calls.
const agentSIP = lab.AgentLAN + ":5060"

// peer is a running SIPp.
type peer struct {
	t    *testing.T
	name string
	cmd  *exec.Cmd
	out  bytes.Buffer
	done chan error
}

// sipp starts one scenario of testdata/sipp on a host, as the device with login.
func sipp(t *testing.T, host *lab.Host, scenario string, login stack.SIPLogin, args ...string) *peer {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("testdata", "sipp", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 40*time.Second)
	all := append([]string{
		agentSIP, "-sf", file, "-i", host.IP, "-p", "5060", "-m", "1", "-nostdin", "-au", login.User, "-ap", login.Password,
		"-timeout", "35", "-timeout_error", "-trace_err", "-trace_msg",
	}, args...)
	p := &peer{t: t, name: scenario, cmd: host.Command(ctx, "sipp", all...), done: make(chan error, 1)}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait(); cancel() }()
	t.Cleanup(cancel)
	return p
}

// ok waits for the scenario to end as written.
func (p *peer) ok() {
	p.t.Helper()
	if err := <-p.done; err != nil {
		messages, _ := filepath.Glob(filepath.Join(p.cmd.Dir, "*_messages.log"))
		p.t.Fatalf("SIPp %s: %v\n%s\n%s", p.name, err, tail(p.out.String(), 1500), readAll(messages))
	}
}

// register signs a device in from a host's port 5060.
func register(t *testing.T, host *lab.Host, login stack.SIPLogin) {
	t.Helper()
	sipp(t, host, "register", login, "-s", login.User).ok()
}
