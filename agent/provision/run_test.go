package provision_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/device/akuvox"
	"vestibule/agent/device/onvif"
	"vestibule/agent/device/web"
	"vestibule/agent/health"
	"vestibule/agent/provision"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim/relaybank"
	"vestibule/shared/sim/webapi"
	"vestibule/shared/wire"
)

// desk takes receipts and rows.
type desk struct {
	mu      sync.Mutex
	reports map[domain.DeviceID][]wire.DeviceReport
	notes   []domain.NoteBody
	applied map[domain.DeviceID]time.Time // when it was so for the first time
	bell    chan struct{}
}

func (d *desk) Report(r wire.DeviceReport) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.reports[r.DeviceID] = append(d.reports[r.DeviceID], r)
	if _, before := d.applied[r.DeviceID]; r.State == wire.ReceiptApplied && !before {
		d.applied[r.DeviceID] = time.Now()
	}
	close(d.bell)
	d.bell = make(chan struct{})
}

func (d *desk) Append(_ context.Context, kind domain.EventKind, body any) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n, ok := body.(domain.NoteBody); ok && kind == domain.EventConflict {
		d.notes = append(d.notes, n)
	}
	return nil
}

func (d *desk) until(t *testing.T, id domain.DeviceID, pleases func(wire.DeviceReport) bool) wire.DeviceReport {
	t.Helper()
	deadline := time.After(patience())
	for {
		d.mu.Lock()
		var last wire.DeviceReport
		if list := d.reports[id]; len(list) > 0 {
			last = list[len(list)-1]
		}
		bell := d.bell
		d.mu.Unlock()
		if pleases(last) {
			return last
		}
		select {
		case <-bell:
		case <-deadline:
			t.Fatalf("last report %+v", last)
		}
	}
}

// at tells when a device was applied for the first time.
func (d *desk) at(id domain.DeviceID) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.applied[id]
}

// states lists where a receipt stood, each change once.
func (d *desk) states(id domain.DeviceID) (out []wire.ReceiptState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.reports[id] {
		if len(out) == 0 || out[len(out)-1] != r.State {
			out = append(out, r.State)
		}
	}
	return out
}

// ever tells whether a device was reported in a state.
func (d *desk) ever(id domain.DeviceID, state wire.ReceiptState) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.reports[id] {
		if r.State == state {
			return true
		}
	}
	return false
}

func applied(version uint64) func(wire.DeviceReport) bool {
	return func(r wire.DeviceReport) bool {
		return r.State == wire.ReceiptApplied && r.Version == version && r.Online
	}
}

// site is a document that the test edits and phones that stand where it says.
type site struct {
	t      *testing.T
	mu     sync.Mutex
	view   *desired.View
	desk   *desk
	health *health.Conditions
	conv   *provision.Converger
	sip    atomic.Bool // the devices are registered
	beside atomic.Pointer[domain.AgentID]

	options web.Options
	pins    device.Pins // nil: none are kept
}

var group, agent = domain.GroupID{1}, domain.AgentID{2}

func newSite(t *testing.T) *site {
	s := &site{t: t, desk: &desk{reports: map[domain.DeviceID][]wire.DeviceReport{}, applied: map[domain.DeviceID]time.Time{}, bell: make(chan struct{})}, health: health.New(nil, clock.System{}, slog.New(slog.DiscardHandler))}
	s.options = web.Options{Gap: -1, Connect: time.Second, Answer: 3 * time.Second}
	s.view = &desired.View{
		Version: 1, Groups: map[domain.GroupID]domain.NetworkGroup{group: {ID: group, Agents: []domain.AgentID{agent}}},
		Devices: map[domain.DeviceID]domain.Device{}, Credentials: map[domain.DeviceID]domain.Credential{},
	}
	return s
}

func (s *site) current() *desired.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view
}

// add puts a device into the document at address.
func (s *site) add(n byte, address string) domain.DeviceID {
	id := domain.DeviceID{n}
	s.view.Devices[id] = domain.Device{
		ID: id, Type: domain.DoorPhone, MAC: domain.MAC(fmt.Sprintf("0C11050000%02X", n)), Name: fmt.Sprintf("Gate %d", n), GroupID: group, Driver: domain.DriverAkuvox, Address: address, SIPUser: "4711000001",
		Relays: []domain.Relay{{Number: 1, Name: "Gate", Enabled: true, DTMF: "#", Mode: domain.Momentary, HoldMilli: 3000}},
	}
	s.view.Credentials[id] = domain.Credential{DeviceID: id, SIPPassword: secret.New("sip"), APIUser: "api", APIPassword: secret.New("pw")}
	return id
}

// edit replaces the document by a changed copy of the next version.
func (s *site) edit(change func(devices map[domain.DeviceID]domain.Device)) uint64 {
	s.mu.Lock()
	next := *s.view
	next.Version++
	next.Devices = map[domain.DeviceID]domain.Device{}
	for id, d := range s.view.Devices {
		next.Devices[id] = d
	}
	change(next.Devices)
	s.view = &next
	s.mu.Unlock()
	s.conv.Changed()
	return next.Version
}

func (s *site) run() {
	drivers := device.NewDrivers(s.current, func(domain.MAC) (netip.AddrPort, bool) { return netip.AddrPort{}, false }, map[domain.Driver]func() device.Driver{
		domain.DriverAkuvox: func() device.Driver {
			return akuvox.New(s.options)
		},
		domain.DriverONVIF: func() device.Driver { return onvif.New(s.options) },
	})
	if s.pins != nil {
		drivers.KeepPins(s.pins)
	}
	s.conv = provision.New(provision.Config{
		Agent: agent, View: s.current, Drivers: drivers, Registrar: provision.Registrar(netip.MustParseAddrPort("0.0.0.0:5060")), Reporter: s.desk, Log: s.desk,
		SIP: func(domain.DeviceID) bool { return s.sip.Load() }, Heard: func(domain.MAC) bool { return true },
		Beside: func(a domain.AgentID) bool { return s.beside.Load() != nil && *s.beside.Load() == a }, Conditions: s.health, Clock: clock.System{}, Logger: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = s.conv.Run(ctx) }()
	s.t.Cleanup(func() { cancel(); <-ended })
}

type phone struct {
	*webapi.Server
	settings *webapi.Settings
	changed  func() // settings were written; nil: nobody cares
	answered func() // so was a request
}

func newPhone(t *testing.T, n byte, shaped ...func(*webapi.Server) error) *phone {
	p := &phone{settings: webapi.NewSettings(true, nil)}
	server, err := webapi.Listen(webapi.Options{
		Addr: netip.MustParseAddrPort("127.0.0.1:0"), User: "api", Password: "pw", Settings: p.settings, Contacts: &webapi.Contacts{}, Bank: relaybank.New(2),
		Identity: webapi.Identity{Model: "R29", MAC: fmt.Sprintf("0C11050000%02X", n), Firmware: "29.30.10.205"},
		Changed: func([]string) {
			if p.changed != nil {
				p.changed()
			}
		},
		Answered: func() {
			if p.answered != nil {
				p.answered()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	p.Server = server
	for _, shape := range shaped {
		if err := shape(server); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = server.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return p
}

func (s *site) raised(code health.Code, id domain.DeviceID) bool {
	for _, c := range s.health.List() {
		if c.Code == code && c.About.Device == id {
			return true
		}
	}
	return false
}

// shows DEV-02 EDGE-11/R27 by agent/provision/step.go: "t.ask = Write{}"
func TestRun_DeviceIsBroughtToTheDocumentAndKeptThere(t *testing.T) {
	s, p := newSite(t), newPhone(t, 1)
	id := s.add(1, p.Addr().String())
	s.run()
	r := s.desk.until(t, id, applied(1))
	if r.Model != "R29" || r.Firmware != "29.30.10.205" || r.Address != p.Addr().String() {
		t.Fatalf("%+v", r)
	}
	if p.settings.Get("Config.Account1.GENERAL.UserName") != "4711000001" || p.settings.Get("Config.Account1.SIP.Server") != "127.0.0.1" || p.settings.Get("Config.DoorSetting.DTMF.Code1") != "#" {
		t.Fatal("the device does not hold the document")
	}
	writes := p.Counts().Writes
	v := s.edit(func(map[domain.DeviceID]domain.Device) {})
	s.desk.until(t, id, applied(v))
	if p.Counts().Writes != writes {
		t.Fatal("an edit elsewhere wrote to this device")
	}
	v = s.edit(func(d map[domain.DeviceID]domain.Device) { dev := d[id]; dev.Name = "Garden gate"; d[id] = dev })
	s.desk.until(t, id, applied(v))
	if p.settings.Get("Config.Account1.GENERAL.DisplayName") != "Garden gate" {
		t.Fatal("the edit did not reach the device")
	}
}

func TestRun_ARegistrationIsToldAtOnce(t *testing.T) {
	s := newSite(t)
	phone := newPhone(t, 1)
	id := s.add(1, phone.Addr().String())
	s.run()
	s.desk.until(t, id, applied(1))
	s.sip.Store(true)
	s.conv.Registered(id)
	s.desk.until(t, id, func(r wire.DeviceReport) bool { return r.SIP && r.State == wire.ReceiptApplied })
	s.sip.Store(false)
	s.conv.Registered(id)
	s.desk.until(t, id, func(r wire.DeviceReport) bool { return !r.SIP })
}

// The phone accepts every write and keeps none: the receipt falls back to held and a condition says so.
//
// shows BEY-07 by agent/provision/step.go: "case t.verifying:" => "case t.verifying && false:"
func TestRun_AcceptedAndForgottenIsNeverApplied(t *testing.T) {
	s, p := newSite(t), newPhone(t, 1)
	p.SetQuirks(webapi.Quirks{ForgetWrites: 1 << 30})
	id := s.add(1, p.Addr().String())
	s.run()
	s.desk.until(t, id, func(r wire.DeviceReport) bool { return r.Reason == domain.ReasonReadBack })
	if s.desk.ever(id, wire.ReceiptApplied) || !s.raised(health.ReadBackDiffers, id) {
		t.Fatalf("%+v", s.desk.reports[id])
	}
	p.SetQuirks(webapi.Quirks{})
	s.desk.until(t, id, applied(1)) // it is tried again, and then it is true
	if s.raised(health.ReadBackDiffers, id) {
		t.Fatal("the condition stays")
	}
}

// shows EDGE-11/R12 by agent/device/drivers.go: "return who, who.MAC == dev.MAC, nil" => "return who, true, nil"
func TestRun_AnotherMACIsAConflictAndIsNotTouched(t *testing.T) {
	s, p := newSite(t), newPhone(t, 9)
	id := s.add(1, p.Addr().String())
	s.run()
	r := s.desk.until(t, id, func(r wire.DeviceReport) bool { return r.State == wire.ReceiptFailed })
	if r.Reason != domain.ReasonWrongDevice || r.Online || p.Counts().Writes != 0 || !s.raised(health.DeviceConflict, id) {
		t.Fatalf("%+v", r)
	}
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	if len(s.desk.notes) != 1 || s.desk.notes[0].DeviceID != id || s.desk.notes[0].What != "wrong_device" {
		t.Fatalf("%+v", s.desk.notes)
	}
}

// shows EDGE-11 by agent/provision/provision.go: "const talkingAtOnce = 256" => "const talkingAtOnce = 2"
func TestFailure27_DeadDevicesDelayNobody(t *testing.T) {
	s := newSite(t)
	s.options.Answer = 10 * time.Second            // so long does each dead one hold up who waits for it
	hole, err := net.Listen("tcp4", "127.0.0.1:0") // takes connections and never says a word
	if err != nil {
		t.Fatal(err)
	}
	defer hole.Close()
	for n := byte(50); n < 200; n++ {
		s.add(n, hole.Addr().String())
	}
	var live []domain.DeviceID
	for n := byte(1); n <= 5; n++ {
		live = append(live, s.add(n, newPhone(t, n).Addr().String()))
	}
	began := time.Now()
	s.run()
	for _, id := range live {
		s.desk.until(t, id, applied(1))
	}
	if took := time.Since(began); took >= s.options.Answer {
		t.Fatalf("the living waited %s for the dead", took)
	}
	s.desk.until(t, domain.DeviceID{50}, func(r wire.DeviceReport) bool {
		return r.State == wire.ReceiptHeld && r.Reason == domain.ReasonUnreachable
	})
}

func TestRun_ManualAndForeignDevicesAreLeftAlone(t *testing.T) {
	s, p := newSite(t), newPhone(t, 1)
	id := s.add(1, p.Addr().String())
	dev := s.view.Devices[id]
	dev.Driver = domain.DriverManual
	s.view.Devices[id] = dev
	other := s.add(2, newPhone(t, 2).Addr().String())
	foreign := s.view.Devices[other]
	foreign.GroupID = domain.GroupID{7}
	s.view.Devices[other] = foreign
	s.run()
	s.desk.until(t, id, func(r wire.DeviceReport) bool { return r.State == wire.ReceiptManual && r.Version == 1 })
	v := s.edit(func(map[domain.DeviceID]domain.Device) {})
	s.desk.until(t, id, func(r wire.DeviceReport) bool { return r.State == wire.ReceiptManual && r.Version == v })
	if p.Counts().Requests != 0 || len(s.desk.reports[other]) != 0 {
		t.Fatal("a device was asked that is none of ours")
	}
	s.edit(func(d map[domain.DeviceID]domain.Device) { delete(d, id) })
}

func TestRegistrar_TheAddressADeviceReachesUsAt(t *testing.T) {
	for listen, want := range map[string]string{"0.0.0.0:5060": "127.0.0.1:5060", "10.1.2.3:5070": "10.1.2.3:5070"} {
		got, ok := provision.Registrar(netip.MustParseAddrPort(listen))(netip.MustParseAddr("127.0.0.1"))
		if !ok || got.String() != want {
			t.Errorf("%s: %s", listen, got)
		}
	}
}
