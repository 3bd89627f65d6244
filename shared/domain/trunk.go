package domain

import (
	"regexp"
	"slices"
	"strconv"

	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Trunk is a site's way to the telephone network: an account at a SIP carrier, or the address of one that knows the site by its own (CALL-09). The
// agents of the site call stored landline numbers over it, and nothing else.
type Trunk struct {
	SiteID    SiteID         `cbor:"1,keyasint"`
	Host      string         `cbor:"2,keyasint"` // name or IPv4 address of the carrier
	Port      int            `cbor:"3,keyasint,omitempty"`
	Transport TrunkTransport `cbor:"4,keyasint"`
	Register  bool           `cbor:"5,keyasint,omitempty"` // the agent registers; else the carrier knows the site's address
	User      string         `cbor:"6,keyasint,omitempty"`
	Password  secret.String  `cbor:"7,keyasint"`           // sealed at rest, never returned
	CallerID  string         `cbor:"8,keyasint,omitempty"` // E.164; what the called telephone shows
	Enabled   bool           `cbor:"9,keyasint,omitempty"`
	Limits    TrunkLimits    `cbor:"10,keyasint"`

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// TrunkTransport is how the agent speaks with the carrier.
type TrunkTransport string

// Transports of a trunk.
const (
	TrunkUDP TrunkTransport = "udp"
	TrunkTLS TrunkTransport = "tls"
)

// TrunkLimits bound what a trunk can cost, whatever goes wrong.
type TrunkLimits struct {
	Countries    []string `cbor:"1,keyasint" json:"countries"`     // ISO 3166-1 alpha-2; no other number is called
	Calls        int      `cbor:"2,keyasint" json:"calls"`         // at once
	DayMinutes   int      `cbor:"3,keyasint" json:"day_minutes"`   // of all calls of a day in the site's zone, each begun minute counts
	CallMinutes  int      `cbor:"4,keyasint" json:"call_minutes"`  // of one call, which is hung up then
	AlarmMinutes int      `cbor:"5,keyasint" json:"alarm_minutes"` // used in a day: an alarm is raised
}

// Bounds and defaults of a trunk.
const (
	MaxTrunkCountries  = 20
	MaxTrunkCalls      = 20
	MaxTrunkDay        = 24 * 60
	MaxTrunkCall       = 60
	MaxTrunkWord       = 128 // characters of user and password
	DefaultTrunkCalls  = 2
	DefaultTrunkDay    = 120
	DefaultTrunkCall   = 10
	trunkAlarmPercent  = 80
	trunkPortPlain     = 5060
	trunkPortEncrypted = 5061
)

var (
	trunkHost = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$`)
	trunkUser = regexp.MustCompile(`^[A-Za-z0-9._+-]{1,64}$`)
	e164      = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
)

// Defaults fills in what was left empty.
func (t *Trunk) Defaults() {
	fill := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	if t.Transport == "" {
		t.Transport = TrunkUDP
	}
	fill(&t.Limits.Calls, DefaultTrunkCalls)
	fill(&t.Limits.DayMinutes, DefaultTrunkDay)
	fill(&t.Limits.CallMinutes, min(DefaultTrunkCall, max(t.Limits.DayMinutes, 1)))
	fill(&t.Limits.AlarmMinutes, max(1, t.Limits.DayMinutes*trunkAlarmPercent/100))
}

// PortOf is the port that is spoken with: the given one, else the usual one of the transport (RFC 3261 section 19.1.2).
func (t Trunk) PortOf() int {
	switch {
	case t.Port != 0:
		return t.Port
	case t.Transport == TrunkTLS:
		return trunkPortEncrypted
	}
	return trunkPortPlain
}

// Validate checks the form of a trunk.
func (t Trunk) Validate() error {
	var f fault.Fields
	f.Check(trunkHost.MatchString(t.Host), "host", "A name or an IPv4 address, such as sip.example.com.")
	f.Check(t.Port >= 0 && t.Port <= 65535, "port", "1 to 65535; empty means %d, or %d with TLS.", trunkPortPlain, trunkPortEncrypted)
	f.Check(t.Transport == TrunkUDP || t.Transport == TrunkTLS, "transport", "udp or tls.")
	f.Check(t.User == "" || trunkUser.MatchString(t.User), "user", "1 to 64 letters, digits and . _ + -")
	f.Check(t.User != "" || !t.Register, "user", "The carrier's user name; a trunk that registers needs one.")
	password := t.Password.Reveal()
	f.Check(password != "" || !t.Register, "password", "The carrier's password; a trunk that registers needs one.")
	f.Check(password == "" || t.User != "", "user", "The user name that the password belongs to.")
	f.Check(len(password) <= MaxTrunkWord && (password == "" || printable(password)), "password", "At most %d printable characters.", MaxTrunkWord)
	f.Check(t.CallerID == "" || e164.MatchString(t.CallerID), "caller_id", "A number with country code, such as +49301234567.")
	t.Limits.validate(&f, "limits.")
	return f.Err()
}

func (l TrunkLimits) validate(f *fault.Fields, at string) {
	f.Check(len(l.Countries) >= 1, at+"countries", "At least one country; numbers of others are never called.")
	f.Check(len(l.Countries) <= MaxTrunkCountries, at+"countries", "At most %d countries.", MaxTrunkCountries)
	for i, country := range l.Countries {
		path := at + "countries[" + strconv.Itoa(i) + "]"
		f.Check(HasNumbers(country), path, "A country such as DE.")
		f.Check(!slices.Contains(l.Countries[:i], country), path, "Each country once.")
	}
	f.Check(l.Calls >= 1 && l.Calls <= MaxTrunkCalls, at+"calls", "1 to %d calls at once.", MaxTrunkCalls)
	f.Check(l.DayMinutes >= 1 && l.DayMinutes <= MaxTrunkDay, at+"day_minutes", "1 to %d minutes a day.", MaxTrunkDay)
	f.Check(l.CallMinutes >= 1 && l.CallMinutes <= MaxTrunkCall, at+"call_minutes", "1 to %d minutes a call.", MaxTrunkCall)
	f.Check(l.AlarmMinutes >= 1 && l.AlarmMinutes <= max(1, l.DayMinutes), at+"alarm_minutes", "1 to the minutes a day.")
}

// Allows tells whether the limits let a number in E.164 be called. Where countries share their numbers, as the United States and Canada do, it is
// enough that one of them is allowed.
func (l TrunkLimits) Allows(number string) bool {
	return slices.ContainsFunc(CountriesOf(number), func(country string) bool { return slices.Contains(l.Countries, country) })
}
