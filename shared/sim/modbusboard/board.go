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

// Modbus exception codes.
const (
	illegalFunction = 1
	illegalAddress  = 2
	illegalValue    = 3
)

// Coil map of the board.
const (
	coilAll      = 0x00ff // FC05: every relay
	coilFlashOn  = 0x0200 // + relay: on for value x 100 ms, then off
	coilFlashOff = 0x0400 // + relay: off for value x 100 ms, then on
	valueOn      = 0xff00
	valueOff     = 0x0000
	valueToggle  = 0x5500
	maxFlash     = 0x7fff
)

// Board is one relay board. It answers every unit id.
type Board struct {
	bank     *relaybank.Bank
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
	return &Board{bank: relaybank.New(n), listener: l, conns: map[net.Conn]struct{}{}}, nil
}

// Addr is the bound address.
func (b *Board) Addr() netip.AddrPort {
	return b.listener.Addr().(*net.TCPAddr).AddrPort()
}

// Bank is the relays themselves.
func (b *Board) Bank() *relaybank.Bank { return b.bank }

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
	b.bank.Close()
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
		reply := b.answer(pdu)
		binary.BigEndian.PutUint16(header[4:], uint16(len(reply)+1))
		if _, err := c.Write(append(header[:7:7], reply...)); err != nil {
			return
		}
	}
}

// answer is the reply to a request, an exception included.
func (b *Board) answer(pdu []byte) []byte {
	reply, exception := b.act(pdu)
	if exception != 0 {
		return []byte{pdu[0] | 0x80, exception}
	}
	return reply
}

func (b *Board) act(pdu []byte) (reply []byte, exception byte) {
	function := pdu[0]
	switch function {
	case 1, 5, 15:
	default:
		return nil, illegalFunction
	}
	if len(pdu) < 5 {
		return nil, illegalValue
	}
	address, value := binary.BigEndian.Uint16(pdu[1:]), binary.BigEndian.Uint16(pdu[3:])
	switch function {
	case 1:
		return b.read(pdu, address, value)
	case 5:
		if len(pdu) != 5 {
			return nil, illegalValue
		}
		return pdu, b.writeOne(address, value)
	default:
		return b.writeMany(pdu, address, value)
	}
}

func (b *Board) read(pdu []byte, address, count uint16) ([]byte, byte) {
	if len(pdu) != 5 || count == 0 || count > 2000 {
		return nil, illegalValue
	}
	if int(address)+int(count) > b.bank.Len() {
		return nil, illegalAddress
	}
	n := (int(count) + 7) / 8
	reply := make([]byte, 2+n)
	reply[0], reply[1] = 1, byte(n)
	outputs := b.bank.Outputs()
	for i := range int(count) {
		if outputs[int(address)+i] {
			reply[2+i/8] |= 1 << (i % 8)
		}
	}
	return reply, 0
}

func (b *Board) writeOne(address, value uint16) byte {
	n := uint16(b.bank.Len())
	switch {
	case address < n:
		return b.write(int(address), value)
	case address == coilAll:
		for i := range int(n) {
			if code := b.write(i, value); code != 0 {
				return code
			}
		}
		return 0
	case address >= coilFlashOn && address-coilFlashOn < n:
		return b.flash(int(address-coilFlashOn), true, value)
	case address >= coilFlashOff && address-coilFlashOff < n:
		return b.flash(int(address-coilFlashOff), false, value)
	default:
		return illegalAddress
	}
}

func (b *Board) write(relay int, value uint16) byte {
	on := value == valueOn
	switch value {
	case valueOn, valueOff:
	case valueToggle:
		on = !b.bank.Outputs()[relay]
	default:
		return illegalValue
	}
	if b.bank.Set(relay, on, "modbus") != nil {
		return illegalAddress
	}
	return 0
}

func (b *Board) flash(relay int, on bool, value uint16) byte {
	if value == 0 || value > maxFlash {
		return illegalValue
	}
	if b.bank.Flash(relay, on, time.Duration(value)*100*time.Millisecond, "modbus pulse") != nil {
		return illegalAddress
	}
	return 0
}

func (b *Board) writeMany(pdu []byte, address, count uint16) ([]byte, byte) {
	n := (int(count) + 7) / 8
	if count == 0 || count > 0x7b0 || len(pdu) != 6+n || int(pdu[5]) != n {
		return nil, illegalValue
	}
	if int(address)+int(count) > b.bank.Len() {
		return nil, illegalAddress
	}
	for i := range int(count) {
		on := pdu[6+i/8]&(1<<(i%8)) != 0
		if b.bank.Set(int(address)+i, on, "modbus") != nil {
			return nil, illegalAddress
		}
	}
	return pdu[:5], 0
}
