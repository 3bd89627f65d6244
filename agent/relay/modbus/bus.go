package modbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/grid-x/modbus"

	"vestibule/agent/relay"
	"vestibule/shared/domain"
)

var _ relay.Rack = (*Bus)(nil)

// Time-outs of one request. A serial board answers at once or not at all, and others wait for the line meanwhile.
const (
	DefaultTimeout = 1500 * time.Millisecond // over the network; connecting too
	SerialTimeout  = 400 * time.Millisecond
)

// wire carries requests to the units of one line, one at a time.
type wire interface {
	// client gives a client for a unit on a live connection. An error means that nothing was sent.
	client(ctx context.Context, unit int) (client, error)
	// live tells whether a connection is kept from before: it may be dead without anybody knowing.
	live() bool
	drop() error
}

// Config is what a bus needs. Layout tells how a unit of the line is built; nil, or false, means plain coils.
type Config struct {
	Line    domain.Line
	Layout  func(unit int) (relay.Board, bool)
	Timeout time.Duration // 0: the line's own
}

// Bus is one line: a board at a TCP address, a gateway, or an RS485 bus with several boards. It connects when it is used and again after every
// error that leaves the line in doubt.
type Bus struct {
	cfg   Config
	wire  wire
	known map[int]relay.Board
}

// New makes a bus. Nothing is dialled or opened before the first use.
func New(cfg Config) *Bus {
	b := &Bus{cfg: cfg, known: map[int]relay.Board{}}
	timeout := cfg.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
		if cfg.Line.Link == domain.LinkRTU {
			timeout = SerialTimeout
		}
	}
	switch cfg.Line.Link {
	case domain.LinkRTU:
		b.wire = newSerial(cfg.Line, timeout)
	case domain.LinkRTUOver:
		b.wire = newOver(cfg.Line.Address, timeout)
	default:
		b.wire = &tcp{address: cfg.Line.Address, timeout: timeout}
	}
	return b
}

// layout is how a unit is built: what the document says, or said last, so that a contact of a board that was just deleted can still be let go.
func (b *Bus) layout(unit int) (relay.Board, bool) {
	if b.cfg.Layout != nil {
		if board, ok := b.cfg.Layout(unit); ok {
			b.known[unit] = board
		}
	}
	board, ok := b.known[unit]
	return board, ok
}

// board checks that the channel can be, and gives its map and the number of relays to read.
func (b *Bus) board(ch relay.Channel) (registerMap, int, error) {
	board, known := b.layout(ch.Unit)
	n := board.Channels
	if !known {
		n = ch.Number
	}
	if ch.Number < 1 || ch.Unit < 0 || ch.Unit > 247 || ch.Number > n {
		return registerMap{}, 0, &relay.Error{Kind: relay.Refused, Err: fmt.Errorf("no channel %d of unit %d", ch.Number, ch.Unit)}
	}
	return profileOf(board.Profile), n, nil
}

// Set writes a relay of a unit. The board is read first on the same connection: one that went away in silence is found before the write, when it
// is still certain that nothing moved. The write itself goes out once, whatever comes of it.
func (b *Bus) Set(ctx context.Context, ch relay.Channel, on bool) error {
	return b.move(ctx, ch, func(c client, m registerMap) error { return m.write(ctx, c, ch.Number-1, on) })
}

// Pulses tells whether the board times a pulse of this length itself.
func (b *Bus) Pulses(ch relay.Channel, hold time.Duration) bool {
	board, _ := b.layout(ch.Unit)
	return profileOf(board.Profile).steps(hold) > 0
}

// Pulse moves a relay to on and lets the board bring it back after hold, in one write.
func (b *Bus) Pulse(ctx context.Context, ch relay.Channel, on bool, hold time.Duration) error {
	return b.move(ctx, ch, func(c client, m registerMap) error {
		first := m.pulseOff
		if on {
			first = m.pulseOn
		}
		return c.writeCoil(ctx, first+uint16(ch.Number-1), m.steps(hold))
	})
}

// move reads the board and then makes one write.
func (b *Bus) move(ctx context.Context, ch relay.Channel, write func(client, registerMap) error) error {
	if _, err := b.State(ctx, ch); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return &relay.Error{Kind: relay.Unreachable, Err: err} // given up in time: nothing was written
	}
	m, _, err := b.board(ch)
	if err != nil {
		return err
	}
	client, err := b.wire.client(ctx, ch.Unit)
	if err != nil {
		return &relay.Error{Kind: relay.Unreachable, Err: err}
	}
	if err := write(client, m); err != nil {
		return b.lost(err, relay.Ambiguous)
	}
	return nil
}

// State reads a relay of a unit.
func (b *Bus) State(ctx context.Context, ch relay.Channel) (bool, error) {
	m, n, err := b.board(ch)
	if err != nil {
		return false, err
	}
	states, err := b.read(ctx, ch.Unit, func(c client) ([]bool, error) { return m.outputs(ctx, c, n) })
	if err != nil {
		return false, err
	}
	return states[ch.Number-1], nil
}

// Scan reads relays and inputs of a unit.
func (b *Bus) Scan(ctx context.Context, unit int) (relay.Reading, error) {
	board, ok := b.layout(unit)
	if !ok {
		return relay.Reading{}, &relay.Error{Kind: relay.Refused, Err: fmt.Errorf("no unit %d", unit)}
	}
	m := profileOf(board.Profile)
	var r relay.Reading
	var err error
	if board.Inputs && m.inputs {
		r.Inputs, err = b.read(ctx, unit, func(c client) ([]bool, error) {
			raw, err := c.ReadDiscreteInputs(ctx, 0, uint16(board.Channels))
			return unpack(raw, board.Channels, err)
		})
	}
	if err == nil {
		r.Outputs, err = b.read(ctx, unit, func(c client) ([]bool, error) { return m.outputs(ctx, c, board.Channels) })
	}
	return r, err
}

// SetInputs gives a board with input modes of its own what its inputs do; own is false when the agent has to do it.
func (b *Bus) SetInputs(ctx context.Context, unit int, modes map[int]domain.InputMode) (own bool, err error) {
	board, ok := b.layout(unit)
	m := profileOf(board.Profile)
	if !ok || m.modes == 0 {
		return false, nil
	}
	want := make([]uint16, board.Channels)
	for n, mode := range modes {
		want[n-1] = inputModes[mode]
	}
	client, err := b.wire.client(ctx, unit)
	if err != nil {
		return true, &relay.Error{Kind: relay.Unreachable, Err: err}
	}
	if err := m.setModes(ctx, client, want); err != nil {
		return true, b.lost(err, relay.Unreachable)
	}
	return true, nil
}

// read asks once more when the answer was lost: reading moves nothing. A unit that is silent is not asked twice, for others wait for the line.
func (b *Bus) read(ctx context.Context, unit int, ask func(client) ([]bool, error)) ([]bool, error) {
	kept := b.wire.live()
	states, err := b.once(ctx, unit, ask)
	if err == nil || relay.KindOf(err) != relay.Unreachable || ctx.Err() != nil {
		return states, err
	}
	if kept && !errors.Is(err, errSilent) || errors.Is(err, errNoise) {
		return b.once(ctx, unit, ask)
	}
	return states, err
}

func (b *Bus) once(ctx context.Context, unit int, ask func(client) ([]bool, error)) ([]bool, error) {
	client, err := b.wire.client(ctx, unit)
	if err != nil {
		return nil, &relay.Error{Kind: relay.Unreachable, Err: err}
	}
	states, err := ask(client)
	if err != nil {
		return nil, b.lost(err, relay.Unreachable)
	}
	return states, nil
}

// lost classifies an error. Only a Modbus exception and a lost frame of a serial line leave the connection usable: after any other error a late
// answer could be taken for the next one. A serial line throws away what comes late before it asks again.
func (b *Bus) lost(err error, kind relay.Kind) error {
	var exception *modbus.Error
	switch {
	case errors.As(err, &exception) && exception.FunctionCode&0x80 != 0:
		switch exception.ExceptionCode {
		case modbus.ExceptionCodeServerDeviceFailure, modbus.ExceptionCodeAcknowledge, modbus.ExceptionCodeGatewayTargetDeviceFailedToRespond:
			return &relay.Error{Kind: kind, Err: err} // begun, taken but not done, or lost behind the gateway
		}
		return &relay.Error{Kind: relay.Refused, Err: err}
	case errors.Is(err, errUnsent):
		return &relay.Error{Kind: relay.Unreachable, Err: err}
	case errors.Is(err, errSilent) || errors.Is(err, errNoise):
		return &relay.Error{Kind: kind, Err: err}
	}
	_ = b.wire.drop()
	return &relay.Error{Kind: kind, Err: err}
}

// Close drops the connection; the next use makes a new one.
func (b *Bus) Close() error { return b.wire.drop() }
