package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"vestibule/cloud/enroll"
	"vestibule/cloud/hub/embedded"
	"vestibule/cloud/seal"
	"vestibule/cloud/store"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// owner has every right on the broker: it stands in the cloud's place with the cloud's own certificate, hears what the agent says and
// says to it what it likes. Only the key that signs commands is kept apart.
type owner struct {
	b       *building
	hub     *embedded.Hub
	service *enroll.Service
	rows    *store.Store
	agent   domain.AgentID
	greeted chan domain.ConnID
}

// takeOver stops the cloud and puts a broker with the same certificate and no other job in its place.
func (b *building) takeOver(victim domain.AgentID) *owner {
	b.t.Helper()
	b.cloud.kill()
	ctx, cancel := context.WithCancel(context.Background())
	db, err := store.Open(ctx, "sqlite:"+filepath.Join(b.data, "vestibule.db"))
	b.must(err)
	key, err := seal.Load(b.data)
	b.must(err)
	db.Unlock(key)
	quietly := slog.New(slog.DiscardHandler)
	service, err := enroll.New(ctx, enroll.Config{Store: db, Sealer: key, AgentsHost: agentsAt, BrokerHost: brokerAt, Logger: quietly})
	b.must(err)
	secure, err := service.ServerTLS()
	b.must(err)
	listener, err := net.Listen("tcp", brokerAt)
	b.must(err)
	o := &owner{b: b, service: service, rows: db, agent: victim, greeted: make(chan domain.ConnID, 16)}
	o.hub, err = embedded.New(embedded.Config{Listener: listener, TLS: secure, Admit: service.Admit, Handle: o.hear, Logger: quietly})
	b.must(err)
	done := make(chan struct{})
	go func() { defer close(done); _ = o.hub.Run(ctx) }()
	b.t.Cleanup(func() {
		cancel()
		<-done
		_ = db.Close()
	})
	return o
}

// hear answers a hello with the welcome of a cloud that has nothing new, and takes every row.
func (o *owner) hear(ctx context.Context, agent domain.AgentID, data []byte) {
	e, err := wire.Open(data)
	if err != nil || agent != o.agent {
		return
	}
	if rows, err := wire.Body[wire.Events](e); e.Kind == wire.KindEvents && err == nil && len(rows.Rows) > 0 {
		o.say(e.Conn, wire.KindAck, wire.Ack{Epoch: rows.Epoch, Stream: rows.Stream, Through: rows.Rows[len(rows.Rows)-1].Seq})
	}
	h, err := wire.Body[wire.Hello](e)
	if err != nil || e.Kind != wire.KindHello {
		return
	}
	audit, status, err := o.rows.Acked(ctx, agent, h.Epoch)
	o.b.must(err)
	o.say(e.Conn, wire.KindWelcome, wire.Welcome{
		Proto: wire.Proto, ServerMilli: time.Now().UnixMilli(), BoundMilli: 5, EchoMilli: h.MonoMilli, Config: h.Config, ConfigHash: h.ConfigHash,
		AckedAudit: audit, AckedStatus: status, BeatMilli: wire.BeatEvery.Milliseconds(),
	})
	o.greeted <- e.Conn
}

func (o *owner) say(conn domain.ConnID, kind wire.Kind, body any) {
	data, err := wire.Seal(kind, conn, body)
	if err == nil {
		err = o.hub.Publish(o.agent, conn, data)
	}
	if err != nil {
		o.b.t.Errorf("the owner of the broker cannot publish: %v", err)
	}
}

// order is a command to open the panel's relay now.
func (o *owner) order(conn domain.ConnID) wire.Command {
	device, err := domain.ParseID[domain.DeviceID](o.b.panel.id)
	o.b.must(err)
	now := time.Now()
	return wire.Command{
		ID: domain.NewID[domain.CommandID](now), Agent: o.agent, Conn: conn, Kind: wire.CommandDoorOpen, DeviceID: device, Relay: 1,
		IssuedMilli: now.UnixMilli(), BoundMilli: 5, TTLMilli: wire.DoorTTL.Milliseconds(), Actor: "the owner of the broker",
	}
}

// signed writes a COSE_Sign1 (RFC 9052 section 4) by hand: the test shares no signing code with the cloud.
func signed(t *testing.T, key ed25519.PrivateKey, external string, c wire.Command) []byte {
	t.Helper()
	enc := func(v any) []byte {
		data, err := wire.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	const eddsa, tag18 = -8, 0xd2
	protected, payload := enc(map[int]int{1: eddsa}), enc(c)
	signature := ed25519.Sign(key, enc([]any{"Signature1", protected, []byte(external), payload}))
	return append([]byte{tag18}, enc([]any{protected, map[int]int{}, payload, signature})...)
}

// shows EDGE-16 by agent/remote/sign.go: "if err := m.Verify([]byte(wire.CommandContext), v); err != nil {" => "if _ = v; false {"
func TestBroker_EveryRightOnItMovesNoRelayWithoutTheCloudsKey(t *testing.T) {
	b, victim, _ := attacked(t)
	o := b.takeOver(victim)
	var conn domain.ConnID
	select {
	case conn = <-o.greeted:
	case <-time.After(back):
		t.Fatal("the agent did not come to the new broker")
	}
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	b.must(err)
	cloud := o.service.CommandKey()
	old := o.order(domain.NewID[domain.ConnID](time.Now()))
	late := o.order(conn)
	late.IssuedMilli -= wire.MaxDoorTTL.Milliseconds()
	elsewhere := o.order(conn)
	elsewhere.Agent = domain.NewID[domain.AgentID](time.Now())
	changed := signed(t, cloud, wire.CommandContext, o.order(conn))
	changed[len(changed)-70] ^= 1 // inside the payload
	unsigned, err := wire.Marshal(o.order(conn))
	b.must(err)
	for what, sign1 := range map[string][]byte{
		"unsigned": unsigned, "a stranger's key": signed(t, stranger, wire.CommandContext, o.order(conn)),
		"another purpose": signed(t, cloud, "vestibule config 1", o.order(conn)), "changed after signing": changed,
		"another connection": signed(t, cloud, wire.CommandContext, old), "too late": signed(t, cloud, wire.CommandContext, late),
		"another agent": signed(t, cloud, wire.CommandContext, elsewhere), "nothing": {},
	} {
		o.say(conn, wire.KindCommand, wire.SignedCommand{Sign1: sign1})
		t.Logf("sent: %s", what)
	}
	never(t, quiet, "the lock opens", func() bool { return b.board.pulses(0) > 0 })

	// The same words with the cloud's signature open, once, however often they are said: so silence above came from the key.
	good := signed(t, cloud, wire.CommandContext, o.order(conn))
	for range 5 {
		o.say(conn, wire.KindCommand, wire.SignedCommand{Sign1: good})
	}
	b.board.pulsed(0, 1, settle)
	never(t, quiet, "a repeated order opens again", func() bool { return b.board.pulses(0) > 1 })
}
