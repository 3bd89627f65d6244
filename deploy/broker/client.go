package broker

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"vestibule/cloud/hub/hubtest"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Client is of the library that agents use, and keeps what arrives.
type Client struct {
	MQTT    mqtt.Client
	Granted []byte // the broker's answer to each subscription, in their order

	in     chan []byte
	closed chan struct{}
	under  net.Conn
}

var _ hubtest.Client = (*Client)(nil)

// DialTLS connects to a listener on loopback whose certificate a root (DER) vouches for; as Dial.
func DialTLS(t *testing.T, address string, root []byte, id string, cert tls.Certificate, agent domain.AgentID, will []byte) (*Client, error) {
	t.Helper()
	parsed, err := x509.ParseCertificate(root)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return Dial(t, func() (*tls.Conn, error) {
		return tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1", Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS13})
	}, id, agent, will)
}

// Dial connects by an open connection, under any name; with a will it is that of the agent. It ends with the test.
func Dial(t *testing.T, open func() (*tls.Conn, error), id string, agent domain.AgentID, will []byte) (*Client, error) {
	t.Helper()
	c := &Client{in: make(chan []byte, 1000), closed: make(chan struct{})}
	o := mqtt.NewClientOptions().AddBroker("tls://broker").SetClientID(id).SetProtocolVersion(4).SetCleanSession(true)
	o.SetAutoReconnect(false).SetConnectRetry(false).SetOrderMatters(false).SetConnectTimeout(hubtest.Patience).SetWriteTimeout(hubtest.Patience)
	o.SetCustomOpenConnectionFn(func(*url.URL, mqtt.ClientOptions) (net.Conn, error) {
		conn, err := open()
		if err != nil {
			return nil, err
		}
		c.under = conn
		return conn, nil
	})
	o.SetDefaultPublishHandler(func(_ mqtt.Client, m mqtt.Message) { c.in <- m.Payload() })
	o.SetConnectionLostHandler(func(mqtt.Client, error) { close(c.closed) })
	if will != nil {
		o.SetBinaryWill(wire.UpTopic(agent, wire.KindGone), will, 1, false)
	}
	c.MQTT = mqtt.NewClient(o)
	token := c.MQTT.Connect()
	if !token.WaitTimeout(hubtest.Patience) {
		return nil, errors.New("no answer to connect")
	}
	if token.Error() != nil {
		return nil, token.Error()
	}
	t.Cleanup(func() { c.MQTT.Disconnect(0) })
	return c, nil
}

// Publish says one message, and waits a moment for its acknowledgement: none proves nothing either.
func (c *Client) Publish(topic string, data []byte) error {
	token := c.MQTT.Publish(topic, 1, false, data)
	if !token.WaitTimeout(2 * time.Second) {
		return nil
	}
	return token.Error()
}

// Subscribe asks for a topic; what the broker says to it is in Granted.
func (c *Client) Subscribe(topic string) error {
	token := c.MQTT.Subscribe(topic, 0, nil)
	if !token.WaitTimeout(hubtest.Patience) {
		return errors.New("no answer to subscribe")
	}
	if sub, ok := token.(*mqtt.SubscribeToken); ok {
		for _, code := range sub.Result() { // paho names a shared topic otherwise than it was asked
			c.Granted = append(c.Granted, code)
		}
	}
	return token.Error()
}

// Received gives what arrived.
func (c *Client) Received() <-chan []byte { return c.in }

// Closed ends when the connection was lost.
func (c *Client) Closed() <-chan struct{} { return c.closed }

// Break takes the connection away without a word.
func (c *Client) Break() { _ = c.under.Close() }
