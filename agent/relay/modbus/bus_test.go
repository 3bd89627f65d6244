package modbus_test

import (
	"testing"
	"time"

	"vestibule/agent/relay"
	"vestibule/agent/relay/modbus"
	"vestibule/agent/relay/relaytest"
	"vestibule/shared/domain"
)

// quick is far more than an exchange takes on a machine with much else to do.
const quick = time.Second

func tcpLine(address string) modbus.Config {
	return modbus.Config{Line: domain.Line{Link: domain.LinkTCP, Address: address}, Timeout: quick}
}

// shows EDGE-15 by agent/relay/modbus/profile.go: "value = m.on"
func TestBus_KeepsTheContract(t *testing.T) {
	relaytest.Switches(t, relay.Channel{Unit: 1, Number: 3}, relay.Channel{Unit: 7, Number: 3}, func(t *testing.T) (relay.Switch, relaytest.Peer) {
		b := newBoard(t)
		bus := modbus.New(tcpLine(b.address))
		t.Cleanup(func() { bus.Close() })
		return bus, b
	})
}

func TestBus_ExceptionsSayWhatIsKnown(t *testing.T) {
	for code, want := range map[byte]relay.Kind{1: relay.Refused, 2: relay.Refused, 3: relay.Refused, 4: relay.Ambiguous, 5: relay.Ambiguous, 6: relay.Refused, 10: relay.Refused, 11: relay.Ambiguous} {
		b := newBoard(t)
		b.exception = code
		bus := modbus.New(tcpLine(b.address))
		if err := bus.Set(t.Context(), relay.Channel{Unit: 1, Number: 1}, true); relay.KindOf(err) != want {
			t.Errorf("exception %d: %v, want %s", code, err, want)
		}
		bus.Close()
	}
}

func TestBus_RefusesChannelsThatCannotBe(t *testing.T) {
	b := newBoard(t)
	bus := modbus.New(tcpLine(b.address))
	defer bus.Close()
	for _, ch := range []relay.Channel{{Unit: 1}, {Unit: 1, Number: -1}, {Unit: 248, Number: 1}, {Unit: -1, Number: 1}, {Unit: 1, Number: 9}} {
		if err := bus.Set(t.Context(), ch, true); relay.KindOf(err) != relay.Refused {
			t.Errorf("%+v: %v", ch, err)
		}
	}
	if len(b.Writes()) != 0 {
		t.Error("something moved")
	}
}

// A board that closed an idle connection is no reason for a visitor to wait, and the write still goes out once.
func TestBus_ReconnectsBeforeTheWrite(t *testing.T) {
	b := newBoard(t)
	bus := modbus.New(tcpLine(b.address))
	defer bus.Close()
	ch := relay.Channel{Unit: 1, Number: 1}
	if err := bus.Set(t.Context(), ch, true); err != nil {
		t.Fatal(err)
	}
	b.dropAll()
	if err := bus.Set(t.Context(), ch, false); err != nil {
		t.Fatal(err)
	}
	if n := len(b.Writes()); n != 2 || b.accepted != 2 {
		t.Fatalf("%d writes over %d connections", n, b.accepted)
	}
}

func TestBus_HostileAnswersAreNeverTakenForDone(t *testing.T) {
	for name, mangle := range map[string]func([]byte) []byte{
		"other transaction": func(a []byte) []byte { a[1] ^= 0x55; return a },
		"other unit":        func(a []byte) []byte { a[6]++; return a },
		"other protocol":    func(a []byte) []byte { a[3] = 9; return a },
		"other function":    func(a []byte) []byte { a[7] = 3; return a },
		"length zero":       func(a []byte) []byte { a[4], a[5] = 0, 0; return a },
		"length huge":       func(a []byte) []byte { a[4], a[5] = 0xff, 0xff; return a },
		"cut short":         func(a []byte) []byte { return a[:5] },
		"noise":             func([]byte) []byte { return []byte("HTTP/1.1 400 Bad Request\r\n\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBoard(t)
			bus := modbus.New(tcpLine(b.address))
			defer bus.Close()
			ch := relay.Channel{Unit: 1, Number: 1}
			b.mangle = func(a []byte) []byte { return mangle(a) }
			if err := bus.Set(t.Context(), ch, true); relay.KindOf(err) != relay.Unreachable {
				t.Errorf("mangled reads: %v", err)
			}
			b.mu.Lock()
			b.mangle = func(a []byte) []byte {
				if a[7] == 5 {
					return mangle(a)
				}
				return a
			}
			b.mu.Unlock()
			if err := bus.Set(t.Context(), ch, true); relay.KindOf(err) != relay.Ambiguous {
				t.Errorf("mangled writes: %v", err)
			}
		})
	}
}
