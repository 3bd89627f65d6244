package webhook

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/secret"
)

// Kind names what happened; its text is in bodies, so it never changes.
type Kind string

// Kinds of happenings.
const (
	DoorOpened    Kind = "door.opened"    // a relay moved
	DoorRefused   Kind = "door.refused"   // somebody asked for a door and may not
	DoorFailed    Kind = "door.failed"    // the relay did not move, or nobody knows
	CallEnded     Kind = "call.ended"     // one finished call
	DeviceOnline  Kind = "device.online"  // a device came back
	DeviceOffline Kind = "device.offline" // a device is gone
	AgentOnline   Kind = "agent.online"
	AgentOffline  Kind = "agent.offline"
	Audit         Kind = "audit" // somebody did something to the organisation or its sites
	Test          Kind = "test"  // sent by hand; nobody asks for it
)

// Kinds lists what a webhook can ask for.
func Kinds() []Kind {
	return []Kind{DoorOpened, DoorRefused, DoorFailed, CallEnded, DeviceOnline, DeviceOffline, AgentOnline, AgentOffline, Audit}
}

// Bounds of a webhook.
const (
	MaxName     = 64
	MaxURL      = 2000
	MaxWebhooks = 20 // of an organisation
)

// Webhook is one address that wants to hear of an organisation.
type Webhook struct {
	ID        domain.WebhookID
	Org       domain.OrgID
	Name      string
	URL       string
	Kinds     []Kind
	Enabled   bool
	Stopped   Stop          // why the service switched it off
	Failures  int           // deliveries given up in a row
	FailingAt time.Time     // the first failed try since the last good one; zero while all is well
	Secret    secret.String // sealed at rest
	Revision  uint64
	CreatedAt time.Time
	Last      *Delivery // the newest delivery; read alone
}

// Stop says why a webhook was switched off by the service.
type Stop string

// Reasons of a stop.
const (
	StopNone   Stop = ""
	StopDays   Stop = "failing_days" // no good try for StopAfter
	StopInARow Stop = "failures"     // StopFailures deliveries given up in a row
)

// When a webhook is stopped.
const (
	StopAfter    = 3 * 24 * time.Hour
	StopFailures = 50
)

// State is how far a delivery got.
type State string

// States of a delivery.
const (
	Waiting   State = "waiting"   // will be tried, or tried again
	Delivered State = "delivered" // answered with a 2xx status
	Failed    State = "failed"    // given up
	Dropped   State = "dropped"   // the webhook was switched off or deleted before
)

// States lists the states of a delivery.
func States() []State { return []State{Waiting, Delivered, Failed, Dropped} }

// Fault is a word for what went wrong with a try: coarse, because a webhook must not be a way to look around in networks.
type Fault string

// Faults of a try.
const (
	FaultNone     Fault = ""
	FaultStatus   Fault = "status"      // answered, but not with 2xx
	FaultRedirect Fault = "redirect"    // answered with 3xx, which is not followed
	FaultName     Fault = "no_address"  // the name has no address
	FaultRefused  Fault = "refused"     // the name leads to a private address
	FaultReach    Fault = "unreachable" // nobody answered at the address
	FaultTLS      Fault = "tls"         // the certificate is not valid for the name
	FaultTimeout  Fault = "timeout"     // no answer in time
)

// Delivery is one happening on its way to one webhook. The answer's body is never kept.
type Delivery struct {
	ID       domain.DeliveryID
	Webhook  domain.WebhookID
	Kind     Kind
	Body     string // what is sent, byte for byte
	State    State
	Attempts int
	Status   int // HTTP status of the last try; zero when there was no answer
	Fault    Fault
	Took     time.Duration // of the last try
	At       time.Time
	DoneAt   time.Time // zero while it waits
}

// input checks the form of what people say of a webhook; where its name leads is checked by Net.
func (w Webhook) input() error {
	var f fault.Fields
	domain.CheckName(&f, "name", w.Name, MaxName)
	if _, msg := target(w.URL); msg != "" {
		f.Add("url", "%s", msg)
	}
	f.Check(len(w.Kinds) > 0, "kinds", "At least one kind.")
	for i, k := range w.Kinds {
		f.Check(slices.Contains(Kinds(), k), "kinds["+strconv.Itoa(i)+"]", "A kind such as door.opened.")
		f.Check(!slices.Contains(w.Kinds[:i], k), "kinds["+strconv.Itoa(i)+"]", "Each kind once.")
	}
	return f.Err()
}

// target reads the address of a webhook; msg says what is wrong with its form.
func target(text string) (u *url.URL, msg string) {
	if len(text) > MaxURL {
		return nil, "At most " + strconv.Itoa(MaxURL) + " characters."
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Opaque != "" || u.Hostname() == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		return nil, "An address such as https://example.com/doors."
	case u.Scheme != "https":
		return nil, "The address must begin with https://."
	case u.User != nil || u.Fragment != "":
		return nil, "No user, password or # in the address."
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return nil, "A port from 1 to 65535."
		}
	} else if strings.HasSuffix(u.Host, ":") {
		return nil, "A port from 1 to 65535."
	}
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil && addr.Zone() != "" {
		return nil, refusedWords
	}
	return u, ""
}

// snapshot is what the audit keeps: of the address the host alone, because the rest may hold a token of the receiver's service.
func (w Webhook) snapshot() map[string]any {
	host := ""
	if u, err := url.Parse(w.URL); err == nil {
		host = u.Host
	}
	out := map[string]any{"name": w.Name, "host": host, "kinds": w.Kinds, "enabled": w.Enabled}
	if w.Stopped != StopNone {
		out["stopped"] = w.Stopped
	}
	return out
}
