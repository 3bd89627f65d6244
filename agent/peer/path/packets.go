package path

import (
	"net"
	"os"
	"sync"
	"time"

	"github.com/pion/ice/v4"

	"vestibule/shared/fault"
)

// mtu is more than any packet on the way.
const mtu = 2048

// handshakeHolds is how many packets of a handshake wait; it repeats what is dropped.
const handshakeHolds = 32

// packets is the DTLS part of what one ICE connection carries (RFC 7983).
type packets struct {
	*ice.Conn
	in   chan []byte
	done chan struct{}
	once sync.Once

	mu       sync.Mutex
	deadline *time.Timer
	late     chan struct{}
}

func newPackets(c *ice.Conn) *packets {
	return &packets{Conn: c, in: make(chan []byte, handshakeHolds), done: make(chan struct{}), late: make(chan struct{})}
}

// put keeps a copy for the handshake.
func (p *packets) put(packet []byte) {
	select {
	case p.in <- append([]byte(nil), packet...):
	default:
	}
}

// ReadFrom implements net.PacketConn.
func (p *packets) ReadFrom(buf []byte) (int, net.Addr, error) {
	p.mu.Lock()
	late := p.late
	p.mu.Unlock()
	select {
	case packet := <-p.in:
		return copy(buf, packet), p.RemoteAddr(), nil
	case <-late:
		return 0, nil, os.ErrDeadlineExceeded
	case <-p.done:
		return 0, nil, net.ErrClosed
	}
}

// WriteTo implements net.PacketConn.
func (p *packets) WriteTo(packet []byte, _ net.Addr) (int, error) { return p.Conn.Write(packet) }

// SetReadDeadline implements net.PacketConn.
func (p *packets) SetReadDeadline(at time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deadline != nil && !p.deadline.Stop() {
		p.late = make(chan struct{})
	}
	p.deadline = nil
	if at.IsZero() {
		return nil
	}
	late := p.late
	p.deadline = time.AfterFunc(time.Until(at), func() { close(late) })
	return nil
}

// SetDeadline implements net.PacketConn.
func (p *packets) SetDeadline(at time.Time) error { return p.SetReadDeadline(at) }

// Close ends the DTLS part alone: the connection belongs to the path.
func (p *packets) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

// read sorts what arrives by its first byte (RFC 7983) until the connection ends.
func (p *Path) read(c *ice.Conn, handshake *packets) {
	defer handshake.Close()
	buf, plain := make([]byte, mtu), make([]byte, 0, mtu)
	for {
		n, err := c.Read(buf)
		if err != nil {
			p.down("media_lost")
			return
		}
		switch b := buf[:n]; {
		case n == 0:
		case b[0] >= 20 && b[0] <= 63:
			handshake.put(b)
		case b[0] >= 128 && b[0] <= 191 && n >= 12:
			plain = p.open(plain[:0], b)
		}
	}
}

// open decrypts a packet and hands it on; one that was altered or came before is dropped.
func (p *Path) open(plain, packet []byte) []byte {
	p.mu.Lock()
	in := p.in
	p.mu.Unlock()
	if in == nil {
		return plain
	}
	rtcp := IsRTCP(packet)
	var err error
	var out []byte
	if rtcp {
		out, err = in.DecryptRTCP(plain, packet, nil)
	} else {
		out, err = in.DecryptRTP(plain, packet, nil)
	}
	if err != nil {
		return plain
	}
	p.on.Packet(rtcp, out)
	return out
}

// IsRTCP tells RTCP from RTP where both share a way (RFC 5761 section 4).
func IsRTCP(packet []byte) bool { return len(packet) > 1 && packet[1] >= 192 && packet[1] <= 223 }

// Send protects a packet and sends it; before the path is up it is dropped.
func (p *Path) Send(rtcp bool, packet []byte) error {
	p.mu.Lock()
	if p.out == nil || p.closed {
		p.mu.Unlock()
		return fault.New(fault.Offline, "The way for media is not open.")
	}
	var sealed []byte
	var err error
	if rtcp {
		sealed, err = p.out.EncryptRTCP(nil, packet, nil)
	} else {
		sealed, err = p.out.EncryptRTP(nil, packet, nil)
	}
	c := p.ice
	p.mu.Unlock()
	if err == nil {
		_, err = c.Write(sealed)
	}
	return err
}

// Close says farewell and gives everything back; it may be called again, and waits, so not from an event.
func (p *Path) Close() {
	p.mu.Lock()
	p.closed = true
	c := p.dtls
	p.dtls = nil
	p.mu.Unlock()
	if c != nil {
		_ = c.Close() // the farewell
	}
	p.cancel()
	_ = p.agent.Close()
	p.work.Wait()
}
