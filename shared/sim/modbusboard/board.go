package modbusboard

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/shared/sim/relaybank"
)

const (
	maxConns = 16
	idle     = 2 * time.Minute
)

// Board is one relay board on Ethernet. It answers every unit id.
type Board struct {
	unit     *Unit
	listener net.Listener
	dead     atomic.Bool
	requests atomic.Int64

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// Listen opens a board with n relays; port 0 picks one.
func Listen(addr netip.AddrPort, n int) (*Board, error) {
	l, err := net.Listen("tcp", addr.String())
	if err != nil {
		return nil, err
	}
	return &Board{unit: NewUnit(Waveshare, n), listener: l, conns: map[net.Conn]struct{}{}}, nil
}

// Addr is the bound address.
func (b *Board) Addr() netip.AddrPort {
	return b.listener.Addr().(*net.TCPAddr).AddrPort()
}

// Bank is the relays themselves.
func (b *Board) Bank() *relaybank.Bank { return b.unit.Bank() }

// Unit is the board behind its connection: inputs and bad habits.
func (b *Board) Unit() *Unit { return b.unit }

// Requests counts the requests read, refused ones included.
func (b *Board) Requests() int64 { return b.requests.Load() }

// SetDead makes the board take connections and say nothing, or ends that. What was sent to it while dead is lost.
func (b *Board) SetDead(dead bool) {
	b.dead.Store(dead)
	b.dropConns()
}

// Close frees the port of a board that was never run.
func (b *Board) Close() { _ = b.listener.Close() }

func (b *Board) dropConns() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		_ = c.Close()
	}
}

// Run serves until ctx ends.
func (b *Board) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	stop := context.AfterFunc(ctx, func() { _ = b.listener.Close(); b.dropConns() })
	defer stop()
	for {
		conn, err := b.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			break
		}
		if err != nil {
			continue
		}
		if !b.keep(conn) {
			_ = conn.Close()
			continue
		}
		if ctx.Err() != nil {
			_ = conn.Close()
		}
		wg.Go(func() { b.serve(conn) })
	}
	wg.Wait()
	b.unit.Bank().Close()
	return ctx.Err()
}

func (b *Board) keep(c net.Conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.conns) >= maxConns {
		return false
	}
	b.conns[c] = struct{}{}
	return true
}

func (b *Board) serve(c net.Conn) {
	defer func() {
		b.mu.Lock()
		delete(b.conns, c)
		b.mu.Unlock()
		_ = c.Close()
	}()
	header := make([]byte, 7)
	body := make([]byte, 253)
	for {
		if err := c.SetReadDeadline(time.Now().Add(idle)); err != nil {
			return
		}
		if _, err := io.ReadFull(c, header); err != nil {
			return
		}
		length := int(binary.BigEndian.Uint16(header[4:])) // unit id and PDU
		if binary.BigEndian.Uint16(header[2:]) != 0 || length < 2 || length > 254 {
			return
		}
		pdu := body[:length-1]
		if _, err := io.ReadFull(c, pdu); err != nil {
			return
		}
		if b.dead.Load() {
			continue
		}
		b.requests.Add(1)
		reply, wait := b.unit.Answer(pdu)
		if wait > 0 {
			<-time.After(wait)
		}
		if reply == nil {
			continue
		}
		binary.BigEndian.PutUint16(header[4:], uint16(len(reply)+1))
		if _, err := c.Write(append(header[:7:7], reply...)); err != nil {
			return
		}
	}
}
