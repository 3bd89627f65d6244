package embedded_test

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"io"
	"os"
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

// What is measured around an attack.
const (
	neighbours   = 5
	beatsEach    = 40
	beatEvery    = 25 * time.Millisecond
	attackTries  = 3 // noise only adds, so the best of a few counts
	attackLeads  = 300 * time.Millisecond
	tooManyHeard = 200 + 100*8 // the burst, and the rate for longer than any attack here
)

// noise is what a machine with other work adds: below it nothing is said. A soak has the machine for itself.
func noise() time.Duration {
	if os.Getenv("VESTIBULE_SOAK") != "" {
		return 60 * time.Millisecond
	}
	return 400 * time.Millisecond
}

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

// slowest is the 99th percentile of the beats of all neighbours.
func slowest(t *testing.T, all []*neighbour) time.Duration {
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
	return took[len(took)*99/100]
}

// hostile is an agent with a real certificate that does what it likes.
type hostile struct {
	s    *site
	id   domain.AgentID
	cert tls.Certificate
	tls  atomic.Int64 // handshakes that succeeded
}

// open makes a connection of MQTT by hand; nil when it is refused.
func (h *hostile) open() *tls.Conn {
	conn, err := h.s.dial(&h.cert)
	if err != nil {
		return nil
	}
	body := append([]byte("\x00\x04MQTT\x04\x02\x00\x3c\x00\x24"), h.id.String()...)
	answer := make([]byte, 4)
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	_, err = conn.Write(append([]byte{0x10, byte(len(body))}, body...))
	if err == nil {
		_, err = io.ReadFull(conn, answer)
	}
	if err != nil {
		_ = conn.Close()
		return nil
	}
	h.tls.Add(1)
	_ = conn.SetDeadline(time.Time{})
	return conn
}

// publish is the bytes of a message at QoS 1 or 0.
func publish(topic string, qos byte, payload []byte) []byte {
	body := binary.BigEndian.AppendUint16(nil, uint16(len(topic)))
	body = append(body, topic...)
	if qos > 0 {
		body = append(body, 0, 7)
	}
	body = append(body, payload...)
	return append(binary.AppendUvarint([]byte{0x30 | qos<<1}, uint64(len(body))), body...)
}

// pour writes the same bytes again and again, on a new connection when one ends; without bytes it connects again and again.
func (h *hostile) pour(end <-chan struct{}, data []byte, reads bool) {
	var conn *tls.Conn
	for {
		select {
		case <-end:
			if conn != nil {
				_ = conn.Close()
			}
			return
		default:
		}
		if conn == nil {
			if conn = h.open(); conn == nil {
				continue
			}
			if data == nil {
				_ = conn.Close()
				conn = nil
				continue
			}
			if reads {
				go func(c *tls.Conn) { _, _ = io.Copy(io.Discard, c) }(conn)
			}
		}
		_ = conn.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		if _, err := conn.Write(data); err != nil {
			_ = conn.Close()
			conn = nil
		}
	}
}

func (h *hostile) beats(t *testing.T, qos byte) []byte {
	t.Helper()
	data, err := wire.Seal(wire.KindBeat, domain.ConnID{9}, wire.Beat{MonoMilli: 1})
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Repeat(publish(wire.UpTopic(h.id, wire.KindBeat), qos, data), 50)
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
	other := wire.UpTopic(honest[0].id, wire.KindBeat)
	for _, attack := range []struct {
		name string
		does func(h *hostile, end <-chan struct{})
	}{
		{"floods", func(h *hostile, end <-chan struct{}) { h.pour(end, h.beats(t, 1), true) }},
		{"reads nothing", func(h *hostile, end <-chan struct{}) { h.pour(end, h.beats(t, 1), false) }},
		{"sends giant packets", func(h *hostile, end <-chan struct{}) {
			h.pour(end, publish(wire.UpTopic(h.id, wire.KindBeat), 1, make([]byte, 1<<20)), true)
		}},
		{"speaks on another's topic", func(h *hostile, end <-chan struct{}) {
			h.pour(end, bytes.Repeat(publish(other, 0, []byte("x")), 50), true)
		}},
		{"connects again and again", func(h *hostile, end <-chan struct{}) {
			var work sync.WaitGroup
			for range 8 {
				work.Go(func() { h.pour(end, nil, false) })
			}
			work.Wait()
		}},
	} {
		t.Run(attack.name, func(t *testing.T) {
			agent, cert := claimed(t, c)
			h := &hostile{s: s, id: agent, cert: cert}
			var before, during time.Duration
			for range attackTries {
				before = slowest(t, honest)
				end := make(chan struct{})
				var work sync.WaitGroup
				work.Go(func() { attack.does(h, end) })
				<-time.After(attackLeads)
				during = slowest(t, honest)
				close(end)
				work.Wait()
				if during <= max(2*before, noise()) {
					break
				}
			}
			n := int64(0)
			if seen, ok := heard.Load(agent); ok {
				n = seen.(*atomic.Int64).Load() //nolint:forcetypeassert // stored above
			}
			t.Logf("p99 of a beat %s without, %s with; %d connections, %d messages heard; %+v", before, during, h.tls.Load(), n, s.Counters())
			if during > max(2*before, noise()) {
				t.Errorf("a beat takes %s, and %s without the attack", during, before)
			}
			if n > attackTries*tooManyHeard {
				t.Errorf("the jobs heard %d messages of it", n)
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
	h := &hostile{s: s, id: agent, cert: cert}
	began := time.Now()
	tries := 0
	for ; tries < 300 && time.Since(began) < 20*time.Second; tries++ {
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
}
