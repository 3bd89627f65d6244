package sim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/webapi"
)

// Ways in by a key.
const (
	ByCode = "code"
	ByCard = "card"
)

// Key is a code or a card that a door phone knows.
type Key struct {
	By    string `json:"by"` // "code" or "card"
	Key   string `json:"key"`
	User  string `json:"user"`
	Relay int    `json:"relay"` // from 1
}

// teller says what happens at a device: action URLs one after the other, and lines of syslog. Like real ones it begins to use a syslog server only
// at a start.
type teller struct {
	d     *Device
	keys  []Key
	queue chan func(context.Context)

	mu     sync.Mutex
	syslog netip.AddrPort
}

// queued is how many reports a device keeps while the server does not answer; the rest are lost.
const queued = 64

func newTeller(d *Device) *teller {
	t := &teller{d: d, queue: make(chan func(context.Context), queued)}
	t.started()
	if d.bank != nil {
		d.bank.Watch(func(c relaybank.Change) {
			edge, level := "Closed", "1"
			if c.On {
				edge, level = "Triggered", "0"
			}
			t.tell("Relay"+string(rune('A'+c.Relay))+edge, map[string]string{"relay" + strconv.Itoa(c.Relay+1) + "status": level})
		})
	}
	return t
}

// started reads where syslog goes.
func (t *teller) started() {
	const group = "Config.Settings.LOGLEVEL."
	var to netip.AddrPort
	if t.d.settings.Get(group+"RemoteSyslog") == "1" {
		to, _ = netip.ParseAddrPort(net.JoinHostPort(t.d.settings.Get(group+"RemoteServer"), or(t.d.settings.Get(group+"RemoteServerPort"), "514")))
	}
	t.mu.Lock()
	t.syslog = to
	t.mu.Unlock()
}

// run sends until ctx ends.
func (t *teller) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case send := <-t.queue:
			send(ctx)
		}
	}
}

func (t *teller) enqueue(send func(context.Context)) {
	select {
	case t.queue <- send:
	default:
	}
}

// tell calls the action URL of an event, if there is one, with the variables filled in that the device knows.
func (t *teller) tell(event string, values map[string]string) {
	const group = "Config.Features.ACTIONURL."
	address := t.d.settings.Get(group + event)
	if t.d.dark.Load() || address == "" || t.d.settings.Get(group+"Enable") != "1" {
		return
	}
	t.enqueue(func(ctx context.Context) { _ = t.call(ctx, t.fill(address, values)) })
}

// fill writes the variables of an address. It takes the device's lock, which who tells may hold: so it belongs to what is queued.
func (t *teller) fill(address string, values map[string]string) string {
	t.d.mu.Lock()
	known := map[string]string{"mac": t.d.cfg.MAC, "model": t.d.cfg.Model, "firmware": t.d.cfg.Firmware, "ip": t.d.ip.String()}
	t.d.mu.Unlock()
	maps.Copy(known, values)
	for name, value := range known {
		address = strings.ReplaceAll(address, "$"+name, url.QueryEscape(value))
	}
	return address
}

func (t *teller) call(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: t.d.ip.AsSlice()}}).DialContext}
	resp, err := (&http.Client{Transport: transport}).Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, maxFile))
	return err
}

// log writes a line to the syslog server.
func (t *teller) log(line string) {
	t.mu.Lock()
	to := t.syslog
	t.mu.Unlock()
	if t.d.dark.Load() || !to.IsValid() {
		return
	}
	t.enqueue(func(ctx context.Context) {
		conn, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: t.d.ip.AsSlice()}}).DialContext(ctx, "udp4", to.String())
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = fmt.Fprintf(conn, "<134>%s %s phone 1234: %s", time.Now().Format(time.Stamp), t.d.cfg.Model, line)
	})
}

// Enter shows a code or a card to a door phone. One that it knows opens; of one that it does not know it says so.
func (d *Device) Enter(by, key string) error {
	event, kind, name := "CodeEntered", "PrivatePIN", "code"
	switch by {
	case ByCode:
	case ByCard:
		event, kind, name = "CardEntered", "RF", "card_sn"
	default:
		return fmt.Errorf("a way in by %q is unknown", by)
	}
	if d.bank == nil || d.dark.Load() {
		return errors.New("there is nobody to show it to")
	}
	for _, k := range d.told.keys {
		if k.By != by || k.Key != key {
			continue
		}
		d.told.log(fmt.Sprintf("OPENDOOR_LOG:Type:%s Name:%s KeyCode:%s Relay:%d Status:Successful", kind, k.User, key, k.Relay))
		d.told.tell("Valid"+event, map[string]string{name: key, "userid": k.User})
		d.journal.Door(k.User, key, kind, k.Relay)
		return d.bank.Pulse(k.Relay-1, d.web.Hold(k.Relay-1), by)
	}
	if found, ok := d.opened(by, key); ok {
		d.told.log(fmt.Sprintf("OPENDOOR_LOG:Type:%s Name:%s KeyCode:%s Relay:%d Status:Successful", kind, found.User, key, found.Relays[0]))
		d.told.tell("Valid"+event, map[string]string{name: key, "userid": found.User})
		d.journal.Door(found.User, key, kind, found.Relays[0])
		var err error
		for _, relay := range found.Relays {
			err = errors.Join(err, d.bank.Pulse(relay-1, d.web.Hold(relay-1), by))
		}
		return err
	}
	d.told.log(fmt.Sprintf("OPENDOOR_LOG:Type:%s Name: KeyCode:%s Relay:1 Status:Failed", kind, key))
	d.told.tell("Invalid"+event, map[string]string{name: key})
	d.journal.Door("", key, kind, 0)
	return nil
}

// opened looks among the users that were written onto the device. Which ways open a relay counts where the firmware lets it choose.
func (d *Device) opened(by, key string) (webapi.Opening, bool) {
	field, bit := "PrivatePIN", 1<<2
	if by == ByCard {
		field, bit = "CardCode", 1<<4
	}
	return d.keys.Find(field, key, time.Now(), func(relay int) bool {
		mask, err := strconv.Atoi(d.Setting("Config.DoorSetting.RELAY.AccessMethod" + string(rune('A'+relay-1))))
		return relay <= d.bank.Len() && (err != nil || mask&bit != 0)
	})
}

// Button presses and releases the button beside the door, on input n from 1; it opens the relay of its number.
func (d *Device) Button(n int) error {
	if d.bank == nil || n < 1 || n > d.bank.Len() {
		return fmt.Errorf("there is no input %d", n)
	}
	name := "Input" + string(rune('A'+n-1))
	d.told.tell(name+"Triggered", map[string]string{"input" + strconv.Itoa(n) + "status": "0"})
	err := d.bank.Pulse(n-1, d.web.Hold(n-1), "button")
	d.told.tell(name+"Closed", map[string]string{"input" + strconv.Itoa(n) + "status": "1"})
	return err
}

// Tamper takes the device off the wall.
func (d *Device) Tamper() { d.told.tell("TamperAlarmTriggered", map[string]string{"alarmstatus": "1"}) }
