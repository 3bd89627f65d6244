package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// phone is a running baresip that is told what to do over its control port.
type phone struct {
	*process
	control *process
	orders  io.Writer
}

// baresip starts a softphone as the device, and returns when it is registered.
func baresip(t *testing.T, d device) *phone {
	t.Helper()
	dir := t.TempDir()
	conf, err := os.ReadFile(filepath.Join("testdata", "baresip.conf"))
	if err != nil {
		t.Fatal(err)
	}
	account := fmt.Sprintf("<sip:%s@%s>;auth_pass=%s;regint=300;answermode=manual\n", d.login.User, agentSIP, d.login.Password)
	for name, text := range map[string]string{
		"config": strings.ReplaceAll(string(conf), "ADDRESS", d.host.IP), "accounts": account, "contacts": "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := &phone{process: launch(t, "baresip of "+d.name, d.host.Command(context.Background(), "baresip", "-v", "-f", dir))}
	p.says(settle, "200 OK")
	eventually(t, settle, "baresip's control port", func() bool { return d.host.Listens("tcp", 4444) })
	control := d.host.Command(context.Background(), "socat", "-", "TCP:127.0.0.1:4444")
	if p.orders, err = control.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.control = launch(t, "control of "+d.name, control)
	return p
}

// order sends one command of baresip's menu as a netstring.
func (p *phone) order(command, params string) {
	p.t.Helper()
	text, _ := json.Marshal(map[string]string{"command": command, "params": params})
	if _, err := fmt.Fprintf(p.orders, "%d:%s,", len(text), text); err != nil {
		p.t.Fatal(err)
	}
}

// event waits for an event of a type, such as CALL_INCOMING.
func (p *phone) event(within time.Duration, kind string) {
	p.t.Helper()
	p.control.says(within, `"type":"`+kind+`"`)
}
