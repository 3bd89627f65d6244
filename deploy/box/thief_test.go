package box

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/veraison/go-cose"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// thief is a client that hears everything and may say everything on the broker.
type thief struct {
	t        *testing.T
	mqtt     mqtt.Client
	heard    chan stolen
	welcomed chan domain.ConnID
	said     int
}

// stolen is a command on its way to an agent.
type stolen struct {
	signed  []byte
	command wire.Command
}

func newThief(t *testing.T, broker string) *thief {
	t.Helper()
	f := &thief{t: t, heard: make(chan stolen, 1000), welcomed: make(chan domain.ConnID, 10)}
	o := mqtt.NewClientOptions().AddBroker("tcp://" + broker).SetClientID("thief").SetProtocolVersion(4).SetCleanSession(true)
	f.mqtt = mqtt.NewClient(o)
	f.wait(f.mqtt.Connect())
	t.Cleanup(func() { f.mqtt.Disconnect(0) })
	f.wait(f.mqtt.Subscribe("#", 0, func(_ mqtt.Client, m mqtt.Message) {
		e, err := wire.Open(m.Payload())
		if err == nil && e.Kind == wire.KindWelcome {
			f.welcomed <- e.Conn
		}
		if err != nil || e.Kind != wire.KindCommand {
			return
		}
		s := stolen{}
		body, err := wire.Body[wire.SignedCommand](e)
		if err != nil {
			return
		}
		s.signed = body.Sign1
		var m1 cose.Sign1Message
		if m1.UnmarshalCBOR(body.Sign1) == nil && wire.Unmarshal(m1.Payload, &s.command) == nil {
			select {
			case f.heard <- s:
			default: // its own words
			}
		}
	}))
	return f
}

func (f *thief) wait(token mqtt.Token) {
	f.t.Helper()
	if !token.WaitTimeout(patience) || token.Error() != nil {
		f.t.Fatalf("the broker: %v", token.Error())
	}
}

// steal waits for a command about a door that the cloud sent.
func (f *thief) steal(relay int) stolen {
	f.t.Helper()
	for late := time.After(patience); ; {
		select {
		case s := <-f.heard:
			if s.command.Relay == relay {
				return s
			}
		case <-late:
			f.t.Fatal("no command is heard")
		}
	}
}

// say sends signed bytes to a connection of an agent, as the cloud does.
func (f *thief) say(agent domain.AgentID, conn domain.ConnID, signed []byte) {
	f.t.Helper()
	data, err := wire.Seal(wire.KindCommand, conn, wire.SignedCommand{Sign1: signed})
	if err != nil {
		f.t.Fatal(err)
	}
	f.mqtt.Publish(wire.DownTopic(agent, conn), 0, false, data) // in order, and before what is said next
	f.said++
	<-time.After(time.Millisecond) // an agent that is flooded drops what it has no room for, and this test wants to be heard
}

// forge signs a command with a key of the thief's own; with other it has the signature of another command.
func (f *thief) forge(c wire.Command, other []byte) []byte {
	f.t.Helper()
	payload, err := wire.Marshal(c)
	if err != nil {
		f.t.Fatal(err)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	signer, err := cose.NewSigner(cose.AlgorithmEdDSA, key)
	if err != nil {
		f.t.Fatal(err)
	}
	m := cose.NewSign1Message()
	m.Headers.Protected.SetAlgorithm(cose.AlgorithmEdDSA)
	m.Payload = payload
	if err := m.Sign(rand.Reader, []byte(wire.CommandContext), signer); err != nil {
		f.t.Fatal(err)
	}
	if other != nil {
		var real cose.Sign1Message
		if err := real.UnmarshalCBOR(other); err != nil {
			f.t.Fatal(err)
		}
		m.Signature, m.Headers = real.Signature, real.Headers
	}
	out, err := m.MarshalCBOR()
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

// altered gives commands that the cloud signed otherwise: another door, another time, another life, another id, another connection, and each byte of the real
// one turned over.
func (f *thief) altered(s stolen, conn domain.ConnID) [][]byte {
	c := s.command
	c.Conn = conn
	fresh := c
	fresh.ID, fresh.IssuedMilli = domain.NewID[domain.CommandID](time.Now()), time.Now().UnixMilli()
	door, younger, longer := fresh, c, c
	door.Relay, younger.IssuedMilli, longer.TTLMilli = 2, time.Now().UnixMilli(), 30_000
	var out [][]byte
	for _, made := range []wire.Command{fresh, door, younger, longer} {
		out = append(out, f.forge(made, nil), f.forge(made, s.signed))
	}
	for i := range s.signed {
		turned := append([]byte(nil), s.signed...)
		turned[i] ^= 1 << (i % 8)
		out = append(out, turned)
	}
	return append(out, nil, []byte("open the door"))
}

// Somebody has the broker: he hears every message and may send any to anybody. He forges commands, alters real ones, sends them again, and takes one that never arrived to the
// connection of today. No door moves but those that the cloud asked for, and the log says that somebody tried.
//
// shows BEY-04 EDGE-16 EDGE-32 by agent/remote/sign.go: "if err := m.Verify([]byte(wire.CommandContext), v); err != nil {" => "if err := error(nil); err != nil {"
// shows BEY-04 EDGE-13/R36 by agent/remote/gate.go: "if c.Conn != f.Conn || c.Conn.IsZero() {" => "if c.Conn.IsZero() {"
func TestThief_WhoHasTheBrokerOpensNothing(t *testing.T) {
	s := newStorm(t, 4)
	f := newThief(t, s.broker.Open)
	allowed := map[door]int{}
	asked := 0
	open := func(g door) {
		t.Helper()
		asked++
		if a := s.insist(g, asked); a.Result != domain.ActDone {
			t.Fatalf("asked for a door: %+v", a)
		}
		allowed[g]++
	}

	// A command that was carried out: again, altered, and with keys of the thief's own.
	open(s.all[0])
	first := f.steal(1)
	agent, conn := first.command.Agent, first.command.Conn
	for range 10 {
		f.say(agent, conn, first.signed)
	}
	for _, signed := range f.altered(first, conn) {
		f.say(agent, conn, signed)
	}
	open(s.all[1]) // it went behind them

	// A command that never arrived: the line stands still and is cut, and the thief takes it to the next connection, fresh as it is.
	s.network.StallDown(patience)
	answer := make(chan ask, 1)
	go func() {
		a, _ := s.open(t.Context(), s.all[2], "kept-back")
		answer <- a
	}()
	kept := f.steal(3)
	s.network.Cut()
	var now domain.ConnID
	select {
	case now = <-f.welcomed:
	case <-time.After(patience):
		t.Fatal("the agent does not come back")
	}
	if age := time.Since(time.UnixMilli(kept.command.IssuedMilli)); now == conn || age > ttl/2 {
		t.Fatalf("the agent came back on %v when the command was %v old", now, age)
	}
	for _, old := range []stolen{first, kept} {
		f.say(agent, now, old.signed)
		for _, signed := range f.altered(old, now)[:8] {
			f.say(agent, now, signed)
		}
	}
	open(s.all[3])
	if a := <-answer; a.Result != domain.ActUnknown && a.Result != domain.ActRefused {
		t.Errorf("the command that never arrived: %+v", a)
	}

	acts := s.acts()
	for _, g := range s.all {
		if n := len(acts[g]); n != allowed[g] {
			t.Errorf("%+v moved %d times, asked for %d times", g, n, allowed[g])
		}
	}
	for kind, words := range map[string]map[string]string{
		"security": {"what": string(domain.ReasonBadSignature)}, "command": {"command_id": kept.command.ID.String(), "result": "refused", "reason": string(domain.ReasonWrongConn)},
	} {
		eventually(t, patience, fmt.Sprint("the log says ", words), func() bool {
			for _, r := range s.rows(t, kind) {
				found := true
				for k, v := range words {
					found = found && r.Body[k] == v
				}
				if found {
					return true
				}
			}
			return false
		})
	}
	t.Logf("a client with the whole broker said %d things: doors opened by it 0, by the cloud %d", f.said, asked)
}
