package disturb

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"
)

// message is a PUBLISH with the topic t and a number.
func message(n uint32) packet {
	return binary.BigEndian.AppendUint32([]byte{publish << 4, 7, 0, 1, 't'}, n)
}

var ping = packet{0xc0, 0}

// joined gives both ends of a line through a network.
func joined(t *testing.T, odds Odds) (p *Proxy, agent, broker net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if p, err = New(Config{Broker: l.Addr().String(), Seed: 1}); err != nil {
		t.Fatal(err)
	}
	p.SetOdds(odds)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if agent, err = net.Dial("tcp", p.Addr()); err != nil {
		t.Fatal(err)
	}
	if broker, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = agent.Close(); _ = broker.Close() })
	return p, agent, broker
}

// Each message comes, some twice, in another order; what is no message comes in its place and once.
func TestProxy_DoublesAndReordersMessagesAlone(t *testing.T) {
	p, agent, broker := joined(t, Odds{Twice: .3, Later: .3, Wait: 50 * time.Millisecond})
	const n = 200
	go func() {
		for i := range uint32(n) {
			_, _ = agent.Write(message(i))
			_, _ = agent.Write(ping)
		}
	}()
	in := bufio.NewReader(broker)
	count, pings, last, backwards := map[uint32]int{}, 0, -1, 0
	for got := 0; len(count) < n || pings < n || got < n+int(p.Counts().Twice); {
		read, err := readPacket(in)
		if err != nil {
			t.Fatal(err)
		}
		if !read.message() {
			pings++
			continue
		}
		got++
		number := binary.BigEndian.Uint32(read[5:])
		if count[number]++; count[number] == 1 && int(number) < last {
			backwards++
		}
		last = max(last, int(number))
	}
	c := p.Counts()
	if c.Messages != n || c.Twice == 0 || c.Later == 0 || int(c.Overtaken) != backwards || backwards == 0 || pings != n {
		t.Errorf("%+v, %d came after a later one, %d pings", c, backwards, pings)
	}
}

// A standstill holds everything without a reset; then all of it comes. A cut ends both sides.
func TestProxy_StandsStillAndCuts(t *testing.T) {
	p, agent, broker := joined(t, Odds{})
	if _, err := broker.Write(message(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(agent, make([]byte, len(message(1)))); err != nil {
		t.Fatal(err)
	}
	const still = 300 * time.Millisecond
	began := time.Now()
	p.StallDown(still)
	for i := range uint32(3) {
		_, _ = broker.Write(message(i))
	}
	got := make([]byte, 3*len(message(0)))
	if _, err := io.ReadFull(agent, got); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < still {
		t.Errorf("it came after %v", took)
	}
	if want := bytes.Join([][]byte{message(0), message(1), message(2)}, nil); !bytes.Equal(got, want) {
		t.Errorf("%x", got)
	}
	p.Cut()
	for _, c := range []net.Conn{agent, broker} {
		if _, err := c.Read(got); err == nil {
			t.Error("the line stands")
		}
	}
}

func TestReadPacket_RefusesWhatIsNone(t *testing.T) {
	long := append([]byte{publish << 4, 0xc8, 0x01}, make([]byte, 200)...)
	for name, c := range map[string]struct {
		in   []byte
		good bool
	}{
		"short": {ping, true}, "two bytes of length": {long, true}, "cut off": {long[:100], false}, "endless length": {[]byte{0x30, 0xff, 0xff, 0xff, 0xff, 1}, false},
		"too long": {[]byte{0x30, 0xff, 0xff, 0xff, 0x7f}, false}, "nothing": {nil, false},
	} {
		got, err := readPacket(bufio.NewReader(bytes.NewReader(c.in)))
		if (err == nil) != c.good || c.good && !bytes.Equal(got, c.in) {
			t.Errorf("%s: %x %v", name, got, err)
		}
	}
}
