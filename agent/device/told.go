package device

import (
	"net/url"

	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Happening is what a device says happened at it.
type Happening string

// Happenings.
const (
	Opened   Happening = "opened"    // somebody was let in by Way
	Denied   Happening = "denied"    // somebody was not
	RelayOn  Happening = "relay_on"  // relay Number moved
	RelayOff Happening = "relay_off" // and came back
	InputOn  Happening = "input_on"  // input Number was triggered
	InputOff Happening = "input_off" // and is at rest
	Alarmed  Happening = "alarmed"   // Alarm
	Unlogged Happening = "unlogged"  // the device lives; what it says is in the log otherwise
)

// Told is what a device says, in our words.
type Told struct {
	What   Happening
	Number int          // of the relay, input or door, from 1; 0: not said
	Way    domain.Means // of Opened and Denied
	Alarm  domain.Alarm
	User   string        // whom the device knows by that name of its own; empty: not said
	Card   secret.String // a card's number; of a code nothing is kept
}

// Teller reads what devices of one maker send by themselves. What they send is hostile: false is for everything that is not known.
type Teller interface {
	// Callback reads the call of an action URL: the name of the event and what the device put in for variables.
	Callback(event string, values url.Values) (Told, bool)
	// Line reads one syslog message, without its head.
	Line(text string) (Told, bool)
}

// Callbacks is where a device says what happens at it. The zero value: nowhere.
type Callbacks struct {
	URL    secret.String // ends with a slash; the name of the event and variables come behind it. It holds the secret of the device
	Syslog string        // host:port of syslog over UDP; empty: none
}
