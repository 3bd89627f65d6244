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
	events  cursor
	dir     string // what it hears is recorded there, when it has a voice
}

// baresip starts a softphone as the device, and returns when it is registered. It says what it hears.
func baresip(t *testing.T, d device) *phone {
	t.Helper()
	return startBaresip(t, d, 0, "")
}

// baresipWith starts one with a voice of its own; it records what it hears.
func baresipWith(t *testing.T, d device, voice tone) *phone {
	t.Helper()
	return startBaresip(t, d, voice, "")
}

// secretly starts one with a voice that registers over TLS and ciphers its speech.
func secretly(t *testing.T, d device, voice tone) *phone {
	t.Helper()
	return startBaresip(t, d, voice, ";mediaenc=srtp-mand")
}

// startBaresip takes further parameters of the account; one that ciphers its speech signals over TLS.
func startBaresip(t *testing.T, d device, voice tone, params string) *phone {
	t.Helper()
	dir := t.TempDir()
	conf, err := os.ReadFile(filepath.Join("testdata", "baresip.conf"))
	if err != nil {
		t.Fatal(err)
	}
	config := strings.ReplaceAll(string(conf), "ADDRESS", d.host.IP)
	if voice != 0 {
		song := filepath.Join(dir, "song.wav")
		voice.sing(t, song)
		config = strings.ReplaceAll(config, "audio_source            aubridge,echo", "audio_source            aufile,"+song)
		config += "module                  aufile.so\nmodule                  sndfile.so\nsnd_path                " + dir + "\n"
	}
	at := d.registrar()
	if params != "" {
		at = strings.Replace(at, ":5060", ":5061", 1) + ";transport=tls"
		config += "module                  srtp.so\n"
	}
	account := fmt.Sprintf("<sip:%s@%s>;auth_pass=%s;regint=300;answermode=manual%s\n", d.login.User, at, d.login.Password, params)
	for name, text := range map[string]string{"config": config, "accounts": account, "contacts": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := &phone{process: launch(t, "baresip of "+d.name, d.host.Command(context.Background(), "baresip", "-v", "-f", dir)), dir: dir}
	p.says(settle, "200 OK")
	eventually(t, settle, "baresip's control port", func() bool { return d.host.Listens("tcp", 4444) })
	control := d.host.Command(context.Background(), "socat", "-", "TCP:127.0.0.1:4444")
	if p.orders, err = control.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	p.control = launch(t, "control of "+d.name, control)
	p.events.p = p.control
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
	p.events.next(within, `"type":"`+kind+`"`)
}

func (p *phone) dial(number string)         { p.t.Helper(); p.order("dial", number) }
func (p *phone) rings(within time.Duration) { p.t.Helper(); p.event(within, "CALL_INCOMING") }
func (p *phone) answer()                    { p.t.Helper(); p.order("accept", "") }
func (p *phone) talks(within time.Duration) { p.t.Helper(); p.event(within, "CALL_ESTABLISHED") }
func (p *phone) press(key string)           { p.t.Helper(); p.order("sndcode", key) }
func (p *phone) falls(within time.Duration) { p.t.Helper(); p.event(within, "CALL_CLOSED") }

func (p *phone) hangUp() {
	p.t.Helper()
	p.order("hangup", "")
	p.falls(settle)
}

func (p *phone) hears(voice tone) {
	p.t.Helper()
	voice.heardIn(p.t, p.name, p.recordings(), settle)
}

func (p *phone) heard(voice tone) bool { return voice.recorded(p.recordings()) }

func (p *phone) recordings() string { return filepath.Join(p.dir, "dump*dec.wav") }

func (p *phone) forget() {
	names, _ := filepath.Glob(p.recordings())
	for _, name := range names {
		_ = os.Remove(name)
	}
}
