package modbus_test

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"vestibule/agent/relay"
	"vestibule/agent/relay/relaytest"
)

// board is a Modbus TCP responder written from the Modbus messaging guide: MBAP header, FC01, FC05, exceptions.
type board struct {
	*relaytest.Bench
	t        *testing.T
	address  string
	units    map[byte]bool
	channels int

	mu        sync.Mutex
	listener  net.Listener
	conns     map[net.Conn]bool
	fault     relaytest.Fault
	exception byte
	mangle    func(adu []byte) []byte
	accepted  int
}

func newBoard(t *testing.T) *board {
	b := &board{Bench: relaytest.NewBench(), t: t, units: map[byte]bool{1: true, 7: true}, channels: 8, conns: map[net.Conn]bool{}, address: "127.0.0.1:0"}
	b.listen()
	t.Cleanup(b.stop)
	return b
}

func (b *board) listen() {
	l, err := net.Listen("tcp4", b.address)
	if err != nil {
		b.t.Fatal(err)
	}
	b.address, b.listener = l.Addr().String(), l
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			b.conns[c] = true
			b.accepted++
			b.mu.Unlock()
			go b.serve(c)
		}
	}()
}

func (b *board) stop() {
	b.listener.Close()
	b.dropAll()
}

func (b *board) dropAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		c.Close()
		delete(b.conns, c)
	}
}

func (b *board) Break(f relaytest.Fault) {
	b.mu.Lock()
	was := b.fault
	b.fault = f
	b.mu.Unlock()
	switch {
	case f == relaytest.Down:
		b.stop()
	case was == relaytest.Down:
		b.listen()
	}
}

func (b *board) serve(c net.Conn) {
	defer c.Close()
	for {
		head := make([]byte, 7)
		if _, err := io.ReadFull(c, head); err != nil {
			return
		}
		pdu := make([]byte, binary.BigEndian.Uint16(head[4:])-1)
		if _, err := io.ReadFull(c, pdu); err != nil {
			return
		}
		answer := b.answer(head[6], pdu)
		if answer == nil {
			continue
		}
		binary.BigEndian.PutUint16(head[4:], uint16(len(answer)+1))
		adu := append(head, answer...)
		b.mu.Lock()
		if b.mangle != nil {
			adu = b.mangle(adu)
		}
		b.mu.Unlock()
		if _, err := c.Write(adu); err != nil {
			return
		}
	}
}

func (b *board) answer(unit byte, pdu []byte) []byte {
	b.mu.Lock()
	fault, exception := b.fault, b.exception
	b.mu.Unlock()
	at := int(binary.BigEndian.Uint16(pdu[1:]))
	value := binary.BigEndian.Uint16(pdu[3:])
	switch {
	case exception != 0 && pdu[0] == 5:
		return []byte{pdu[0] | 0x80, exception}
	case !b.units[unit]:
		return []byte{pdu[0] | 0x80, 11}
	case fault == relaytest.Refuse || at >= b.channels, pdu[0] == 1 && at+int(value) > b.channels:
		return []byte{pdu[0] | 0x80, 2}
	}
	ch := relay.Channel{Unit: int(unit), Number: at + 1}
	switch pdu[0] {
	case 1:
		var bits byte
		for i := range int(value) {
			if b.Contact(relay.Channel{Unit: int(unit), Number: at + i + 1}) {
				bits |= 1 << i
			}
		}
		return []byte{1, 1, bits}
	case 5:
		_ = b.Set(b.t.Context(), ch, value == 0xFF00)
		if fault == relaytest.Swallow {
			return nil
		}
		return pdu
	}
	return []byte{pdu[0] | 0x80, 1}
}
