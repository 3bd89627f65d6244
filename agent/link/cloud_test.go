package link_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"sync"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"vestibule/agent/enroll"
	"vestibule/shared/domain"
	"vestibule/shared/secret"
	"vestibule/shared/wire"
)

// authority makes certificates for one test.
type authority struct {
	t    testing.TB
	key  *ecdsa.PrivateKey
	root *x509.Certificate
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	a := &authority{t: t}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.root, _ = x509.ParseCertificate(der)
	return a
}

func (a *authority) issue(name string, usage x509.ExtKeyUsage) ([]byte, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, a.root, &key.PublicKey, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return der, key
}

// identity makes an agent whose broker is at address.
func (a *authority) identity(address string) enroll.Identity {
	a.t.Helper()
	agent := domain.NewID[domain.AgentID](time.Now())
	der, key := a.issue(agent.String(), x509.ExtKeyUsageClientAuth)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return enroll.Identity{
		Agent: agent, Site: domain.NewID[domain.SiteID](time.Now()), Broker: address, ServerName: "cloud.test", Generation: 1,
		Chain: [][]byte{der}, Roots: [][]byte{a.root.Raw},
		Key: secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}))),
	}
}

// cloud is a real broker over TLS with a small cloud behind it.
type cloud struct {
	t       testing.TB
	broker  *mqtt.Server
	address string
	heard   chan wire.Envelope

	mu      sync.Mutex
	welcome func(wire.Hello) wire.Welcome
	silent  bool // answers nothing
	skew    time.Duration
}

// rule lets an agent say and hear its own topics alone.
type rule struct{ mqtt.HookBase }

func (*rule) ID() string { return "rule" }

func (*rule) Provides(b byte) bool { return b == mqtt.OnConnectAuthenticate || b == mqtt.OnACLCheck }

func (*rule) OnConnectAuthenticate(cl *mqtt.Client, _ packets.Packet) bool {
	conn, ok := cl.Net.Conn.(*tls.Conn)
	if !ok || conn.Handshake() != nil {
		return false
	}
	return conn.ConnectionState().PeerCertificates[0].Subject.CommonName == cl.ID
}

func (*rule) OnACLCheck(cl *mqtt.Client, topic string, write bool) bool {
	agent, err := domain.ParseID[domain.AgentID](cl.ID)
	if err != nil {
		return false
	}
	if write {
		return wire.MayPublish(agent, topic)
	}
	return wire.MaySubscribe(agent, topic)
}

// entrance hands connections to a broker, whose Close must not meet one that just comes: the library adds to a group that Close waits for.
type entrance struct {
	*listeners.TCP

	mu     sync.Mutex
	shut   bool
	inside sync.WaitGroup
}

// Serve implements listeners.Listener.
func (e *entrance) Serve(establish listeners.EstablishFn) {
	e.TCP.Serve(func(id string, conn net.Conn) error {
		e.mu.Lock()
		if e.shut {
			e.mu.Unlock()
			return conn.Close()
		}
		e.inside.Add(1)
		e.mu.Unlock()
		defer e.inside.Done()
		return establish(id, conn)
	})
}

// empty lets nobody in any more, sends all away and waits until they are gone.
func (e *entrance) empty(broker *mqtt.Server) {
	e.mu.Lock()
	e.shut = true
	e.mu.Unlock()
	gone := make(chan struct{})
	go func() {
		e.inside.Wait()
		close(gone)
	}()
	for {
		for _, cl := range broker.Clients.GetByListener(e.ID()) {
			cl.Stop(net.ErrClosed)
		}
		select {
		case <-gone:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func newCloud(t testing.TB, a *authority) *cloud {
	t.Helper()
	der, key := a.issue("cloud.test", x509.ExtKeyUsageServerAuth)
	pool := x509.NewCertPool()
	pool.AddCert(a.root)
	c := &cloud{t: t, heard: make(chan wire.Envelope, 4096)}
	c.welcome = func(wire.Hello) wire.Welcome { return wire.Welcome{Proto: wire.Proto, BeatMilli: 200} }
	c.broker = mqtt.New(&mqtt.Options{InlineClient: true, Logger: slog.New(slog.DiscardHandler)})
	if err := c.broker.AddHook(&rule{}, nil); err != nil {
		t.Fatal(err)
	}
	tcp := listeners.NewTCP(listeners.Config{ID: "tls", Address: "127.0.0.1:0", TLSConfig: &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
	}})
	in := &entrance{TCP: tcp}
	if err := c.broker.AddListener(in); err != nil {
		t.Fatal(err)
	}
	if err := c.broker.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.empty(c.broker)
		_ = c.broker.Close()
	})
	c.address = tcp.Address()
	if err := c.broker.Subscribe("v1/#", 1, c.take); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cloud) set(f func(c *cloud)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(c)
}

func (c *cloud) take(_ *mqtt.Client, _ packets.Subscription, pk packets.Packet) {
	agent, ok := wire.ParseUp(pk.TopicName)
	if !ok {
		return
	}
	e, err := wire.Open(pk.Payload)
	if err != nil {
		c.t.Errorf("the cloud cannot read %s: %v", pk.TopicName, err)
		return
	}
	c.heard <- e
	c.mu.Lock()
	silent, welcome, now := c.silent, c.welcome, time.Now().Add(c.skew).UnixMilli()
	c.mu.Unlock()
	if silent {
		return
	}
	switch e.Kind {
	case wire.KindHello:
		h, err := wire.Body[wire.Hello](e)
		if err != nil {
			c.t.Error(err)
		}
		w := welcome(h)
		w.EchoMilli, w.ServerMilli = h.MonoMilli, now
		c.send(agent, e.Conn, wire.KindWelcome, w)
	case wire.KindBeat:
		b, err := wire.Body[wire.Beat](e)
		if err != nil {
			c.t.Error(err)
		}
		c.send(agent, e.Conn, wire.KindBeatAck, wire.BeatAck{EchoMilli: b.MonoMilli, ServerMilli: now, Config: b.Config, ConfigHash: b.ConfigHash})
	}
}

func (c *cloud) send(agent domain.AgentID, conn domain.ConnID, kind wire.Kind, body any) {
	data, err := wire.Seal(kind, conn, body)
	if err != nil {
		c.t.Error(err)
		return
	}
	c.raw(agent, conn, data)
}

func (c *cloud) raw(agent domain.AgentID, conn domain.ConnID, data []byte) {
	if err := c.broker.Publish(wire.DownTopic(agent, conn), data, false, 0); err != nil {
		c.t.Error(err)
	}
}

// wait gives the next message of a kind.
func (c *cloud) wait(kind wire.Kind) wire.Envelope {
	c.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case e := <-c.heard:
			if e.Kind == kind {
				return e
			}
		case <-deadline:
			c.t.Fatalf("no %s came", kind)
		}
	}
}

// proxy stands on the line and can stop it without a word.
type proxy struct {
	t       testing.TB
	to      string
	address string

	mu    sync.Mutex
	lines []*line
	held  bool // new lines are held too
}

// line is one connection through the proxy.
type line struct {
	gate  sync.Mutex // held: nothing moves
	ends  []net.Conn
	stall bool
}

func newProxy(t testing.TB, to string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, to: to, address: l.Addr().String()}
	t.Cleanup(func() { _ = l.Close(); p.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				_ = near.Close()
				continue
			}
			n := &line{ends: []net.Conn{near, far}}
			p.mu.Lock()
			if p.held {
				n.stall = true
				n.gate.Lock()
			}
			p.lines = append(p.lines, n)
			p.mu.Unlock()
			go n.copy(far, near)
			go n.copy(near, far)
		}
	}()
	return p
}

func (n *line) copy(to, from net.Conn) {
	buf := make([]byte, 32<<10)
	for {
		k, err := from.Read(buf)
		n.gate.Lock()
		n.gate.Unlock() //nolint:staticcheck // passing the gate is all
		if k > 0 {
			if _, err := to.Write(buf[:k]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	_, _ = to.Close(), from.Close()
}

// hold stops every line both ways without a reset; later also those that begin.
func (p *proxy) hold(later bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = later
	for _, n := range p.lines {
		if !n.stall {
			n.stall = true
			n.gate.Lock()
		}
	}
}

// release lets everything through that was held, late as it is.
func (p *proxy) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = false
	for _, n := range p.lines {
		if n.stall {
			n.stall = false
			n.gate.Unlock()
		}
	}
}

// cut ends every line.
func (p *proxy) cut() {
	p.release()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.lines {
		for _, c := range n.ends {
			_ = c.Close()
		}
	}
	p.lines = nil
}

// until waits for a condition that the test looks at again and again.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}
