package modbus_test

import (
	"context"
	"testing"
	"time"

	"vestibule/agent/relay"
	"vestibule/agent/relay/modbus"
	"vestibule/agent/relay/relaytest"
	"vestibule/shared/domain"
	"vestibule/shared/sim/modbusboard"
)

// Units of the simulated lines: one board of every register map.
const (
	waveshare  = 3
	plain      = 7
	eletechsup = 12
)

var layouts = map[int]relay.Board{
	waveshare:  {Profile: domain.ProfileWaveshare, Channels: 8, Inputs: true},
	plain:      {Profile: domain.ProfileCoils, Channels: 4, Inputs: true},
	eletechsup: {Profile: domain.ProfileEletechsup, Channels: 8},
	99:         {Profile: domain.ProfileCoils, Channels: 8}, // in the document, not on the wire
}

func layout(unit int) (relay.Board, bool) { b, ok := layouts[unit]; return b, ok }

// line is a simulated RS485 bus as the contract suite sees it.
type line struct {
	*modbusboard.Bus
	broken int // the unit whose faults are set
}

func openLine(t *testing.T, seed uint64) *line {
	t.Helper()
	bus, err := modbusboard.OpenBus(map[byte]*modbusboard.Unit{
		waveshare: modbusboard.NewUnit(modbusboard.Waveshare, 8), plain: modbusboard.NewUnit(modbusboard.Coils, 4),
		eletechsup: modbusboard.NewUnit(modbusboard.Eletechsup, 8),
	}, seed)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = bus.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	return &line{Bus: bus}
}

func (l *line) config(timeout time.Duration) modbus.Config {
	return modbus.Config{Line: domain.Line{Link: domain.LinkRTU, Address: l.Path(), Baud: 115200, Parity: domain.ParityNone, StopBits: 1}, Layout: layout, Timeout: timeout}
}

func (l *line) bus(t *testing.T, timeout time.Duration) *modbus.Bus {
	b := modbus.New(l.config(timeout))
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func (l *line) unit(ch relay.Channel) *modbusboard.Unit { return l.Unit(byte(ch.Unit)) }

func (l *line) Break(f relaytest.Fault) {
	l.Unit(byte(l.broken)).SetQuirks(map[relaytest.Fault]modbusboard.Quirks{
		relaytest.Down: {Silent: true}, relaytest.Swallow: {Swallow: true}, relaytest.Deaf: {Deaf: true}, relaytest.Refuse: {Exception: 2},
		relaytest.Late: {Late: 2 * quick}, relaytest.WrongEcho: {WrongEcho: true},
	}[f])
}

func (l *line) Contact(ch relay.Channel) bool { return l.unit(ch).Bank().Outputs()[ch.Number-1] }

func (l *line) Force(ch relay.Channel, on bool) { _ = l.unit(ch).Bank().Set(ch.Number-1, on, "hand") }

func (l *line) Input(ch relay.Channel, on bool) { l.unit(ch).SetInput(ch.Number-1, on) }

func (l *line) PowerLoss(unit int) { l.Unit(byte(unit)).PowerLoss() }

func (l *line) Writes() []relaytest.Write {
	var out []relaytest.Write
	for _, id := range []int{waveshare, plain, eletechsup} {
		for _, w := range l.Unit(byte(id)).Writes() {
			out = append(out, relaytest.Write{Channel: relay.Channel{Unit: id, Number: w.Relay + 1}, On: w.On, Hold: w.Hold, At: w.At})
		}
	}
	return out
}

// shows EDGE-14 by agent/relay/modbus/profile.go: "{style: registers, on: 0x0100, off: 0x0200}" => "	domain.ProfileEletechsup: {style: coils, on: coilOn},"
func TestRTU_EveryRegisterMapKeepsTheContract(t *testing.T) {
	for name, c := range map[string]struct {
		unit, other int
		times       bool
	}{"waveshare": {waveshare, plain, true}, "coils": {plain, waveshare, false}, "eletechsup": {eletechsup, plain, false}} {
		t.Run(name, func(t *testing.T) {
			relaytest.Racks(t, relay.Channel{Unit: c.unit, Number: 3}, relay.Channel{Unit: c.other, Number: 3}, c.times, func(t *testing.T) (relay.Rack, relaytest.Rack) {
				l := openLine(t, 1)
				l.broken = c.unit
				return l.bus(t, quick), l
			})
		})
	}
}

// A board that is off costs the others one time-out, not one for each try.
func TestRTU_DeadBoardCostsTheLineOneTimeOut(t *testing.T) {
	l := openLine(t, 2)
	b := l.bus(t, quick)
	began := time.Now()
	if err := b.Set(t.Context(), relay.Channel{Unit: 99, Number: 1}, true); relay.KindOf(err) != relay.Unreachable {
		t.Fatalf("want unreachable, got %v", err)
	}
	if took := time.Since(began); took < quick || took > 2*quick {
		t.Fatalf("a dead board held the line for %s", took)
	}
	if err := b.Set(t.Context(), relay.Channel{Unit: waveshare, Number: 1}, true); err != nil {
		t.Fatal(err)
	}
}

// An adapter that hears itself gives back every request; the echo of a write looks like its confirmation.
func TestRTU_OwnEchoConfirmsNothing(t *testing.T) {
	l := openLine(t, 3)
	l.SetNoise(modbusboard.Noise{Echo: true})
	b := l.bus(t, quick)
	ch := relay.Channel{Unit: plain, Number: 2}
	if err := b.Set(t.Context(), ch, true); err != nil || !l.Contact(ch) {
		t.Fatalf("%v, contact %v", err, l.Contact(ch))
	}
	l.Unit(plain).SetQuirks(modbusboard.Quirks{Deaf: true})
	if err := b.Set(t.Context(), ch, false); relay.KindOf(err) != relay.Ambiguous {
		t.Fatalf("the echo was taken for the board's word: %v", err)
	}
}

// Reads are asked again after noise, writes never.
func TestRTU_NoiseRepeatsReadsAlone(t *testing.T) {
	l := openLine(t, 4)
	b := l.bus(t, quick)
	ch := relay.Channel{Unit: waveshare, Number: 4}
	l.SetNoise(modbusboard.Noise{Chatter: 1})
	for range 10 {
		if err := b.Set(t.Context(), ch, true); err != nil {
			t.Fatalf("stray bytes before an answer: %v", err)
		}
	}
	l.SetNoise(modbusboard.Noise{Answers: 1})
	before := len(l.Writes())
	if err := b.Set(t.Context(), ch, true); err == nil {
		t.Fatal("a damaged answer was believed")
	}
	if n := len(l.Writes()); n > before+1 {
		t.Fatalf("%d writes for one", n-before)
	}
}

func TestRTU_PortThatIsNoneIsUnreachable(t *testing.T) {
	for _, path := range []string{"/dev/ttyNOTHERE", "/dev/null", t.TempDir()} {
		b := modbus.New(modbus.Config{Line: domain.Line{Link: domain.LinkRTU, Address: path, Baud: 9600}, Layout: layout})
		if err := b.Set(t.Context(), relay.Channel{Unit: plain, Number: 1}, true); relay.KindOf(err) != relay.Unreachable {
			t.Errorf("%s: %v", path, err)
		}
		_ = b.Close()
	}
}

// The board does by itself what its inputs are for; what it was told is read back.
func TestRTU_InputModesGoToTheBoardThatHasThem(t *testing.T) {
	l := openLine(t, 5)
	b := l.bus(t, quick)
	own, err := b.SetInputs(t.Context(), waveshare, map[int]domain.InputMode{1: domain.InputFollow, 2: domain.InputToggle, 3: domain.InputEdge})
	if err != nil || !own {
		t.Fatalf("own %v, %v", own, err)
	}
	if m := l.Unit(waveshare).Modes(); m[0] != 1 || m[1] != 2 || m[2] != 3 || m[3] != 0 {
		t.Fatalf("modes %v", m)
	}
	l.Input(relay.Channel{Unit: waveshare, Number: 1}, true)
	got, err := b.Scan(t.Context(), waveshare)
	if err != nil || !got.Inputs[0] || !got.Outputs[0] || got.Inputs[1] {
		t.Fatalf("%+v %v", got, err)
	}
	if own, err := b.SetInputs(t.Context(), plain, map[int]domain.InputMode{1: domain.InputFollow}); own || err != nil {
		t.Fatalf("plain coils have no input modes: %v %v", own, err)
	}
}
