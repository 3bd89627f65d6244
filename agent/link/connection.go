package link

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/url"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

const (
	keepAlive    = 30 * time.Second
	writeTimeout = 10 * time.Second // a stalled line ends here at the latest
	queueLength  = 64               // messages on their way out; more means that the line does not move
	farewell     = 500 * time.Millisecond
)

// connection is one paho client for one TCP connection: never reconnected, its memory thrown away with it.
type connection struct {
	id     domain.ConnID
	agent  domain.AgentID
	client mqtt.Client
	out    chan outgoing
	stop   chan struct{}
	once   sync.Once

	mu  sync.Mutex
	raw net.Conn
}

type outgoing struct {
	kind wire.Kind
	data []byte
}

// call is what dial needs.
type call struct {
	agent   domain.AgentID
	broker  string
	tls     *tls.Config
	counter uint64
	dialer  func(ctx context.Context, network, address string) (net.Conn, error)
	message func(data []byte) // must not wait
	lost    func()
}

// dial connects, subscribes to the connection's own topic and starts the sender. ctx bounds all of it.
func dial(ctx context.Context, id domain.ConnID, c call) (*connection, error) {
	k := &connection{id: id, agent: c.agent, out: make(chan outgoing, queueLength), stop: make(chan struct{})}
	will, err := wire.Seal(wire.KindGone, id, wire.Gone{Counter: c.counter})
	if err != nil {
		return nil, err
	}
	opts := mqtt.NewClientOptions().
		AddBroker("tls://"+c.broker).
		SetClientID(c.agent.String()).
		SetProtocolVersion(4). // MQTT 3.1.1
		SetCleanSession(true).
		SetAutoReconnect(false).
		SetConnectRetry(false).
		SetKeepAlive(keepAlive).
		SetWriteTimeout(writeTimeout).
		SetBinaryWill(wire.UpTopic(c.agent, wire.KindGone), will, 1, false).
		// The handler hands over at once and never publishes, so order costs nothing and cannot lock up.
		SetOrderMatters(true).
		SetConnectionLostHandler(func(mqtt.Client, error) { c.lost() }).
		SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) { return k.open(ctx, c) })
	k.client = mqtt.NewClient(opts)
	// The end of ctx closes the socket, and that ends every wait below.
	unhook := context.AfterFunc(ctx, k.cut)
	if err := await(ctx, k.client.Connect()); err != nil {
		k.cut()
		return nil, fmt.Errorf("connect: %w", err)
	}
	topic := wire.DownTopic(c.agent, id) // of this connection alone
	token := k.client.Subscribe(topic, 0, func(_ mqtt.Client, m mqtt.Message) { c.message(m.Payload()) })
	if err := await(ctx, token); err != nil {
		k.cut()
		return nil, fmt.Errorf("subscribe: %w", err)
	}
	unhook()
	go k.send()
	return k, nil
}

func await(ctx context.Context, t mqtt.Token) error {
	select {
	case <-t.Done():
		return t.Error()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// open makes the TLS connection and keeps hold of its socket, so that it can be closed under a client that waits.
func (k *connection) open(ctx context.Context, c call) (net.Conn, error) {
	tcp, err := c.dialer(ctx, "tcp", c.broker)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	k.raw = tcp
	k.mu.Unlock()
	secure := tls.Client(tcp, c.tls)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = tcp.Close()
		return nil, err
	}
	return secure, nil
}

// put queues a message without waiting.
func (k *connection) put(kind wire.Kind, data []byte) error {
	select {
	case <-k.stop:
		return fault.New(fault.Offline, "The connection has ended.")
	default:
	}
	select {
	case k.out <- outgoing{kind, data}:
		return nil
	default:
		return fault.New(fault.Limit, "The line does not move.")
	}
}

func (k *connection) send() {
	for {
		select {
		case <-k.stop:
			return
		case m := <-k.out:
			// PUBACK proves nothing, so nobody waits for it; a line that does not take the bytes ends by the write timeout.
			k.client.Publish(wire.UpTopic(k.agent, m.kind), 1, false, m.data)
		}
	}
}

// cut closes the socket at once. The broker sends the will.
func (k *connection) cut() {
	k.once.Do(func() { close(k.stop) })
	k.mu.Lock()
	raw := k.raw
	k.mu.Unlock()
	if raw != nil {
		_ = raw.Close()
	}
	go k.client.Disconnect(0)
}

// leave says goodbye and closes.
func (k *connection) leave() {
	k.once.Do(func() { close(k.stop) })
	if data, err := wire.Seal(wire.KindGone, k.id, wire.Gone{}); err == nil {
		k.client.Publish(wire.UpTopic(k.agent, wire.KindGone), 1, false, data).WaitTimeout(farewell)
	}
	k.client.Disconnect(uint(farewell.Milliseconds()))
	k.cut()
}
