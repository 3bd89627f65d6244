package api

import (
	"strconv"

	"vestibule/shared/domain"
)

// DeviceForm is what a device has beside identity, place and relays. Absent fields are off or empty, which is how every device begins.
type DeviceForm struct {
	NoMonitoring   bool           `json:"no_monitoring,omitempty" doc:"Users may not watch it."`
	NoInternet     bool           `json:"no_internet,omitempty" doc:"It has no internet access and reaches apps through a monitor; then address is needed."`
	WorksOffline   bool           `json:"works_offline,omitempty" doc:"The monitor that transfers calls of doors without internet access; one per apartment."`
	Buildings      []string       `json:"buildings,omitempty" nullable:"false" doc:"Whose residents may control it; none: all."`
	ContactDisplay string         `json:"contact_display,omitempty" doc:"numbers, the default, or all."`
	Directory      *Directory     `json:"directory,omitempty" doc:"Who stands on its contact screen; absent: everybody."`
	HoldOpen       bool           `json:"hold_open,omitempty" doc:"The master of the home may hold the door open."`
	Arming         bool           `json:"arming,omitempty" doc:"A monitor arms and disarms."`
	SecurityRelay  *SecurityRelay `json:"security_relay,omitempty" doc:"An SR01 wired to a door phone."`
	BuiltIn        []BuiltInRelay `json:"built_in,omitempty" nullable:"false" doc:"Relays inside a monitor."`
	External       *ExternalRelay `json:"external,omitempty" doc:"The relay board attached to a monitor."`
	Module         string         `json:"module,omitempty" doc:"MD06 or MD12, of an R20K or R20B."`
	Buttons        []ButtonTarget `json:"buttons,omitempty" nullable:"false" doc:"What the module's buttons call."`
	Model          string         `json:"model,omitempty" doc:"As the installer says, until the device tells its own."`
	Connection     string         `json:"connection,omitempty" doc:"How its SIP reaches the agent: udp, the default, tcp or tls."`
}

// Directory selects who stands on a door phone's contact screen.
type Directory struct {
	Apartments []string `json:"apartments" required:"false" nullable:"false"`
	Devices    []string `json:"devices" required:"false" nullable:"false" doc:"Monitors."`
}

// SecurityRelay is an SR01.
type SecurityRelay struct {
	Name string `json:"name" required:"false"`
	DTMF string `json:"dtmf" required:"false" doc:"One of 0-9, * or #."`
}

// BuiltInRelay is a relay inside a monitor.
type BuiltInRelay struct {
	Number int    `json:"number" required:"false" doc:"1 or 2."`
	Name   string `json:"name" required:"false"`
	On     bool   `json:"on" required:"false"`
}

// ExternalRelay is a relay board attached to a monitor.
type ExternalRelay struct {
	Type     string            `json:"type" required:"false" doc:"MK485, HF-8000 or RSAC-C1-R8."`
	Mode     string            `json:"mode" required:"false" doc:"rs485, rs485_input_non_latching, rs485_input_latching or ethernet, as far as the type has it."`
	Address  string            `json:"address,omitempty" doc:"IPv4, in Ethernet mode alone."`
	Port     int               `json:"port,omitempty" doc:"1 to 65535, in Ethernet mode alone."`
	Channels []ExternalChannel `json:"channels" required:"false" nullable:"false"`
	Wire     *ExternalWire     `json:"wire,omitempty" doc:"How the building drives the board; absent: the monitor does."`
}

// ExternalWire is how the agent reaches the board of a monitor.
type ExternalWire struct {
	Profile  string `json:"profile" required:"false" doc:"The register map that the board speaks: modbus-coils, waveshare or eletechsup."`
	Unit     int    `json:"unit" required:"false" doc:"1 to 247."`
	Port     string `json:"port,omitempty" doc:"The serial port of the agent, such as /dev/ttyUSB0; in RS485 modes alone."`
	Baud     int    `json:"baud,omitempty" doc:"9600 by default; in RS485 modes alone."`
	Parity   string `json:"parity,omitempty" doc:"none, the default, even or odd; in RS485 modes alone."`
	StopBits int    `json:"stop_bits,omitempty" doc:"1, the default, or 2; in RS485 modes alone."`
}

// ExternalChannel is one relay of the board.
type ExternalChannel struct {
	Number   int    `json:"number" required:"false" doc:"1-based, as many as the type has."`
	Name     string `json:"name" required:"false" doc:"Once on the board."`
	Function string `json:"function,omitempty" doc:"What is connected to it."`
}

// ButtonTarget is what a button of a module calls.
type ButtonTarget struct {
	Button      int    `json:"button" required:"false" doc:"1-based."`
	ApartmentID string `json:"apartment_id" required:"false"`
}

// form reads the form; an id that is none is told at its place.
func (i DeviceForm) form(f *ids, at string) domain.DeviceForm {
	out := domain.DeviceForm{
		NoMonitoring: i.NoMonitoring, NoInternet: i.NoInternet, WorksOffline: i.WorksOffline, ContactDisplay: domain.ContactDisplay(i.ContactDisplay),
		HoldOpen: i.HoldOpen, Arming: i.Arming, Module: domain.Module(i.Module), Model: i.Model, Connection: domain.Connection(i.Connection),
		Buildings: bodyIDs[domain.BuildingID](f, at+"buildings", i.Buildings),
	}
	if x := i.Directory; x != nil {
		out.Directory = &domain.Directory{
			Apartments: bodyIDs[domain.ApartmentID](f, at+"directory.apartments", x.Apartments), Devices: bodyIDs[domain.DeviceID](f, at+"directory.devices", x.Devices),
		}
	}
	if x := i.SecurityRelay; x != nil {
		out.SecurityRelay = &domain.SecurityRelay{Name: x.Name, DTMF: x.DTMF}
	}
	for _, r := range i.BuiltIn {
		out.BuiltIn = append(out.BuiltIn, domain.BuiltInRelay(r))
	}
	if x := i.External; x != nil {
		out.External = &domain.ExternalRelay{Type: domain.ExternalRelayType(x.Type), Mode: domain.ExternalRelayMode(x.Mode), Address: x.Address, Port: x.Port}
		for _, c := range x.Channels {
			out.External.Channels = append(out.External.Channels, domain.ExternalChannel(c))
		}
		if w := x.Wire; w != nil {
			out.External.Wire = &domain.ExternalWire{
				Profile: domain.BoardProfile(w.Profile), Unit: w.Unit, Port: w.Port, Baud: w.Baud, Parity: domain.Parity(w.Parity), StopBits: w.StopBits,
			}
		}
	}
	for n, b := range i.Buttons {
		path := at + "buttons[" + strconv.Itoa(n) + "].apartment_id"
		out.Buttons = append(out.Buttons, domain.ButtonTarget{Button: b.Button, ApartmentID: bodyID[domain.ApartmentID](f, path, b.ApartmentID)})
	}
	return out
}

func bodyIDs[T ~[16]byte](f *ids, path string, texts []string) []T {
	out := make([]T, 0, len(texts))
	for n, text := range texts {
		at := path + "[" + strconv.Itoa(n) + "]"
		f.Check(text != "", at, "This is not an id.")
		out = append(out, bodyID[T](f, at, text))
	}
	return out
}

func showDeviceForm(d domain.DeviceForm) DeviceForm {
	out := DeviceForm{
		NoMonitoring: d.NoMonitoring, NoInternet: d.NoInternet, WorksOffline: d.WorksOffline, ContactDisplay: string(d.ContactDisplay),
		HoldOpen: d.HoldOpen, Arming: d.Arming, Module: string(d.Module), Model: d.Model, Connection: string(d.Connection), Buildings: texts(d.Buildings),
	}
	if x := d.Directory; x != nil {
		out.Directory = &Directory{Apartments: texts(x.Apartments), Devices: texts(x.Devices)}
	}
	if x := d.SecurityRelay; x != nil {
		out.SecurityRelay = &SecurityRelay{Name: x.Name, DTMF: x.DTMF}
	}
	for _, r := range d.BuiltIn {
		out.BuiltIn = append(out.BuiltIn, BuiltInRelay(r))
	}
	if x := d.External; x != nil {
		out.External = &ExternalRelay{Type: string(x.Type), Mode: string(x.Mode), Address: x.Address, Port: x.Port, Channels: []ExternalChannel{}}
		for _, c := range x.Channels {
			out.External.Channels = append(out.External.Channels, ExternalChannel(c))
		}
		if w := x.Wire; w != nil {
			out.External.Wire = &ExternalWire{Profile: string(w.Profile), Unit: w.Unit, Port: w.Port, Baud: w.Baud, Parity: string(w.Parity), StopBits: w.StopBits}
		}
	}
	for _, b := range d.Buttons {
		out.Buttons = append(out.Buttons, ButtonTarget{Button: b.Button, ApartmentID: text(b.ApartmentID)})
	}
	return out
}

func texts[K any](ids []domain.ID[K]) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = text(id)
	}
	return out
}
