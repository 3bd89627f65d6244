package e2e

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// forgery is a word that only forged rows carry.
const forgery = "forged by the lab"

// attacked gives a building, its agent and the identity of another agent in the attacker's hands.
func attacked(t *testing.T) (b *building, victim domain.AgentID, thief *identity) {
	t.Helper()
	b = newBuilding(t, "info")
	victim, err := domain.ParseID[domain.AgentID](b.agents()[0].ID)
	b.must(err)
	return b, victim, b.enrol()
}

// hello is a greeting as an agent says it. It has no zero byte, because a client of Mosquitto that waits for an answer takes its words
// from the command line.
func hello(t *testing.T, conn domain.ConnID, counter uint64) []byte {
	t.Helper()
	h := wire.Hello{
		AgentVersion: "lab", MinProto: wire.MinProto, Generation: 1, Counter: counter, LastAudit: 1, LastStatus: 1, Config: 1, MonoMilli: 1,
		WallMilli: 1, ClockSure: true,
	}
	for range 1000 {
		h.Epoch = domain.NewID[domain.EpochID](time.Now())
		_, _ = rand.Read(h.Boot[:])
		_, _ = rand.Read(h.ConfigHash[:])
		data, err := wire.Seal(wire.KindHello, conn, h)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(data, 0) < 0 {
			return data
		}
	}
	t.Fatal("every hello has a zero byte")
	return nil
}

// connection makes the id of a connection without a zero byte.
func connection() domain.ConnID {
	for {
		if id := domain.NewID[domain.ConnID](time.Now()); bytes.IndexByte(id[:], 0) < 0 {
			return id
		}
	}
}

// shows EDGE-32 EDGE-32/R03 by cloud/hub/embedded/hook.go: "allowed = allowed && wire.MaySubscribe(agent, topic)"
func TestBroker_AnotherAgentsCertificateHearsNothing(t *testing.T) {
	b, victim, thief := attacked(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()

	// With its own topics the same tool hears: else silence would prove nothing.
	conn := connection()
	own := thief.mosquitto(ctx, "mosquitto_rr", true, thief.agent.String(), "-q", "1", "-W", "5", "-F", "%x",
		"-e", wire.DownTopic(thief.agent, conn), "-t", wire.UpTopic(thief.agent, wire.KindHello), "-m", string(hello(t, conn, 1)))
	// One line for each message: on a busy machine another one arrives before the tool leaves.
	first, _, _ := strings.Cut(own, "\n")
	welcome, err := hex.DecodeString(first)
	b.must(err)
	if e, err := wire.Open(welcome); err != nil || e.Kind != wire.KindWelcome {
		t.Fatalf("the tool does not even hear the welcome of its own agent: %q %v", own, err)
	}

	// Meanwhile the victim hears a new version and an order to open, again and again.
	busy, stop := context.WithCancel(ctx)
	var traffic sync.WaitGroup
	opened := 0
	traffic.Go(func() {
		for busy.Err() == nil {
			if out, err := b.open(ctx, fresh()); err == nil && out.Result == "done" {
				opened++
			}
		}
	})
	heard := map[string]string{}
	var mu sync.Mutex
	listen := func(cert bool, client string, topics ...string) {
		for _, topic := range topics {
			out := thief.mosquitto(ctx, "mosquitto_sub", cert, client, "-W", "1", "-v", "-t", topic)
			mu.Lock()
			heard[client+" "+topic] = out
			mu.Unlock()
		}
	}
	down := "v1/" + victim.String() + "/down/"
	all := []string{"#", "v1/#", down + "#", down + "+", "v1/+/down/+", "v1/" + victim.String() + "/up/#", "$share/x/v1/#", "$SYS/#"}
	var listeners sync.WaitGroup
	listeners.Go(func() { listen(true, thief.agent.String(), all...) })
	listeners.Go(func() { listen(true, victim.String(), "#", down+"+") })
	listeners.Go(func() { listen(true, "somebody", "#", down+"+") })
	listeners.Go(func() { listen(false, victim.String(), "#", down+"+") })
	listeners.Wait()
	stop()
	traffic.Wait()
	for what, out := range heard {
		if strings.TrimSpace(out) != "" {
			t.Errorf("%s heard %d bytes, such as %q", what, len(out), tail(out, 100))
		}
	}
	if opened < 3 {
		t.Errorf("the victim had no traffic: %d openings", opened)
	}
	t.Logf("%d listeners heard nothing of %d openings", len(heard), opened)
}

// shows EDGE-32 EDGE-32/R03 by cloud/hub/embedded/hook.go: "case agent.IsZero() || cl.ID != agent.String():" => "case agent.IsZero():"
func TestBroker_AnotherAgentsCertificateSaysNothing(t *testing.T) {
	b, victim, thief := attacked(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	before := b.agents()[0]
	conn := connection()
	forged := map[wire.Kind]any{
		wire.KindGone:   map[int]int{},
		wire.KindEvents: forgedRows(t, victim),
		wire.KindBeat:   map[int]int{},
		wire.KindReport: wire.Report{Seq: 1, Version: 1 << 40, Full: true},
	}
	files := map[wire.Kind]string{wire.KindHello: thief.file("hello", hello(t, conn, 0x01010101))}
	for kind, body := range forged {
		data, err := wire.Seal(kind, conn, body)
		b.must(err)
		files[kind] = thief.file(kind.String(), data)
	}
	garbage := thief.file("garbage", []byte("these bytes are not CBOR"))
	for kind, file := range files {
		topic := wire.UpTopic(victim, kind)
		thief.mosquitto(ctx, "mosquitto_pub", true, thief.agent.String(), "-q", "1", "-t", topic, "-f", file)
		thief.mosquitto(ctx, "mosquitto_pub", true, victim.String(), "-q", "1", "-t", topic, "-f", file)
		thief.mosquitto(ctx, "mosquitto_pub", false, victim.String(), "-q", "1", "-t", topic, "-f", file)
	}
	thief.mosquitto(ctx, "mosquitto_pub", true, thief.agent.String(), "-q", "1", "-t", wire.DownTopic(victim, conn), "-f", garbage)
	thief.mosquitto(ctx, "mosquitto_pub", true, thief.agent.String(), "-q", "1", "-t", wire.UpTopic(thief.agent, wire.KindEvents), "-f", garbage)
	// A will is a message too.
	thief.mosquitto(ctx, "mosquitto_sub", true, thief.agent.String(), "-W", "1", "-t", wire.DownTopic(thief.agent, conn),
		"--will-topic", wire.UpTopic(victim, wire.KindGone), "--will-payload", "x", "--will-qos", "1")

	never(t, quiet, "the victim's state changes", func() bool {
		for _, a := range b.agents() {
			if a.ID == before.ID && a != before {
				t.Logf("was %+v, is %+v", before, a)
				return true
			}
		}
		for _, e := range b.events("") {
			if detail, _ := e.Body["detail"].(string); detail == forgery {
				t.Logf("forged row: %+v", e)
				return true
			}
		}
		return b.board.pulses(0) > 0
	})
	if out := b.reached(fresh()); out.Result != "done" {
		t.Errorf("the victim is not reached any more: %+v", out)
	}
}

// forgedRows is a well-made batch in the victim's name.
func forgedRows(t *testing.T, victim domain.AgentID) wire.Events {
	t.Helper()
	epoch := domain.NewID[domain.EpochID](time.Now())
	body, err := wire.Marshal(domain.NoteBody{What: "started", Detail: forgery})
	if err != nil {
		t.Fatal(err)
	}
	row := wire.Row{Seq: 1, Kind: domain.EventAgent, WallMilli: time.Now().UnixMilli(), Body: body}
	row.BodyHash = wire.HashBody(row.Salt, row.Body)
	row.Digest = wire.Chain(victim, epoch, domain.StreamAudit, [32]byte{}, row)
	return wire.Events{Epoch: epoch, Stream: domain.StreamAudit, Rows: []wire.Row{row}}
}
