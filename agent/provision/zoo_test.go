package provision_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/device"
	"vestibule/agent/health"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/sim/webapi"
	"vestibule/shared/wire"
)

func soak() bool { return os.Getenv("VESTIBULE_SOAK") != "" }

// patience is how long a report is waited for: a soak has devices that take their time.
func patience() time.Duration {
	if soak() {
		return 3 * time.Minute
	}
	return time.Minute
}

// animal is a device with a bad habit, and what people must be told of it.
type animal struct {
	name   string
	quirks webapi.Quirks
	code   health.Code // empty: nothing is wrong with it
	state  wire.ReceiptState
	reason domain.Reason
	detail string // what the condition says
}

var zoo = []animal{
	{name: "bytes after its JSON", quirks: webapi.Quirks{TrailingJunk: true}, state: wire.ReceiptApplied},
	{"closed to everybody", webapi.Quirks{Closed: true}, health.DeviceRefuses, wire.ReceiptFailed, domain.ReasonDevice, "closed to this agent"},
	{"200 with retcode -3", webapi.Quirks{Retcode: -3}, health.DeviceRefuses, wire.ReceiptFailed, domain.ReasonDevice, "retcode -3"},
	{"pages of ten for ever", webapi.Quirks{EndlessPages: true}, health.DeviceRefuses, wire.ReceiptFailed, domain.ReasonDevice, "no end"},
	{"a page to log in at", webapi.Quirks{LoginPage: true}, health.DeviceRefuses, wire.ReceiptFailed, domain.ReasonDevice, "page for people"},
	{"two gigabytes", webapi.Quirks{Flood: true}, health.DeviceRefuses, wire.ReceiptFailed, domain.ReasonDevice, "over the limit"},
	{"values cut at 63 characters", webapi.Quirks{Cut: 63}, health.ReadBackDiffers, wire.ReceiptHeld, domain.ReasonReadBack, "DisplayName"},
	{"a liar", webapi.Quirks{ForgetWrites: 1 << 30}, health.ReadBackDiffers, wire.ReceiptHeld, domain.ReasonReadBack, "Config."},
}

// mostOfAFlood is far more than the agent reads of an answer, and far less than a flood has: what lies in sockets counts too.
const mostOfAFlood = 64 << 20

// Each device of the zoo is told of by its own condition, none is written to in vain for ever, and when it behaves it is applied and the condition goes.
//
// shows BEY-16 by agent/device/akuvox/client.go: "case a.Status == http.StatusForbidden:" => "case a.Status == 1:"
// shows BEY-16 by agent/device/akuvox/client.go: "case bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte(\"<\")):" => "case a.Status == 1:"
// shows BEY-16 by agent/device/akuvox/phone.go: "if repeats(all, len(data.Item), same) {" => "if false {"
func TestZoo_EachBadHabitHasItsCondition(t *testing.T) {
	s := newSite(t)
	phones, ids := map[string]*phone{}, map[string]domain.DeviceID{}
	for i, a := range zoo {
		p := newPhone(t, byte(i+1))
		p.SetQuirks(a.quirks)
		phones[a.name], ids[a.name] = p, s.add(byte(i+1), p.Addr().String())
		dev := s.view.Devices[ids[a.name]]
		dev.Name = strings.Repeat("N", domain.MaxDeviceName)
		s.view.Devices[dev.ID] = dev
	}
	s.run()
	for _, a := range zoo {
		s.desk.until(t, ids[a.name], func(r wire.DeviceReport) bool { return r.State == a.state && r.Reason == a.reason && r.Online })
		if detail, raised := s.says(a.code, ids[a.name]); raised != (a.code != "") || !strings.Contains(detail, a.detail) {
			t.Errorf("%s: condition %v says %q, want %s about %q", a.name, raised, detail, a.code, a.detail)
		}
		if a.code != "" && s.desk.ever(ids[a.name], wire.ReceiptApplied) {
			t.Errorf("%s was called applied", a.name)
		}
		if n := phones[a.name].Counts().Flooded; n > mostOfAFlood {
			t.Errorf("%s: %d bytes were taken", a.name, n)
		}
	}
	for _, a := range zoo {
		phones[a.name].SetQuirks(webapi.Quirks{})
	}
	for _, a := range zoo {
		s.desk.until(t, ids[a.name], applied(1))
		s.until("the condition of "+a.name+" goes", func() bool { return a.code == "" || !s.raised(a.code, ids[a.name]) })
	}
}

// says gives what a condition of a device says.
func (s *site) says(code health.Code, id domain.DeviceID) (detail string, raised bool) {
	for _, c := range s.health.List() {
		if c.Code == code && c.About.Device == id {
			return c.Detail, true
		}
	}
	return "", false
}

// Two devices of the document say that they are at one address: the one that answers there is set up, the other is a conflict, and nothing of it is
// written to the first.
//
// shows BEY-16 EDGE-11/R12 by agent/device/drivers.go: "return who, who.MAC == dev.MAC, nil" => "return who, true, nil"
func TestZoo_TwoDevicesWithOneAddress(t *testing.T) {
	s, p := newSite(t), newPhone(t, 1)
	real, ghost := s.add(1, p.Addr().String()), s.add(2, p.Addr().String())
	dev := s.view.Devices[ghost]
	dev.SIPUser, dev.Name = "4711000002", "Ghost"
	s.view.Devices[ghost] = dev
	s.run()
	s.desk.until(t, real, applied(1))
	s.desk.until(t, ghost, func(r wire.DeviceReport) bool { return r.Reason == domain.ReasonWrongDevice && !r.Online })
	if detail, raised := s.says(health.DeviceConflict, ghost); !raised || !strings.Contains(detail, "0C1105000001") {
		t.Errorf("the condition says %q", detail)
	}
	if user := p.settings.Get("Config.Account1.GENERAL.UserName"); user != "4711000001" {
		t.Errorf("the device holds the account %q", user)
	}
}

// A device that restarts after a write keeps its receipt at written until it is back and shows what it holds; nobody calls it broken meanwhile.
//
// shows BEY-16 by agent/provision/fault.go: "if !t.Manual && t.Report.State != wire.ReceiptApplied && t.Report.State != wire.ReceiptWritten {" => "if !t.Manual {"
func TestZoo_ASlowRestartAfterAWrite(t *testing.T) {
	away := 8 * time.Second // more than one look at it
	if soak() {
		away = 40 * time.Second // as old devices take
	}
	s, p := newSite(t), newPhone(t, 1)
	answers := -1 // since the write, its own among them
	p.changed = func() { answers = 0 }
	p.answered = func() { // one at a time
		if answers < 0 {
			return
		}
		if answers++; answers == 2 { // the write is over, and the reading back begins
			p.SetDark(true)
			time.AfterFunc(away, func() { p.Restarted(); p.SetDark(false) })
		}
	}
	id := s.add(1, p.Addr().String())
	s.run()
	began := time.Now()
	s.desk.until(t, id, applied(1))
	if time.Since(began) < away {
		t.Errorf("applied after %v, though the device was away for %v", time.Since(began), away)
	}
	if states := s.desk.states(id); !slices.Equal(states, []wire.ReceiptState{wire.ReceiptHeld, wire.ReceiptWritten, wire.ReceiptApplied}) {
		t.Errorf("the receipt stood at %v", states)
	}
	if s.desk.ever(id, wire.ReceiptFailed) || s.raised(health.DeviceRefuses, id) || s.raised(health.ReadBackDiffers, id) {
		t.Errorf("a restart was called a fault: %+v", s.health.List())
	}
}

// pinboard keeps certificates as the agent's store does.
type pinboard struct {
	mu   sync.Mutex
	kept map[domain.DeviceID]device.Pin
	with map[domain.DeviceID][32]byte
}

func (b *pinboard) Pin(id domain.DeviceID, proof [32]byte) device.Pin {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.with[id] != proof {
		return device.Pin{}
	}
	return b.kept[id]
}

func (b *pinboard) SetPin(id domain.DeviceID, proof [32]byte, pin device.Pin) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept[id], b.with[id] = pin, proof
}

// A device that was adopted over HTTPS and shows another certificate is not used and nothing is sent to it, until it has new credentials: then it is
// adopted anew.
//
// shows BEY-16 by agent/device/web/secure.go: "if wanted.Port != 0 && shown.Sum != wanted.Sum {" => "if false {"
// shows BEY-16 by agent/device/drivers.go: "d.adopt(e, dev)"
func TestZoo_ACertificateThatChanged(t *testing.T) {
	s := newSite(t)
	s.pins = &pinboard{kept: map[domain.DeviceID]device.Pin{}, with: map[domain.DeviceID][32]byte{}}
	p := newPhone(t, 1, (*webapi.Server).Secure)
	id := s.add(1, p.Addr().String())
	s.run()
	s.desk.until(t, id, applied(1))
	if err := p.NewCertificate(); err != nil {
		t.Fatal(err)
	}
	before := p.Counts()
	s.edit(func(d map[domain.DeviceID]domain.Device) { dev := d[id]; dev.Name = "Side gate"; d[id] = dev })
	s.desk.until(t, id, func(r wire.DeviceReport) bool {
		return r.State == wire.ReceiptFailed && r.Reason == domain.ReasonWrongDevice && !r.Online
	})
	if detail, raised := s.says(health.DeviceConflict, id); !raised || !strings.Contains(detail, "another certificate") {
		t.Errorf("the condition says %q", detail)
	}
	if after := p.Counts(); after != before {
		t.Errorf("it was talked to: %+v, before %+v", after, before)
	}
	p.SetPassword("new")
	s.mu.Lock()
	next := *s.view
	next.Credentials = map[domain.DeviceID]domain.Credential{id: {DeviceID: id, SIPPassword: secret.New("sip"), APIUser: "api", APIPassword: secret.New("new")}}
	s.view = &next
	s.mu.Unlock()
	v := s.edit(func(d map[domain.DeviceID]domain.Device) { dev := d[id]; dev.Name = "Back gate"; d[id] = dev })
	s.desk.until(t, id, applied(v))
	if s.raised(health.DeviceConflict, id) {
		t.Error("the condition stays")
	}
}
