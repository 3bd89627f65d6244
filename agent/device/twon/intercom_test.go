package twon_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/devicetest"
	"vestibule/agent/device/twon"
	"vestibule/agent/device/web"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/twonapi"
)

var quick = web.Options{Gap: -1, Connect: time.Second, Answer: 5 * time.Second, Trigger: 2 * time.Second}

// phone is a simulated intercom, which shares no code with the driver.
type phone struct {
	*twonapi.Server
	bank  *relaybank.Bank
	boots atomic.Int64
}

func newPhone(t *testing.T) *phone {
	t.Helper()
	p := &phone{bank: relaybank.New(2)}
	restart := func() {
		p.Dark(true)
		time.AfterFunc(200*time.Millisecond, func() { p.boots.Add(1); p.Restarted(); p.Dark(false) })
	}
	server, err := twonapi.Listen(twonapi.Options{
		Addr: netip.MustParseAddrPort("127.0.0.1:0"), User: "api", Password: "se\"cret", MAC: "7C1EB3000001", Variant: "2N IP Verso", Firm: "2.50.0.76.2",
		Bank: p.bank, Restart: restart, FactoryNew: func() { p.Clear(); restart() },
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Server = server
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
	return device.Identity{MAC: "7C1EB3000001", Model: "2N IP Verso", Firmware: "2.50.0.76.2"}
}

func (p *phone) Stream() string { return "rtsp://127.0.0.1:554/h264_stream" }

func (p *phone) Drift() {
	p.SetAccount(func(a *twonapi.Account) { a.RegistrarAddress = "10.9.9.9" })
}

func (p *phone) Forget(yes bool) {
	p.SetQuirks(twonapi.Quirks{ForgetWrites: yes})
}
func (p *phone) Dark(dark bool) { p.SetQuirks(twonapi.Quirks{Dark: dark}) }
func (p *phone) Boots() int     { return int(p.boots.Load()) }

func (p *phone) Directory() (out [][2]string) {
	for _, u := range p.Users() {
		out = append(out, [2]string{u.Name, u.CallPos[0].Peer})
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

func driver(p *phone) *twon.Intercom {
	d := twon.New(quick)
	d.Use(p.Access())
	return d
}

// shows BEY-16 by agent/device/twon/account.go: "if add, drop := compare(entriesOf(w), have); len(add)+len(drop) > 0 {" => "if add, drop := compare(entriesOf(w), have); len(add)+len(drop) < 0 {"
// shows BEY-16 by agent/device/twon/intercom.go: "case !*said.Success:" => "case false:"
func TestIntercom_KeepsTheContract(t *testing.T) {
	devicetest.Abilities(t, domain.DriverTwoN, twon.New(quick))
	devicetest.Drivers(t, func(t *testing.T) (devicetest.Intercom, devicetest.Phone) {
		p := newPhone(t)
		return driver(p), p
	})
	devicetest.Viewers(t, func(t *testing.T) (device.Driver, devicetest.Eye) {
		p := newPhone(t)
		return driver(p), p
	})
}

// shows DEV-02 by agent/device/twon/account.go: "RegistrationEnabled: true, RegistrarAddress: host, RegistrarPort: port,"
func TestConfigure_TheAccountReachesTheDevice(t *testing.T) {
	p := newPhone(t)
	d := driver(p)
	want := devicetest.Wanted()
	if err := d.Configure(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	a, password := p.Account()
	if !a.Enabled || a.SIPNumber != "4711000001" || a.AuthID != "4711000001" || a.Domain != "192.168.1.2" || a.RegistrarAddress != "192.168.1.2" || a.RegistrarPort != "5060" ||
		!a.RegistrationEnabled || a.DisplayName != "Main gate" || password != want.SIPPassword.Reveal() {
		t.Errorf("%+v", a)
	}
	writes := p.Writes()
	want.SIPPassword = secret.New("another") // the device does not show it, and is told of it all the same
	if is, err := d.ReadBack(t.Context(), want); err != nil || len(is.Differing) != 1 {
		t.Fatalf("%+v %v", is, err)
	}
	if err := d.Configure(t.Context(), want); err != nil || p.Writes() != writes+1 {
		t.Fatalf("%d writes: %v", p.Writes()-writes, err)
	}
	if _, password = p.Account(); password != "another" {
		t.Error("the new password did not reach the device")
	}
}

// Entries that somebody made at the device belong to them.
//
// shows DEV-24 by agent/device/twon/directory.go: "return slices.DeleteFunc(said.Users, func(e entry) bool { return e.Deleted || e.Owner != owner }), nil" => "return slices.DeleteFunc(said.Users, func(e entry) bool { return e.Deleted }), nil"
func TestConfigure_LeavesOtherPeoplesEntries(t *testing.T) {
	p := newPhone(t)
	p.AddUser(twonapi.User{Name: "Caretaker", CallPos: []twonapi.CallPos{{Peer: "900"}}})
	d := driver(p)
	for range 2 {
		if err := d.Configure(t.Context(), devicetest.Wanted()); err != nil {
			t.Fatal(err)
		}
	}
	if list := p.Directory(); len(list) != 4 || list[0][0] != "Caretaker" {
		t.Errorf("%v", list)
	}
}

func TestIdentify_HostileAnswers(t *testing.T) {
	for body, want := range map[string]device.Kind{
		`{"success":true,"result":{"macAddr":"7C-1E-B3-00-00-01"}}`:                  "",
		`{"success":false,"error":{"code":12,"param":"x\u0007","description":"no"}}`: device.Refused,
		`{"result":{"macAddr":"7C-1E-B3-00-00-01"}}`:                                 device.Garbled,
		`{"success":true,"result":[1]}`:                                              device.Garbled,
		`{"success":true}`:                                                           device.Garbled,
		`<html></html>`:                                                              device.Garbled,
		`{"success":true,"result":{"macAddr":"` + strings.Repeat("x", 2<<20) + `"}}`: device.Garbled,
		`{"success":true,"result":` + strings.Repeat("[", 200_000):                   device.Garbled,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		d := twon.New(quick)
		d.Use(device.Access{Addr: netip.MustParseAddrPort(server.Listener.Addr().String())})
		if _, err := d.Identify(t.Context()); device.KindOf(err) != want {
			t.Errorf("%.60s: %v, want %q", body, err, want)
		}
		server.Close()
	}
}
