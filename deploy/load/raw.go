package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// raw is a client of MQTT 3.1.1 that does nothing but what is measured: the same for each broker, and cheap.
type raw struct {
	agent  domain.AgentID
	config *tls.Config
	from   *net.TCPAddr
	conn   *tls.Conn
}

// packet is one packet of MQTT: its first byte, its length and its body.
func packet(first byte, body []byte) []byte {
	return append(binary.AppendUvarint([]byte{first}, uint64(len(body))), body...)
}

func text(s string) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...) }

// connect makes TLS, connects with a clean session and listens to one topic of its own.
func (r *raw) connect(ctx context.Context, broker string) error {
	dialer := net.Dialer{LocalAddr: r.from, Timeout: 5 * time.Second}
	tcp, err := dialer.DialContext(ctx, "tcp", broker)
	if err != nil {
		return err
	}
	r.conn = tls.Client(tcp, r.config)
	_ = r.conn.SetDeadline(time.Now().Add(10 * time.Second))
	hello := packet(0x10, append([]byte("\x00\x04MQTT\x04\x02\x00\x78"), text(r.agent.String())...))
	if err := r.exchange(hello, []byte{0x20, 2, 0, 0}); err != nil {
		_ = r.conn.Close()
		return err
	}
	topic := text(wire.DownTopic(r.agent, domain.ConnID{1}))
	if err := r.exchange(packet(0x82, append(append([]byte{0, 1}, topic...), 0)), []byte{0x90, 3, 0, 1, 0}); err != nil {
		_ = r.conn.Close()
		return err
	}
	return r.conn.SetDeadline(time.Time{})
}

var errAnswer = errors.New("the broker answers otherwise")

func (r *raw) exchange(say, hear []byte) error {
	if _, err := r.conn.Write(say); err != nil {
		return err
	}
	got := make([]byte, len(hear))
	if _, err := io.ReadFull(r.conn, got); err != nil {
		return err
	}
	if !bytes.Equal(got, hear) {
		return errAnswer
	}
	return nil
}

// payload is that of every message.
const payload = 256

// publish keeps window messages on their way until ctx ends and counts what is acknowledged.
func (r *raw) publish(ctx context.Context, window int, acknowledged func(n int)) error {
	topic := text(wire.UpTopic(r.agent, wire.KindEvents))
	one := packet(0x32, append(append(topic, 0, 7), make([]byte, payload)...))
	if _, err := r.conn.Write(bytes.Repeat(one, window)); err != nil {
		return err
	}
	const ack = 4
	buffer := make([]byte, ack*window)
	have := 0
	for ctx.Err() == nil {
		n, err := r.conn.Read(buffer[have:])
		if err != nil {
			return err
		}
		have += n
		whole := have / ack
		if whole == 0 {
			continue
		}
		copy(buffer, buffer[whole*ack:have])
		have -= whole * ack
		acknowledged(whole)
		if _, err := r.conn.Write(bytes.Repeat(one, whole)); err != nil {
			return err
		}
	}
	return nil
}
