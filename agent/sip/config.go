package sip

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/netip"
	"time"

	"vestibule/agent/media"
	"vestibule/agent/peer"
	"vestibule/agent/peer/path"
	"vestibule/agent/sip/sipstate"
	"vestibule/agent/trunk"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

// Bindings keeps registrations over a restart.
type Bindings interface {
	PutBinding(ctx context.Context, b sipstate.Binding) error
	Bindings(ctx context.Context) ([]sipstate.Binding, error)
	DeleteBinding(ctx context.Context, device domain.DeviceID) error
}

// Legs keeps live legs over a restart, so that nothing rings for a dead call. It is quick: calls wait for it.
type Legs interface {
	PutLeg(l sipstate.Leg) error
	Legs() ([]sipstate.Leg, error)
	DeleteLeg(sipCallID string) error
}

// Log takes the rows of the event log.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// Ask is who wants which relay moved. It has the fields of door.Ask, so that one converts to the other.
type Ask struct {
	DeviceID    domain.DeviceID
	Relay       int
	Means       domain.Means
	By          string
	ByDevice    domain.DeviceID
	ByPerson    domain.PersonID
	ApartmentID domain.ApartmentID
	CallID      domain.CallID
	CommandID   domain.CommandID
}

// Outcome is what became of an Ask. It has the fields of door.Outcome.
type Outcome struct {
	Result domain.ActResult
	Reason domain.Reason
	Took   time.Duration
}

// Config is what calls need.
type Config struct {
	Listen  string   // host:port, UDP and TCP, IPv4; port 0 takes a free one
	Sockets *Sockets // open already, instead of Listen: New takes them over, even when it fails; may be nil
	// Secure is host:port of SIP over TLS with the agent's own certificate; empty: none, port 0 takes a free one.
	Secure      string
	Certificate tls.Certificate
	Agent       domain.AgentID
	View        func() *desired.View

	Bindings Bindings
	Legs     Legs
	Log      Log
	// Recorded tells whether the record of a call of an earlier run is stored; may be nil.
	Recorded func(ctx context.Context, id domain.CallID) (bool, error)
	// InTx makes several Log.Append one transaction; nil runs them one after the other.
	InTx func(ctx context.Context, fn func(ctx context.Context) error) error

	// Open is door.Open: the only way to a relay.
	Open func(ctx context.Context, ask Ask) Outcome
	// Address is where discovery last saw a device, for one whose address the document does not fix; may be nil.
	Address func(d domain.Device) (netip.AddrPort, bool)
	// Firmware is what a device said of itself, empty while nobody knows; may be nil.
	Firmware func(id domain.DeviceID) (model, firmware string)
	// Neighbours reads the MAC of an address from the neighbour table; may be nil: then no direct IP call is taken.
	Neighbours func(a netip.Addr) (domain.MAC, bool)
	// Online tells whether the link to the cloud is up; may be nil.
	Online func() bool
	// Changed is told of a device that registered or signed off; it must not wait and may be nil.
	Changed func(device domain.DeviceID)
	// Called is told of each call that begins; it must not wait and may be nil.
	Called func()
	Media  *media.Pool
	// Trunk are the rules of the site's trunk; nil: no landline is ever called.
	Trunk *trunk.Line
	// Roots are whom a carrier's certificate must come from; nil: those of the system.
	Roots *x509.CertPool
	// Peers carries legs to devices of other agents of the site; nil: none are called.
	Peers *peer.Peer
	// Paths gives what a way for media to another agent is made with; nil takes what the machine has.
	Paths func() path.Config

	Now    func() time.Time
	Logger *slog.Logger
	Timers Timers
	Limits Limits
}

// Timers are all times of calls; zero fields take the defaults.
type Timers struct {
	Ring         time.Duration // one stage
	Talk         time.Duration // one conversation
	AfterOpening time.Duration // a conversation after the last opening of a door
	Settle       time.Duration // waiting for a door result after the hang-up
	Resend       time.Duration // first repetition of a 2xx (RFC 3261 T1)
	ResendMost   time.Duration // longest pause between two (T2)
	GiveUp       time.Duration // without ACK or without a final answer to CANCEL (64 T1)
	Dial         time.Duration // the whole call may ring
	Connect      time.Duration // setting up a connection
	Store        time.Duration // one write of records or of a binding
	Linger       time.Duration // how long the record of a call waits to be written with others
	Nonce        time.Duration // how long a digest challenge is good
	LongestBind  time.Duration // longest registration granted
	LeastBind    time.Duration // shortest one: more often costs more than it tells
	Session      time.Duration // how long a conversation lives without a refresh (RFC 4028)
	LeastSession time.Duration // shortest of these that is agreed to
	Idle         time.Duration // a TCP connection without a registration may be silent
	Late         time.Duration // how long the record of a call waits for an answer that crosses the CANCEL
	KeepAlive    time.Duration // between two signs of life to a carrier
	Minute       time.Duration // a minute of the trunk
	Stop         time.Duration // for CANCEL and BYE to go out at the end
}

// Limits bound what others can make the agent hold; zero fields take the defaults.
type Limits struct {
	Calls           int // at once
	CallsPerCaller  int // at once from one device
	RefusalsBurst   int // refusals that one source address gets in a row
	RefusalsPerSec  int // and then each second; above it gets no answer
	Legs            int // that are not settled yet, of ended calls too
	Connections     int // TCP at once
	FromOneHost     int // TCP at once from one address
	PerSec          int // messages a second taken from one address that registered; bursts may be twice that
	StrangerPerSec  int // the same from any other address
	StrangersPerSec int // and from all of them together: a source address is easily invented
}

func set[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c *Config) defaults() {
	t, l := &c.Timers, &c.Limits
	set(&t.Ring, 30*time.Second)
	set(&t.Dial, domain.LongestRing)
	set(&t.AfterOpening, 30*time.Second)
	set(&t.Talk, 30*time.Minute)
	set(&t.Settle, 5*time.Second)
	set(&t.Resend, 500*time.Millisecond)
	set(&t.ResendMost, 4*time.Second)
	set(&t.GiveUp, 32*time.Second)
	set(&t.Connect, 3*time.Second)
	set(&t.Store, 500*time.Millisecond)
	set(&t.Linger, 250*time.Millisecond)
	set(&t.Nonce, 5*time.Minute)
	set(&t.LongestBind, time.Hour)
	set(&t.Late, 2*time.Second)
	set(&t.LeastBind, 20*time.Second)
	set(&t.Session, 30*time.Minute)
	set(&t.LeastSession, 90*time.Second)
	set(&t.Idle, 2*time.Minute)
	set(&t.KeepAlive, keepAlive)
	set(&t.Minute, time.Minute)
	set(&t.Stop, time.Second)
	set(&l.Calls, 256)
	set(&l.CallsPerCaller, 4)
	set(&l.Legs, 1024)
	set(&l.RefusalsBurst, 40)
	set(&l.RefusalsPerSec, 5)
	set(&l.Connections, 256)
	set(&l.FromOneHost, 16)
	set(&l.PerSec, 300)
	set(&l.StrangerPerSec, 50)
	set(&l.StrangersPerSec, 500)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Changed == nil {
		c.Changed = func(domain.DeviceID) {}
	}
	if c.Called == nil {
		c.Called = func() {}
	}
	if c.InTx == nil {
		c.InTx = func(ctx context.Context, fn func(ctx context.Context) error) error { return fn(ctx) }
	}
	if c.Media == nil {
		c.Media = media.NewPool(media.Config{})
	}
}
