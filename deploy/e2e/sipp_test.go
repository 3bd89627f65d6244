package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
)

// peer is a running SIPp.
type peer struct {
	*process
	dir  string // of its logs
	stop context.CancelFunc
}

// sipp starts one scenario of testdata/sipp on a host, as the device with login. Scenarios that take calls listen when it returns.
func sipp(t *testing.T, host *lab.Host, scenario string, d device, args ...string) *peer {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("testdata", "sipp", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	all := append([]string{
		d.registrar(), "-sf", file, "-i", host.IP, "-p", "5060", "-m", "1", "-nostdin", "-au", d.login.User, "-ap", d.login.Password,
		"-key", "user", d.login.User, "-timeout", "40", "-timeout_error", "-trace_err", "-trace_msg",
	}, args...)
	cmd := host.Command(ctx, "sipp", all...)
	cmd.Dir = t.TempDir()
	p := &peer{launch(t, "SIPp "+scenario+" of "+d.name, cmd), cmd.Dir, cancel}
	t.Cleanup(func() {
		cancel()
		if t.Failed() {
			t.Logf("--- messages of SIPp %s of %s\n%s", scenario, d.name, tail(p.raw(), 9000))
		}
	})
	if strings.HasPrefix(scenario, "monitor") {
		eventually(t, settle, p.name+" listens", func() bool { return host.Listens("udp", 5060) || p.Ended() })
	}
	return p
}

// ok waits for the scenario to end as written.
func (p *peer) ok(within time.Duration) {
	p.t.Helper()
	eventually(p.t, within, p.name+" ends", p.Ended)
	if p.Err != nil {
		p.t.Fatalf("%s: %v\n%s", p.name, p.Err, p.errors())
	}
}

// raw is SIPp's own log of messages.
func (p *peer) raw() string { return p.file("*_messages.log") }

func (p *peer) errors() string { return tail(p.file("*_errors.log"), 3000) }

func (p *peer) file(pattern string) string {
	names, _ := filepath.Glob(filepath.Join(p.dir, pattern))
	var out string
	for _, name := range names {
		data, _ := os.ReadFile(name)
		out += string(data)
	}
	return out
}

// message is one SIP message as a device saw it.
type message struct {
	at   time.Time
	sent bool
	text string
}

// starts gives the first line.
func (m message) starts(with string) bool { return strings.HasPrefix(m.text, with) }

// header gives the value of the first header with this name.
func (m message) header(name string) string {
	for line := range strings.Lines(m.text) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// media is the connection address of the description (RFC 8866 section 5.7).
func (m message) media() string {
	for line := range strings.Lines(m.text) {
		if v, ok := strings.CutPrefix(line, "c=IN IP4 "); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// messages reads SIPp's log: a rule with the time, "UDP message sent …" or "received …", an empty line, the message.
func (p *peer) messages() []message {
	var out []message
	for _, part := range strings.Split(p.raw(), "----------------------------------------------- ")[1:] {
		head, rest, ok := strings.Cut(part, "\n")
		what, text, ok2 := strings.Cut(rest, "\n\n")
		at, err := time.ParseInLocation("2006-01-02 15:04:05.000000", strings.TrimSpace(head), time.Local) // SIPp writes the time of the wall
		if !ok || !ok2 || err != nil {
			continue
		}
		out = append(out, message{at: at, sent: strings.Contains(what, " sent "), text: strings.ReplaceAll(text, "\r\n", "\n")})
	}
	return out
}

// last gives the newest message of one direction whose first line starts with start.
func (p *peer) last(sent bool, start string) (message, bool) {
	all := p.messages()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].sent == sent && all[i].starts(start) {
			return all[i], true
		}
	}
	return message{}, false
}

// got waits until the device has received a message.
func (p *peer) got(within time.Duration, start string) message {
	p.t.Helper()
	return p.seen(within, false, start)
}

// seen waits for a message of one direction.
func (p *peer) seen(within time.Duration, sent bool, start string) message {
	p.t.Helper()
	var m message
	eventually(p.t, within, p.name+" sees "+start, func() bool {
		found, ok := p.last(sent, start)
		m = found
		return ok
	})
	return m
}

// register signs a device in from its host.
func (d device) register(t *testing.T) {
	t.Helper()
	sipp(t, d.host, "register", d, "-s", d.login.User).ok(settle)
}

// calls dials a number as the door phone.
func (b *building) calls(scenario, number string, args ...string) *peer {
	b.t.Helper()
	return sipp(b.t, b.panel.host, scenario, b.panel, append([]string{"-s", number}, args...)...)
}
