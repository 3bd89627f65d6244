package modbus_test

import (
	"encoding/binary"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"vestibule/agent/relay"
	"vestibule/agent/relay/modbus"
	"vestibule/agent/relay/relaytest"
	"vestibule/shared/domain"
)

// wayIn is a line of boards that is reached over TCP: by a gateway, which speaks Modbus TCP for the boards behind it, or by a serial server, which passes
// the bytes of the bus on as they are.
type wayIn struct {
	*line
	t       *testing.T
	link    domain.BoardLink
	serve   func(w *wayIn, c net.Conn)
	address string

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
}

func openWay(t *testing.T, link domain.BoardLink, serve func(w *wayIn, c net.Conn), broken int) *wayIn {
	t.Helper()
	w := &wayIn{line: openLine(t, 6), t: t, link: link, serve: serve, address: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	w.broken = broken
	w.open()
	t.Cleanup(w.shut)
	return w
}

func (w *wayIn) open() {
	l, err := net.Listen("tcp4", w.address)
	if err != nil {
		w.t.Error(err)
		return
	}
	w.address, w.listener = l.Addr().String(), l
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			w.mu.Lock()
			w.conns[c] = true
			w.mu.Unlock()
			go func() {
				defer c.Close()
				w.serve(w, c)
			}()
		}
	}()
}

func (w *wayIn) shut() {
	_ = w.listener.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.conns {
		_ = c.Close()
	}
	clear(w.conns)
}

// Break of the way itself is a gateway without power; the rest are faults of the board.
func (w *wayIn) Break(f relaytest.Fault) {
	switch {
	case f == relaytest.Down && w.link == domain.LinkTCP:
		w.shut()
		return
	case f == relaytest.Healthy && w.link == domain.LinkTCP:
		w.shut()
		w.open()
	}
	w.line.Break(f)
}

func (w *wayIn) driver(timeout time.Duration) *modbus.Bus {
	b := modbus.New(modbus.Config{Line: domain.Line{Link: w.link, Address: w.address}, Layout: layout, Timeout: timeout})
	w.t.Cleanup(func() { _ = b.Close() })
	return b
}

// gateway speaks Modbus TCP (MBAP header, unit id) for the boards of the line.
func gateway(w *wayIn, c net.Conn) {
	for {
		head := make([]byte, 7)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		n := int(binary.BigEndian.Uint16(head[4:]))
		if n < 2 || n > 254 {
			return
		}
		pdu := make([]byte, n-1)
		if _, err := io.ReadFull(c, pdu); err != nil {
			return
		}
		unit := w.Unit(head[6])
		answer, wait := []byte{pdu[0] | 0x80, 11}, time.Duration(0)
		if unit != nil {
			answer, wait = unit.Answer(pdu)
		}
		if answer == nil {
			continue
		}
		binary.BigEndian.PutUint16(head[4:], uint16(len(answer)+1))
		adu := append(head, answer...)
		time.AfterFunc(wait, func() { _, _ = c.Write(adu) })
	}
}

// serialServer passes bytes between a connection and the port of the line.
func serialServer(w *wayIn, c net.Conn) {
	port, err := os.OpenFile(w.Path(), os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer port.Close()
	go func() { _, _ = io.Copy(c, port) }()
	_, _ = io.Copy(port, c)
}

// shows EDGE-15/R38 by agent/relay/modbus/bus.go: "case domain.LinkRTUOver:" => "case \"no link\":"
func TestOverTCP_EveryRegisterMapKeepsTheContract(t *testing.T) {
	for way, c := range map[domain.BoardLink]func(w *wayIn, c net.Conn){domain.LinkTCP: gateway, domain.LinkRTUOver: serialServer} {
		for name, m := range map[string]struct {
			unit, other int
			times       bool
		}{"waveshare": {waveshare, plain, true}, "coils": {plain, waveshare, false}, "eletechsup": {eletechsup, plain, false}} {
			t.Run(string(way)+" "+name, func(t *testing.T) {
				relaytest.Racks(t, relay.Channel{Unit: m.unit, Number: 3}, relay.Channel{Unit: m.other, Number: 3}, m.times, func(t *testing.T) (relay.Rack, relaytest.Rack) {
					w := openWay(t, way, c, m.unit)
					return w.driver(quick), w
				})
			})
		}
	}
}
