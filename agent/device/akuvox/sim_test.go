package akuvox_test

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/device/devicetest"
	"vestibule/agent/device/web"
	"vestibule/agent/relay"
	"vestibule/agent/relay/devicerelay"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/webapi"
)

// phone is the simulated door phone, which shares no code with the driver.
type phone struct {
	*webapi.Server
	settings *webapi.Settings
	contacts *webapi.Contacts
	keys     *webapi.Keys
	bank     *relaybank.Bank
	security *relaybank.Bank
	boots    atomic.Int64
}

// restart goes away for a while, as a device does.
func (p *phone) restart() {
	p.SetDark(true)
	time.AfterFunc(200*time.Millisecond, func() {
		p.boots.Add(1)
		p.Restarted()
		p.SetDark(false)
	})
}

func (p *phone) reset() {
	p.settings.Reset(nil)
	p.contacts.Clear()
	p.restart()
}

func (p *phone) Boots() int { return int(p.boots.Load()) }

func newPhone(t *testing.T, quirks webapi.Quirks) *phone {
	return newPhoneOf(t, webapi.Documented, quirks)
}

func newPhoneOf(t *testing.T, dialect webapi.Dialect, quirks webapi.Quirks) *phone {
	p := &phone{settings: webapi.NewSettings(true, nil), contacts: &webapi.Contacts{}, keys: webapi.NewKeys(1000), bank: relaybank.New(2), security: relaybank.New(2)}
	server, err := webapi.Listen(webapi.Options{
		Addr: netip.MustParseAddrPort("127.0.0.1:0"), User: "api", Password: "se\"cret", Dialect: dialect, Settings: p.settings, Contacts: p.contacts, Keys: p.keys, Bank: p.bank, Security: p.security,
		Identity: webapi.Identity{Model: "R29", MAC: "0C1105000001", Firmware: "29.30.10.205", Hardware: "29.0"},
		Reboot:   p.restart, Reset: p.reset,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Server = server
	if dialect == webapi.Pages {
		if err := server.Secure(); err != nil {
			t.Fatal(err)
		}
	}
	server.SetQuirks(quirks)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return p
}

func (p *phone) Access() device.Access {
	return device.Access{Addr: p.Addr(), User: "api", Password: secret.New("se\"cret")}
}

func (p *phone) Identity() device.Identity {
	return device.Identity{MAC: "0C1105000001", Model: "R29", Firmware: "29.30.10.205"}
}

func (p *phone) Drift()         { p.settings.Set(map[string]string{"Config.Account1.SIP.Server": "10.9.9.9"}) }
func (p *phone) Dark(dark bool) { p.SetDark(dark) }
func (p *phone) Writes() int    { return p.Counts().Writes }
func (p *phone) Forget(yes bool) {
	p.SetQuirks(webapi.Quirks{ForgetWrites: map[bool]int{true: 1 << 20}[yes]})
}

func (p *phone) Directory() (out [][2]string) {
	for _, c := range p.contacts.All() {
		out = append(out, [2]string{c.Name, c.Phone})
	}
	return out
}

func (p *phone) Openings(relay int) int {
	n := 0
	for _, m := range p.bank.Status().History {
		if m.Relay == relay-1 && m.On {
			n++
		}
	}
	return n
}

var quick = web.Options{Gap: -1, Connect: time.Second, Answer: 5 * time.Second, Trigger: 2 * time.Second}

func driver(p *phone) *akuvox.Phone {
	d := akuvox.New(quick)
	d.Use(p.Access())
	return d
}

// shows BEY-16 by shared/capability/acts.go: "{Identify, Configure, Open, Reboot, Reset, Lines, Keys, File}," => "\"akuvox\": {Identify, File},"
func TestPhone_CanWhatTheMatrixSays(t *testing.T) {
	devicetest.Abilities(t, domain.DriverAkuvox, akuvox.New(quick))
}

// shows BEY-16 by agent/device/akuvox/client.go: "if err := json.NewDecoder(bytes.NewReader(a.Body)).Decode(&e); err != nil {" => "if err := json.Unmarshal(a.Body, &e); err != nil {"
func TestPhone_KeepsTheContract(t *testing.T) {
	for name, quirks := range map[string]webapi.Quirks{"plain": {}, "bytes after the body": {TrailingJunk: true}} {
		t.Run(name, func(t *testing.T) {
			devicetest.Drivers(t, func(t *testing.T) (devicetest.Intercom, devicetest.Phone) {
				p := newPhone(t, quirks)
				return driver(p), p
			})
		})
	}
}

// shows DEV-15 DEV-16 by agent/device/akuvox/render.go: "code.value = r.DTMF"
func TestConfigure_RelayNameHoldAndDigitReachTheDevice(t *testing.T) {
	p := newPhone(t, webapi.Quirks{})
	if err := driver(p).Configure(t.Context(), devicetest.Wanted()); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"Config.DoorSetting.RELAY.NameA": "Gate", "Config.DoorSetting.RELAY.RelayADelay": "3", "Config.DoorSetting.DTMF.Code1": "#",
		"Config.Account1.GENERAL.UserName": "4711000001", "Config.Account1.SIP.Server": "192.168.1.2", "Config.Account1.SIP.Port": "5060",
		"Config.Account1.GENERAL.Enable": "1", "Config.Account1.DTMF.Type": "3", "Config.Account2.GENERAL.Enable": "0",
	} {
		if got := p.settings.Get(key); got != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
	}
}

// A device of the factory rings for a minute, which three stages and their landlines outlast: it is told to ring as long as any call may.
//
// shows EDGE-10 EDGE-09/R19 by agent/device/akuvox/render.go: "{keys: []string{\"Config.Settings.CALLTIMEOUT.DialOut\"}, value: ring, optional: true},"
// shows EDGE-10 EDGE-09/R19 by agent/device/akuvox/render.go: "{keys: []string{\"Config.Settings.CALLTIMEOUT.DialIn\"}, value: ring, optional: true},"
func TestConfigure_RingsAsLongAsACallMay(t *testing.T) {
	p := newPhone(t, webapi.Quirks{})
	const way = "Config.Settings.CALLTIMEOUT."
	if out, in := p.settings.Get(way+"DialOut"), p.settings.Get(way+"DialIn"); out != "60" || in != "60" {
		t.Fatalf("from the factory it rings %s s and %s s", out, in)
	}
	if err := driver(p).Configure(t.Context(), devicetest.Wanted()); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{way + "DialOut", way + "DialIn"} {
		if n, err := strconv.Atoi(p.settings.Get(key)); err != nil || time.Duration(n)*time.Second != domain.LongestRing || n > 120 {
			t.Errorf("%s is %q, a call may ring for %v and a device for 120 s", key, p.settings.Get(key), domain.LongestRing)
		}
	}
}

type known struct {
	driver device.Driver
	err    error
}

func (k known) Known(context.Context, domain.DeviceID) (device.Driver, error) { return k.driver, k.err }

func TestDeviceRelay_PulsesThroughTheDriver(t *testing.T) {
	p := newPhone(t, webapi.Quirks{})
	own := devicerelay.New(known{driver: driver(p)}, domain.DeviceID{1})
	if err := own.Pulse(t.Context(), relay.Channel{Number: 2}, time.Second); err != nil || p.Openings(2) != 1 {
		t.Fatalf("%v, %d openings", err, p.Openings(2))
	}
	if err := own.Pulse(t.Context(), relay.Channel{Number: 3}, time.Second); relay.KindOf(err) != relay.Refused {
		t.Fatal(err)
	}
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	if err := own.Pulse(dead, relay.Channel{Number: 1}, time.Second); relay.KindOf(err) != relay.Unreachable || p.Openings(1) != 0 {
		t.Fatal(err)
	}
	p.SetDark(true)
	if err := own.Pulse(t.Context(), relay.Channel{Number: 1}, time.Second); relay.KindOf(err) != relay.Ambiguous {
		t.Fatal(err)
	}
	stranger := devicerelay.New(known{err: context.DeadlineExceeded}, domain.DeviceID{1})
	if err := stranger.Pulse(t.Context(), relay.Channel{Number: 1}, time.Second); relay.KindOf(err) != relay.Unreachable {
		t.Fatal(err)
	}
}

// The SR01 behind the wall is moved by its own number, on the device that has one; the door phone's own relays stay where they are.
//
// shows DEV-17 by agent/device/akuvox/phone.go: "relay = securityRelay"
// shows DEV-17 by agent/device/akuvox/dialect.go: "door = \"SA\""
func TestTrigger_TheSecurityRelayIsItsOwn(t *testing.T) {
	dev := domain.Device{Form: domain.DeviceForm{SecurityRelay: &domain.SecurityRelay{Name: "Inside", DTMF: "9"}}}
	sr, ok := dev.Relay(domain.SecurityRelayNumber)
	if !ok || sr.DTMF != "9" || sr.HoldMilli == 0 {
		t.Fatalf("%+v", sr)
	}
	for _, dialect := range []webapi.Dialect{webapi.Documented, webapi.Pages} {
		t.Run(string(dialect), func(t *testing.T) {
			p := newPhoneOf(t, dialect, webapi.Quirks{})
			d := driver(p)
			if dialect == webapi.Pages {
				d, _ = adopted(t, p)
			}
			if err := d.Configure(t.Context(), devicetest.Wanted()); err != nil {
				t.Fatal(err)
			}
			own := devicerelay.New(known{driver: d}, domain.DeviceID{1})
			if err := own.Pulse(t.Context(), relay.Channel{Number: sr.Number}, time.Duration(sr.HoldMilli)*time.Millisecond); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(p.security.Outputs(), []bool{true, false}) || slices.Contains(p.bank.Outputs(), true) {
				t.Fatalf("SR01 %v, own %v", p.security.Outputs(), p.bank.Outputs())
			}
		})
	}
	if _, ok := (domain.Device{}).Relay(domain.SecurityRelayNumber); ok {
		t.Error("a device without an SR01 has one")
	}
}
