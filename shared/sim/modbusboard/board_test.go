package modbusboard

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/simonvetter/modbus"

	"vestibule/shared/sim/relaybank"
)

func newBoard(t *testing.T) *Board {
	t.Helper()
	b, err := Listen(netip.MustParseAddrPort("127.0.0.1:0"), 8)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = b.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return b
}

func newClient(t *testing.T, b *Board) *modbus.ModbusClient {
	t.Helper()
	c, err := modbus.NewClient(&modbus.ClientConfiguration{
		URL: "tcp://" + b.Addr().String(), Timeout: 5 * time.Second,
		Logger: log.New(io.Discard, "", 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// The library client is the judge: it shares no code with the server.
func TestBoard_SpeaksModbusWithALibraryClient(t *testing.T) {
	b := newBoard(t)
	c := newClient(t, b)
	if err := c.WriteCoil(3, true); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteCoils(6, []bool{true, true}); err != nil {
		t.Fatal(err)
	}
	want := []bool{false, false, false, true, false, false, true, true}
	if got, err := c.ReadCoils(0, 8); err != nil || !slices.Equal(got, want) {
		t.Fatalf("%v %v", got, err)
	}
	if err := c.WriteCoil(3, false); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteCoil(8, true); !errors.Is(err, modbus.ErrIllegalDataAddress) {
		t.Fatalf("coil 8: %v", err)
	}
	if _, err := c.ReadCoils(1, 8); !errors.Is(err, modbus.ErrIllegalDataAddress) {
		t.Fatalf("coils 1 to 8: %v", err)
	}
	if _, err := c.ReadRegister(0, modbus.INPUT_REGISTER); !errors.Is(err, modbus.ErrIllegalFunction) {
		t.Fatalf("register: %v", err)
	}
	h := b.Bank().Status().History
	if len(h) != 4 || h[0].Relay != 3 || !h[0].On || h[3].Relay != 3 || h[3].On || h[3].At.Before(h[0].At) {
		t.Fatalf("history %+v", h)
	}
}

// Frames as the board's maker prints them, in the TCP framing.
func TestBoard_PulsesByItself(t *testing.T) {
	b := newBoard(t)
	conn, err := net.Dial("tcp", b.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, step := range []struct{ send, want []byte }{
		{[]byte{0, 1, 0, 0, 0, 6, 1, 5, 0x02, 0x00, 0, 1}, nil},                                     // relay 1 on for 100 ms
		{[]byte{0, 2, 0, 0, 0, 6, 1, 5, 0x00, 0x01, 0x55, 0}, nil},                                  // relay 2 toggled
		{[]byte{0, 3, 0, 0, 0, 6, 1, 5, 0x02, 0x00, 0, 0}, []byte{0, 3, 0, 0, 0, 3, 1, 0x85, 3}},    // pulse of nothing
		{[]byte{0, 4, 0, 0, 0, 6, 1, 5, 0x02, 0x08, 0, 1}, []byte{0, 4, 0, 0, 0, 3, 1, 0x85, 2}},    // relay 9
		{[]byte{0, 5, 0, 0, 0, 6, 1, 5, 0x00, 0x00, 0x12, 0}, []byte{0, 5, 0, 0, 0, 3, 1, 0x85, 3}}, // odd value
	} {
		if step.want == nil {
			step.want = step.send // an exact echo
		}
		if _, err := conn.Write(step.send); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(step.want))
		if _, err := io.ReadFull(conn, got); err != nil || !bytes.Equal(got, step.want) {
			t.Fatalf("% x gave % x, want % x, %v", step.send, got, step.want, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err = b.Bank().Wait(ctx, func(s relaybank.Status) bool { return len(s.History) == 3 && !s.Outputs[0] && s.Outputs[1] })
	if err != nil {
		t.Fatalf("%+v", b.Bank().Status())
	}
}

func TestBoard_DeadSaysNothing(t *testing.T) {
	b := newBoard(t)
	b.SetDead(true)
	c, err := modbus.NewClient(&modbus.ClientConfiguration{
		URL:     "tcp://" + b.Addr().String(),
		Timeout: 50 * time.Millisecond, Logger: log.New(io.Discard, "", 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Open(); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteCoil(0, true); !errors.Is(err, modbus.ErrRequestTimedOut) {
		t.Fatal(err)
	}
	b.SetDead(false)
	if err := newClient(t, b).WriteCoil(1, true); err != nil {
		t.Fatal(err)
	}
	if got := b.Bank().Outputs(); got[0] || !got[1] {
		t.Fatalf("%v", got)
	}
}

func FuzzAct(f *testing.F) {
	f.Add([]byte{5, 0, 0, 0xff, 0})
	f.Add([]byte{15, 0, 0, 0, 8, 1, 0xff})
	f.Add([]byte{1, 0, 0, 0, 8})
	f.Fuzz(func(t *testing.T, pdu []byte) {
		if len(pdu) == 0 {
			return
		}
		b := NewUnit(Waveshare, 8)
		defer b.Bank().Close()
		if reply, _ := b.Answer(pdu); len(reply) < 2 || len(reply) > 253 {
			t.Fatalf("% x", reply)
		}
	})
}
