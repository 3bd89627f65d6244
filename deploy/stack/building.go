package stack

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"vestibule/shared/sim"
)

// Names of the sample building.
const (
	SiteName  = "Sample Court"
	Entrance  = "Main entrance"
	Board     = "Relay board"
	EntryCode = "#" // moves the entrance's own relay
	GarageKey = "*" // moves the first coil of the board
)

// role is what a device of the sample building is there for.
type role struct {
	name      string
	apartment string // number; empty: a door phone
	dtmf      string // how it sends digits
	model     string
}

var roles = []role{
	{name: Entrance, dtmf: "info", model: "R29"},
	{name: "Monitor 101 living room", apartment: "101", dtmf: "info", model: "C313"},
	{name: "Monitor 101 hall", apartment: "101", dtmf: "rfc4733", model: "C313"},
	{name: "Monitor 102", apartment: "102", dtmf: "info", model: "C313"},
	{name: "Monitor 201", apartment: "201", dtmf: "info", model: "C313"},
}

var apartments = []string{"101", "102", "201"}

// people live in the sample building; they are invented.
var people = []struct{ apartment, first, last, email string }{
	{"101", "Ada", "Berger", "ada@example.com"},
	{"101", "Milo", "Berger", "milo@example.com"},
	{"102", "Nora", "Lind", "nora@example.com"},
	{"201", "Tariq", "Okafor", "tariq@example.com"},
}

// hardware is what a simulated device is born with.
type hardware struct {
	MAC         string `json:"mac"`
	APIPassword string `json:"api_password"`
}

// apiUser is the user name of every simulated device's web interface.
const apiUser = "installer"

// newHardware makes an address that no other stack on this machine has.
func newHardware() hardware {
	tail := make([]byte, 3)
	_, _ = rand.Read(tail) // never fails
	return hardware{MAC: "0C1105" + strings.ToUpper(hex.EncodeToString(tail)), APIPassword: rand.Text()}
}

// announced is the name a device gives itself on the LAN; it must be its own even when two stacks share the loopback.
func (r role) announced(h hardware) string { return r.model + "-" + h.MAC }

func (s *Stack) openBuilding() error {
	cfg := sim.Config{MDNS: s.cfg.MDNS, Control: "127.0.0.1:0", Boards: []sim.BoardConfig{{Name: Board, Port: s.kept.BoardPort}}}
	for _, r := range roles {
		h := s.kept.Hardware[r.name]
		device := sim.DeviceConfig{Name: r.announced(h), MAC: h.MAC, Model: r.model, APIUser: apiUser, APIPassword: h.APIPassword}
		if r.apartment == "" {
			cfg.DoorPhones = append(cfg.DoorPhones, sim.DoorPhoneConfig{DeviceConfig: device})
			continue
		}
		cfg.Monitors = append(cfg.Monitors, sim.MonitorConfig{DeviceConfig: device})
	}
	var err error
	s.building, err = sim.New(cfg)
	if err != nil {
		return err
	}
	s.kept.BoardPort = int(s.building.Board(Board).Addr().Port())
	return nil
}

// Phone is the simulated door phone at the main entrance.
func (s *Stack) Phone() *sim.DoorPhone {
	return s.building.DoorPhone(roles[0].announced(s.kept.Hardware[Entrance]))
}

// Monitor is the simulated monitor with that name of the sample building.
func (s *Stack) Monitor(name string) *sim.Monitor {
	for _, r := range roles {
		if r.name == name {
			return s.building.Monitor(r.announced(s.kept.Hardware[name]))
		}
	}
	return nil
}

// device is the simulated device with that name of the sample building.
func (s *Stack) device(name string) *sim.Device {
	if name == Entrance {
		return s.Phone().Device
	}
	return s.Monitor(name).Device
}

// registrations is how often any device asked the registrar.
func (s *Stack) registrations() int {
	n := 0
	for _, r := range roles {
		for _, a := range s.device(r.name).State().Accounts {
			n += a.Attempts
		}
	}
	return n
}

// Relays is the simulated relay board.
func (s *Stack) Relays() *sim.Board { return s.building.Board(Board) }

// Monitors are the names of all monitors, those of the first apartment first.
func (s *Stack) Monitors() []string {
	var names []string
	for _, r := range roles {
		if r.apartment != "" {
			names = append(names, r.name)
		}
	}
	return names
}

// DigitBy is how a monitor sends digits: a word of package sim.
func (s *Stack) DigitBy(monitor string) string {
	for _, r := range roles {
		if r.name == monitor && r.dtmf == "rfc4733" {
			return sim.ByRFC4733
		}
	}
	return sim.ByInfo
}

// create makes the sample building through the public API.
func (s *Stack) create(ctx context.Context) error {
	sample, err := NewSite(ctx, s.Client, SiteName, apartments...)
	if err != nil {
		return err
	}
	for _, p := range people {
		form := map[string]any{"apartment_id": sample.Apartments[p.apartment], "first_name": p.first, "last_name": p.last, "email": p.email}
		if err := s.Client.Do(ctx, "POST", sample.Path("/people"), form, nil); err != nil {
			return err
		}
	}
	board, err := sample.AddBoard(ctx, s.Client, Board, s.building.Board(Board).Addr().String())
	if err != nil {
		return err
	}
	for _, r := range roles {
		h := s.kept.Hardware[r.name]
		form := DeviceForm{Type: 2, MAC: h.MAC, Name: r.name, Driver: "akuvox", DTMFMethod: r.dtmf, APIUser: apiUser, APIPassword: h.APIPassword}
		form.ApartmentID = sample.Apartments[r.apartment]
		if r.apartment == "" {
			form.Type = 0
			form.Relays = []RelayForm{
				{Number: 1, Name: "Entrance door", Enabled: true, DTMF: EntryCode, Mode: "momentary", HoldMS: 3000},
				{Number: 2, Name: "Garage", Enabled: true, DTMF: GarageKey, Mode: "momentary", HoldMS: 2000, BoardID: board, Channel: 1},
			}
		}
		if _, err := sample.AddDevice(ctx, s.Client, form); err != nil {
			return err
		}
	}
	s.Sample, s.kept.Sample = sample, sample
	return s.kept.save(s.dir)
}

// Standing is how far the stack is from being ready.
type Standing struct {
	Online     int // agents
	Applied    int // devices whose configuration was read back equal
	Total      int
	Registered int // devices that registered, as the API and the devices themselves say
}

// Ready tells whether everything that the stack has is in use.
func (n Standing) Ready() bool {
	return n.Online == 1 && n.Total == len(roles) && n.Applied == n.Total && n.Registered == len(roles)
}

// Standing asks the API.
func (s *Stack) Standing(ctx context.Context) (Standing, error) {
	var site struct {
		Online   int `json:"agents_online"`
		Receipts struct {
			Applied int `json:"applied"`
			Total   int `json:"total"`
		} `json:"receipts"`
	}
	var devices struct {
		Items []struct {
			Name   string `json:"name"`
			Status struct {
				SIP bool `json:"sip"`
			} `json:"status"`
		} `json:"items"`
	}
	err := errors.Join(s.Client.Do(ctx, "GET", s.Sample.Path(""), nil, &site), s.Client.Do(ctx, "GET", s.Sample.Path("/devices"), nil, &devices))
	n := Standing{Online: site.Online, Applied: site.Receipts.Applied, Total: site.Receipts.Total}
	for _, d := range devices.Items {
		if d.Status.SIP && s.device(d.Name).State().Registered {
			n.Registered++
		}
	}
	return n, err
}

// poll asks again and again until done says so or ctx ends.
func poll(ctx context.Context, done func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := done()
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-tick.C:
		}
	}
}
