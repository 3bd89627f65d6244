package sip

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"vestibule/agent/peer"
	"vestibule/agent/peer/path"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// cloud passes signals between the agents of one building, as bytes, and can be cut and replayed.
type cloud struct {
	mu     sync.Mutex
	ends   map[domain.AgentID]*session4
	cut    bool
	passed []passed
}

type passed struct {
	to domain.AgentID
	m  wire.Signal
	b  wire.SignalBody
}

// session4 is the link of one agent.
type session4 struct {
	c     *cloud
	agent domain.AgentID
	p     *peer.Peer
	late  time.Duration // how far its idea of the cloud's time is behind
}

func (s *session4) Conn() domain.ConnID { return domain.ConnID{1} }
func (s *session4) Reconnect(string)    {}
func (s *session4) CloudTime() (time.Time, time.Duration, bool) {
	return time.Now().Add(-s.late), time.Millisecond, true
}

func (s *session4) Send(kind wire.Kind, body any) error {
	m, ok := body.(wire.Signal)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	if s.c.cut {
		return fault.New(fault.Offline, "cut")
	}
	if kind != wire.KindSignal || !ok {
		return nil
	}
	to := m.Peer
	m.Peer = s.agent
	var b wire.SignalBody
	if err := wire.Unmarshal(m.Body, &b); err != nil {
		return err
	}
	s.c.passed = append(s.c.passed, passed{to, m, b})
	s.c.deliver(to, m)
	return nil
}

// deliver is called with mu held.
func (c *cloud) deliver(to domain.AgentID, m wire.Signal) {
	if end := c.ends[to]; end != nil {
		data, _ := wire.Seal(wire.KindSignalled, domain.ConnID{1}, m)
		e, _ := wire.Open(data)
		end.p.Received(e)
	}
}

// down cuts every link; the agents notice.
func (c *cloud) down() {
	c.mu.Lock()
	c.cut = true
	c.mu.Unlock()
	for _, end := range c.ends {
		end.p.Closed()
	}
}

func (c *cloud) up() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.cut
}

// said lists what was passed of one kind.
func (c *cloud) said(kind wire.SignalKind) []passed {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []passed
	for _, p := range c.passed {
		if p.b.Kind == kind {
			out = append(out, p)
		}
	}
	return out
}

// plainProver signs with nothing but the agent's name: certificates have their own tests (agent/peer, agent/enroll).
type plainProver struct{ agent domain.AgentID }

func sum(agent, message []byte) []byte {
	s := sha256.Sum256(append(append([]byte{}, agent...), message...))
	return s[:]
}

func (p plainProver) Prove(_ string, message []byte) ([]byte, [][]byte, error) {
	return sum(p.agent[:], message), [][]byte{p.agent[:]}, nil
}

func (p plainProver) Proved(chain [][]byte, _ string, message, signature []byte) (domain.AgentID, error) {
	if len(chain) != 1 || len(chain[0]) != 16 || string(sum(chain[0], message)) != string(signature) {
		return domain.AgentID{}, fault.New(fault.Unauthenticated, "no")
	}
	return domain.AgentID(chain[0]), nil
}

// two are a house with its second half: the last monitor of 101 stands in a network of its own, with an agent of its own.
type two struct {
	*house        // the door's side
	far    *house // the other one
	cloud  *cloud
	mon    domain.Device // the far monitor
}

// newTwo describes and starts both halves; n monitors stand at the door's side.
func newTwo(t *testing.T, n int, dtmf domain.DTMFMethod, change ...func(*Config)) *two {
	t.Helper()
	near := newHouse(t, n+1, dtmf)
	far := newHouse(t, 0, dtmf)
	far.agent = domain.NewID[domain.AgentID](epoch)
	group := domain.NetworkGroup{ID: domain.NewID[domain.GroupID](epoch), Name: "Network 2", Agents: []domain.AgentID{far.agent}}
	near.view.Groups[group.ID] = group
	mon := near.mons[n]
	mon.GroupID = group.ID
	near.view.Devices[mon.ID] = mon
	near.mons, far.mons, far.view = near.mons[:n], []domain.Device{mon}, near.view
	w := &two{house: near, far: far, cloud: &cloud{ends: map[domain.AgentID]*session4{}}, mon: mon}
	for _, h := range []*house{near, far} {
		w.join(h, change)
	}
	return w
}

// join gives a half its peer and starts it.
func (w *two) join(h *house, change []func(*Config)) {
	p := peer.New(peer.Config{
		Agent: h.agent, Prover: plainProver{h.agent}, Now: time.Now,
		Member:  func(a domain.AgentID) bool { return a == w.agent || a == w.far.agent },
		Offered: func(b wire.SignalBody, t *peer.Talk) peer.Listener { return h.serves.Load().Offered(b, t) },
	})
	end := &session4{c: w.cloud, agent: h.agent, p: p}
	w.cloud.ends[h.agent] = end
	h.cfg = func(c *Config) {
		c.Peers, c.Online = p, w.cloud.up
		c.Paths = func() path.Config { return path.Config{Loopback: true} }
		for _, f := range change {
			f(c)
		}
	}
	h.start()
	ctx, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { _ = p.Run(ctx) })
	h.t.Cleanup(func() { cancel(); work.Wait() })
	p.Opened(end, wire.Welcome{})
}

// viewOf is a copy of the document that may be changed without the other half.
func viewOf(v *desired.View) *desired.View {
	c := *v
	c.Groups, c.Devices = map[domain.GroupID]domain.NetworkGroup{}, map[domain.DeviceID]domain.Device{}
	for k, g := range v.Groups {
		c.Groups[k] = g
	}
	for k, d := range v.Devices {
		c.Devices[k] = d
	}
	return &c
}
