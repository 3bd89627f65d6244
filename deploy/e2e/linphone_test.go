package e2e

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// linphone is a running linphonec that reads its orders from a pipe.
type linphone struct {
	*process
	orders  io.Writer
	words   cursor
	dir     string
	records int // recordings so far
}

// linphoneConf makes it a plain phone on the LAN: no cloud services, no picture, G.711 only comes from the other side's offer.
const linphoneConf = `[sip]
sip_port=5060
sip_tcp_port=0
sip_tls_port=0
use_ipv6=0
default_proxy=0
register_only_when_network_is_up=0
guess_hostname=1
[proxy_0]
reg_proxy=<sip:%[1]s>
reg_identity=sip:%[2]s@%[1]s
reg_expires=300
reg_sendregister=1
publish=0
[auth_info_0]
username=%[2]s
userid=%[2]s
passwd=%[3]s
realm=vestibule
[video]
enabled=0
capture=0
display=0
[sound]
echocancellation=0
[storage]
uri=null
`

// linphoneWith starts linphonec as the device with a voice of its own, and returns when it is registered.
func linphoneWith(t *testing.T, d device, voice tone) *linphone {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{".local/share/linphone", ".config/linphone"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	song, rc := filepath.Join(dir, "song.wav"), filepath.Join(dir, "linphonerc")
	voice.sing(t, song)
	if err := os.WriteFile(rc, fmt.Appendf(nil, linphoneConf, d.registrar(), d.login.User, d.login.Password), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := d.host.Command(context.Background(), "linphonec", "-c", rc)
	cmd.Env = append(os.Environ(), "HOME="+dir)
	orders, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &linphone{process: launch(t, "linphone of "+d.name, cmd), orders: orders, dir: dir}
	p.words.p = p.process
	p.order("soundcard use files")
	p.order("play " + song)
	p.forget()
	eventually(t, settle, "linphone of "+d.name+" is registered", func() bool {
		p.order("status register")
		return strings.Contains(p.Said.String(), "registered, identity=")
	})
	return p
}

func (p *linphone) order(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.orders, text+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

func (p *linphone) dial(number string) { p.t.Helper(); p.order("call " + number) }
func (p *linphone) rings(within time.Duration) {
	p.t.Helper()
	p.words.next(within, "new incoming call")
}
func (p *linphone) answer()                    { p.t.Helper(); p.order("answer") }
func (p *linphone) talks(within time.Duration) { p.t.Helper(); p.words.next(within, "connected") }
func (p *linphone) press(key string)           { p.t.Helper(); p.order(key) }
func (p *linphone) falls(within time.Duration) { p.t.Helper(); p.words.next(within, "ended") }

func (p *linphone) hangUp() {
	p.t.Helper()
	p.order("terminate")
	p.falls(settle)
}

func (p *linphone) hears(voice tone) {
	p.t.Helper()
	voice.heardIn(p.t, p.name, p.recording(), settle)
}

func (p *linphone) heard(voice tone) bool { return voice.recorded(p.recording()) }

func (p *linphone) recording() string {
	return filepath.Join(p.dir, fmt.Sprintf("heard%d.wav", p.records))
}

// forget makes the next call be recorded into a new file.
func (p *linphone) forget() {
	p.t.Helper()
	p.records++
	p.order("record " + p.recording())
}
