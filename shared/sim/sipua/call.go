package sipua

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"vestibule/shared/sim/watch"
)

// State is where a call stands.
type State string

// The states of a call, in their order.
const (
	Calling     State = "calling" // INVITE sent or received, nothing else yet
	Ringing     State = "ringing" // 180 or 183 seen or sent
	Established State = "established"
	Ended       State = "ended"
)

// Step is one line of a call's timeline.
type Step struct {
	At     time.Time `json:"at"`
	What   string    `json:"what"`             // "INVITE", "response", "CANCEL", "ACK", "BYE", "INFO", "end"
	Sent   bool      `json:"sent"`             // by us; false = received
	Status int       `json:"status,omitempty"` // of a response
	Detail string    `json:"detail,omitempty"`
}

// Snapshot is a copy of a call at one moment.
type Snapshot struct {
	ID       string    `json:"id"` // Call-ID
	Outgoing bool      `json:"outgoing"`
	Peer     string    `json:"peer"`   // the other end's address, From or To
	Source   string    `json:"source"` // ip:port the call is with
	Dialled  string    `json:"dialled"`
	State    State     `json:"state"`
	Status   int       `json:"status"`           // last status seen (outgoing) or sent (incoming)
	Reason   string    `json:"reason,omitempty"` // why it ended
	Started  time.Time `json:"started"`
	Steps    []Step    `json:"steps"`
}

// Call is one call, placed or taken.
type Call struct {
	ua       *UA
	outgoing bool
	id       string
	localTag string
	account  *Account // nil on a direct call
	point    watch.Point
	life     context.Context // ends with the call
	end      context.CancelFunc

	mu      sync.Mutex
	state   State
	reason  string
	status  int
	started time.Time
	steps   []Step
	dialled string

	localURI, remoteURI Address
	remoteTag           string
	target              URI // Contact of the other end
	routes              []string
	hop                 netip.AddrPort // next hop without a route
	localSeq, remoteSeq uint32
	description         []byte // ours
	lateOffer           bool   // the INVITE had no offer, the ACK brings the answer
	tx                  *serverTx
	expiry              *time.Timer
	cancel              chan struct{} // closed: the caller gives up
	cancelled           bool
}

// ID is the Call-ID.
func (c *Call) ID() string { return c.id }

// Outgoing says whether this end placed the call.
func (c *Call) Outgoing() bool { return c.outgoing }

// Snapshot is a copy of the call.
func (c *Call) Snapshot() Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	return Snapshot{
		ID: c.id, Outgoing: c.outgoing, Peer: c.remoteURI.URI.String(), Source: c.hop.String(),
		Dialled: c.dialled, State: c.state, Status: c.status, Reason: c.reason, Started: c.started,
		Steps: append([]Step(nil), c.steps...),
	}
}

// rank orders the states.
func (s State) rank() int {
	switch s {
	case Calling:
		return 0
	case Ringing:
		return 1
	case Established:
		return 2
	default:
		return 3
	}
}

// State is where the call stands.
func (c *Call) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// changed tells waiters and the device.
func (c *Call) changed() {
	c.point.Notify()
	c.ua.handler.Changed(c)
}

// note adds to the timeline; mu is held.
func (c *Call) note(what string, sent bool, status int, detail string) {
	if len(c.steps) < 500 {
		c.steps = append(c.steps, Step{At: time.Now(), What: what, Sent: sent, Status: status, Detail: detail})
	}
	if status > 0 {
		c.status = status
	}
}

// finish ends the call on this side; it does nothing the second time.
func (c *Call) finish(reason string) bool {
	c.mu.Lock()
	if c.state == Ended {
		c.mu.Unlock()
		return false
	}
	c.state, c.reason = Ended, reason
	c.note("end", false, 0, reason)
	if c.expiry != nil {
		c.expiry.Stop()
	}
	c.mu.Unlock()
	c.end()
	c.ua.mu.Lock()
	delete(c.ua.calls, c.key())
	c.ua.mu.Unlock()
	c.changed()
	return true
}

func (c *Call) key() string { return c.id + " " + c.localTag }

func (ua *UA) keep(c *Call) bool {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if ua.closed {
		return false
	}
	ua.calls[c.key()] = c
	return true
}

// find is the call of a request inside a dialog, by Call-ID and both tags.
func (ua *UA) find(m *Message) *Call {
	to, _ := ParseAddress(m.Get("To"))
	from, _ := ParseAddress(m.Get("From"))
	ua.mu.Lock()
	c := ua.calls[m.Get("Call-ID")+" "+to.Tag()]
	ua.mu.Unlock()
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.remoteTag != from.Tag() {
		return nil
	}
	return c
}

// request builds a request inside the dialog and tells where it goes (RFC 3261 section 12.2.1.1).
func (c *Call) request(method string, seq uint32) (*Message, netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := &Message{Method: method, URI: c.target.String()}
	dest := c.target.HostPort()
	for i, r := range c.routes {
		m.Add("Route", r)
		if a, err := ParseAddress(r); err == nil && i == 0 {
			dest = a.URI.HostPort()
		}
	}
	to := c.remoteURI
	to.Params = nil
	if c.remoteTag != "" {
		to.Params = Params{{"tag", c.remoteTag}}
	}
	m.Add("Max-Forwards", "70")
	m.Add("From", c.localURI.String())
	m.Add("To", to.String())
	m.Add("Call-ID", c.id)
	m.Add("CSeq", itoa(seq)+" "+method)
	m.Add("Contact", "<"+c.ua.contact(c.localURI.URI.User).String()+">")
	if c.ua.product != "" {
		m.Add("User-Agent", c.ua.product)
	}
	ap, err := resolve(dest)
	if err != nil {
		ap = c.hop
	}
	return m, ap
}

func (c *Call) nextSeq() uint32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.localSeq++
	return c.localSeq
}
