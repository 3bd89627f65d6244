package device

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"vestibule/shared/capability"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
)

// Access is where a device is and how to sign in to it.
type Access struct {
	Addr     netip.AddrPort
	User     string
	Password secret.String
	Pin      Pin // the certificate of its adoption; zero: it has not been adopted over HTTPS
}

// Pin is a certificate of a device, by its key, and the port it was shown on. A port of 0 means none.
type Pin struct {
	Sum  [32]byte
	Port uint16
}

// Certified tells which certificate a device answered with last.
type Certified interface {
	Certificate() Pin
}

// Identity is what a device says about itself.
type Identity struct {
	MAC      domain.MAC
	Model    string
	Firmware string
}

// Identifier reads who a device is.
type Identifier interface {
	Identify(ctx context.Context) (Identity, error)
}

// Configurer writes what a device should know, and tells in which settings the device differs from it. Names of settings come back, never values.
type Configurer interface {
	Configure(ctx context.Context, want Wanted) error
	ReadBack(ctx context.Context, want Wanted) (Reading, error)
}

// Reading is how a device compares with what is wanted.
type Reading struct {
	Differing []string             // names of settings that the device holds otherwise; values never come here
	Missing   []capability.Feature // wanted, and the device has no setting for it
	Refused   []string             // AutoP settings that the device does not know, or that are the agent's own
	Factory   bool                 // nobody has set it up, or it was reset
}

// Opener pulses a device's own relay; a hold of 0 leaves it energised. It goes before anything else that waits for the device.
type Opener interface {
	Trigger(ctx context.Context, relay int, hold time.Duration) error
}

// Liner carries out AutoP lines of installers, in the words of the maker, and names the settings that the device does not hold.
type Liner interface {
	WriteLines(ctx context.Context, lines []domain.AutoPLine) error
	LinesMissing(ctx context.Context, lines []domain.AutoPLine) ([]string, error)
}

// Rebooter restarts a device. Reboot returns when the device has taken the order; how long it has been up tells when it is back.
type Rebooter interface {
	Reboot(ctx context.Context) error
	Uptime(ctx context.Context) (time.Duration, error)
}

// Resetter brings a device back to the factory's settings, which restarts it.
type Resetter interface {
	Rebooter
	Reset(ctx context.Context) error
}

// Driver is one device over the LAN. It is safe for concurrent use and sends one request at a time. Every error is an *Error. What else it can do is
// told by the interfaces that it has beside this, which package capability lists: nothing is tried to find out.
type Driver interface {
	Identifier
	// Use sets where and how the device is reached from now on.
	Use(access Access)
}

// Kind is what is known after an error.
type Kind string

// Kinds of errors.
const (
	Unreachable  Kind = "unreachable"  // nothing was sent
	Ambiguous    Kind = "ambiguous"    // sent, but no answer
	Unauthorised Kind = "unauthorised" // the device does not take the credentials
	Refused      Kind = "refused"      // the device said no
	Garbled      Kind = "garbled"      // the answer is not of this dialect
	Distrusted   Kind = "distrusted"   // another certificate than that of the adoption; nothing was sent
)

// Error is the only error of drivers. It never carries a secret.
type Error struct {
	Kind Kind
	Op   string
	Err  error
}

// Error gives the operator's text.
func (e *Error) Error() string { return fmt.Sprintf("%s: device %s: %v", e.Op, e.Kind, e.Err) }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf reads the kind through wrapping; an error of no kind counts as Ambiguous, nil has the empty kind.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Ambiguous
}
