package capability

import "slices"

// Act is something that is done to a device over the LAN.
type Act string

// The acts.
const (
	Identify  Act = "identify"  // ask who it is
	Configure Act = "configure" // write its settings and contacts, and read them back
	Open      Act = "open"      // move its own relay
	Reboot    Act = "reboot"
	Reset     Act = "reset"
	Lines     Act = "lines"    // carry out AutoP lines
	Keys      Act = "keys"     // keep PINs and cards of people, and read them back
	Snapshot  Act = "snapshot" // a picture, and the address of its stream
	File      Act = "file"     // it fetches a provisioning file
)

// acts are what each driver can do, by the driver's name. What is not here is never tried.
var acts = map[string][]Act{
	"akuvox":    {Identify, Configure, Open, Reboot, Reset, Lines, Keys, File},
	"2n":        {Identify, Configure, Open, Reboot, Reset, Keys, Snapshot},
	"onvif":     {Identify, Snapshot},
	"sip":       {File},
	"web_relay": {Identify, Configure, Open},
	"manual":    {File},
}

// Can tells whether a device of that driver can do an act. A driver that nobody knows can do nothing.
func Can(driver string, act Act) bool { return slices.Contains(acts[driver], act) }

// Acts lists what devices of that driver can do.
func Acts(driver string) []Act { return slices.Clone(acts[driver]) }
