package wire

// TrunkState is where an agent stands with the carrier of its site.
type TrunkState string

// Trunk states. Only with Registered and Ready are landlines called.
const (
	TrunkOff         TrunkState = "off"         // the document switches it off
	TrunkConnecting  TrunkState = "connecting"  // not registered yet
	TrunkRegistered  TrunkState = "registered"  // the carrier took the registration
	TrunkReady       TrunkState = "ready"       // the carrier knows the site by its address: nothing to register
	TrunkRefused     TrunkState = "refused"     // the carrier said no; Reason has its words
	TrunkUnreachable TrunkState = "unreachable" // the carrier does not answer
)

// TrunkReport is what an agent tells of the trunk: how it stands, and what of its limits is used up.
type TrunkReport struct {
	State    TrunkState `cbor:"1,keyasint"`
	Reason   string     `cbor:"2,keyasint,omitempty"` // the carrier's status, such as 403 Forbidden
	Day      string     `cbor:"3,keyasint,omitempty"` // 2026-11-28, in the zone of the site
	Minutes  int        `cbor:"4,keyasint,omitempty"` // used that day
	Calls    int        `cbor:"5,keyasint,omitempty"` // now
	Refusals int        `cbor:"6,keyasint,omitempty"` // that day, by the limits
	Refused  string     `cbor:"7,keyasint,omitempty"` // by which limit the last one
}
