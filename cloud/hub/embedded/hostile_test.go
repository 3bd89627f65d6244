package embedded_test

import (
	"crypto/tls"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"vestibule/cloud/hub/hubtest"
	"vestibule/deploy/broker"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// What is measured around an attack. Quiet and attacked moments take turns, so that a machine with other work slows both, and the middle of the
// comparisons counts, so that one hiccup on one side says nothing.
const (
	neighbours  = 5
	beatsEach   = 10
	beatEvery   = 25 * time.Millisecond
	attackLeads = 100 * time.Millisecond
	turns       = 9
	triesPerSec = 1000 // what an agent without back-off asks of the gate
)

// unseen is what nobody notices: below it the machine speaks, not the attack. The race detector makes each handshake take tens of milliseconds of it; a soak has
// it for itself.
func unseen() time.Duration {
	info, ok := debug.ReadBuildInfo()
	switch {
	case soak():
		return 30 * time.Millisecond
	case ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"}):
		return 200 * time.Millisecond
	}
	return 25 * time.Millisecond
}

// heardAtMost is what the jobs may hear of one agent in a time: the burst of each of its connections, and then its rate.
func heardAtMost(connections int64, took time.Duration) int64 {
	return 200*(connections+1) + int64(took/(10*time.Millisecond))
}

// soak tells whether this is the long run, which has the machine for itself.
func soak() bool { return os.Getenv("VESTIBULE_SOAK") == "1" }

// neighbour is an honest agent whose session stands.
type neighbour struct {
	*broker.Client
	id   domain.AgentID
	conn domain.ConnID
}

func (s *site) neighbour(t *testing.T, agent domain.AgentID, cert tls.Certificate) *neighbour {
	t.Helper()
	client, err := s.connectWith(t, agent, cert)
	if err != nil {
		t.Fatal(err)
	}
	n := &neighbour{Client: client, id: agent, conn: hubtest.Conn()}
	if err := n.Subscribe(wire.DownTopic(agent, n.conn)); err != nil {
		t.Fatal(err)
	}
	n.ask(t, wire.KindHello, wire.Hello{AgentVersion: "1.0", MinProto: 1, Generation: 1, Counter: 1, Epoch: domain.EpochID{1}}, wire.KindWelcome)
	return n
}

// ask says something and waits for its answer.
func (n *neighbour) ask(t *testing.T, kind wire.Kind, body any, answer wire.Kind) {
	t.Helper()
	data, err := wire.Seal(kind, n.conn, body)
	if err != nil {
		t.Fatal(err)
	}
	n.MQTT.Publish(wire.UpTopic(n.id, kind), 1, false, data)
	late := time.After(hubtest.Patience)
	for {
		select {
		case data := <-n.Received():
			if e, err := wire.Open(data); err == nil && e.Kind == answer {
				return
			}
		case <-late:
			t.Fatalf("no %s", answer)
		}
	}
}

// slow is what one beat in ten of all neighbours takes at least.
func slow(t *testing.T, all []*neighbour) time.Duration {
	t.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var work sync.WaitGroup
	for _, n := range all {
		work.Go(func() {
			for range beatsEach {
				began := time.Now()
				n.ask(t, wire.KindBeat, wire.Beat{MonoMilli: 1}, wire.KindBeatAck)
				mu.Lock()
				took = append(took, time.Since(began))
				mu.Unlock()
				<-time.After(beatEvery)
			}
		})
	}
	work.Wait()
	slices.Sort(took)
	return took[len(took)*9/10]
}

// suffering is what came of one attack.
type suffering struct {
	quiet, attacked []time.Duration // what slow says, turn by turn
	lasted          time.Duration   // all attacked moments
	deeds
}

// times is how many times as long a beat takes under attack: the middle of what the turns say.
func (s suffering) times() float64 {
	var all []float64
	for i := range s.quiet {
		all = append(all, float64(s.attacked[i])/float64(max(s.quiet[i], unseen())))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// suffer compares the beats of others in attacked moments with those in quiet ones, in turn.
func suffer(t *testing.T, honest []*neighbour, h *hostile) (s suffering) {
	t.Helper()
	bad := h.start(t)
	for range turns {
		s.quiet = append(s.quiet, slow(t, honest))
		began := time.Now()
		bad.begin()
		<-time.After(attackLeads)
		s.attacked = append(s.attacked, slow(t, honest))
		d := bad.end()
		s.lasted += time.Since(began)
		s.Tries, s.TLS = s.Tries+d.Tries, s.TLS+d.TLS
	}
	return s
}

// Each attack of an enrolled agent delays the beats of the others by no more than twice, and reaches the jobs no faster than one agent may.
//
// shows BEY-22 by cloud/hub/embedded/hook.go: "if wait := k.pace.next(time.Now()); wait > 0 {" => "if wait := k.pace.next(time.Now()); wait > 1<<60 {"
func TestHostile_AnAgentDelaysNoOther(t *testing.T) {
	var heard sync.Map
	c, s := whole(t, func(agent domain.AgentID) {
		n, _ := heard.LoadOrStore(agent, &atomic.Int64{})
		n.(*atomic.Int64).Add(1) //nolint:forcetypeassert // stored just above
	})
	var honest []*neighbour
	for range neighbours {
		agent, cert := claimed(t, c)
		honest = append(honest, s.neighbour(t, agent, cert))
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			agent, cert := claimed(t, c)
			h := s.hostile(t, agent, cert)
			h.Attack, h.Other = a.name, wire.UpTopic(honest[0].id, wire.KindBeat)
			of := suffer(t, honest, h)
			n := int64(0)
			if seen, ok := heard.Load(agent); ok {
				n = seen.(*atomic.Int64).Load() //nolint:forcetypeassert // stored above
			}
			t.Logf("a beat takes %.1f times as long, %v with and %v without; within %v %d connections tried, %d made, %d messages heard; %+v",
				of.times(), of.attacked, of.quiet, of.lasted.Round(time.Millisecond), of.Tries, of.TLS, n, s.Counters())
			if times := of.times(); times > 2 {
				t.Errorf("a beat takes %.1f times as long", times)
			}
			if n > heardAtMost(of.TLS, of.lasted) {
				t.Errorf("the jobs heard %d messages of it", n)
			}
			if rate := float64(of.Tries) / of.lasted.Seconds(); soak() && a.name == reconnects && rate < triesPerSec/2 {
				t.Errorf("it connected only %.0f times a second", rate)
			}
		})
	}
}

// An agent that connects a thousand times a second is let in at its rate, and its address then waits before the handshake, which costs; an
// agent behind another address comes in meanwhile.
//
// shows BEY-22 by cloud/hub/embedded/gate.go: "err = errTooOften" => "err = nil"
func TestHostile_ConnectsAreCounted(t *testing.T) {
	c, s := whole(t)
	agent, cert := claimed(t, c)
	h := s.hostile(t, agent, cert)
	if err := h.arm(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	tries := 0
	// On a slow machine it may take longer than that until it has tried too often.
	for ; tries < 300 && (time.Since(began) < 20*time.Second || s.Counters().Refused == 0); tries++ {
		if conn := h.open(); conn != nil {
			_ = conn.Close()
		}
	}
	allowed := int64(30 + time.Since(began)/time.Second + 1)
	if got := h.tls.Load(); got > allowed || got < 10 {
		t.Errorf("%d of %d connections in %s", got, tries, time.Since(began))
	}
	if s.Counters().Refused == 0 {
		t.Error("nothing was refused")
	}
	other, cert := claimed(t, c)
	elsewhere := s.hostile(t, other, cert)
	elsewhere.from = net.IPv4(127, 0, 0, 2)
	if err := elsewhere.arm(); err != nil {
		t.Fatal(err)
	}
	conn := elsewhere.open()
	if conn == nil {
		t.Fatal("an agent behind another address is kept out")
	}
	_ = conn.Close()
}
