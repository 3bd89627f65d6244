package modbustcp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/grid-x/modbus"

	"vestibule/agent/relay"
)

var _ relay.Switch = (*Bus)(nil)

// FC05 knows two values (Modbus Application Protocol 1.1b3, 6.5).
const (
	coilOn  = 0xFF00
	coilOff = 0x0000
)

// DefaultTimeout bounds connecting, and each request.
const DefaultTimeout = 1500 * time.Millisecond

// Bus is one Modbus TCP address: a board, or a gateway with several units behind it. It connects when it is used and again after every error.
type Bus struct {
	address string
	timeout time.Duration
	handler *modbus.TCPClientHandler
}

// New makes a bus for host:port. A timeout of 0 is DefaultTimeout. Nothing is dialled before the first use.
func New(address string, timeout time.Duration) *Bus {
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	return &Bus{address: address, timeout: timeout}
}

// Set writes coil Number-1 of the unit. The coil is read first on the same connection: a board that went away in silence is found before
// the write, when it is still certain that nothing moved.
func (b *Bus) Set(ctx context.Context, ch relay.Channel, on bool) error {
	if _, err := b.State(ctx, ch); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return &relay.Error{Kind: relay.Unreachable, Err: err} // given up in time: nothing was written
	}
	value := uint16(coilOff)
	if on {
		value = coilOn
	}
	client := modbus.NewClient(b.handler)
	if _, err := client.WriteSingleCoil(ctx, coil(ch), value); err != nil {
		return b.lost(err, relay.Ambiguous)
	}
	return nil
}

// State reads coil Number-1 of the unit.
func (b *Bus) State(ctx context.Context, ch relay.Channel) (bool, error) {
	kept := b.handler != nil
	on, err := b.read(ctx, ch)
	if kept && relay.KindOf(err) == relay.Unreachable && ctx.Err() == nil {
		return b.read(ctx, ch) // the kept connection was dead; reading moves nothing
	}
	return on, err
}

func (b *Bus) read(ctx context.Context, ch relay.Channel) (bool, error) {
	if ch.Number < 1 || ch.Unit < 0 || ch.Unit > 247 {
		return false, &relay.Error{Kind: relay.Refused, Err: fmt.Errorf("no channel %d of unit %d", ch.Number, ch.Unit)}
	}
	if err := b.connect(ctx); err != nil {
		return false, err
	}
	b.handler.SetSlave(byte(ch.Unit))
	bits, err := modbus.NewClient(b.handler).ReadCoils(ctx, coil(ch), 1)
	if err != nil {
		return false, b.lost(err, relay.Unreachable)
	}
	if len(bits) != 1 {
		return false, b.lost(fmt.Errorf("%d bytes for one coil", len(bits)), relay.Unreachable)
	}
	return bits[0]&1 == 1, nil
}

func coil(ch relay.Channel) uint16 { return uint16(ch.Number - 1) }

// connect makes a handler with a live connection, or gives Unreachable.
func (b *Bus) connect(ctx context.Context) error {
	if b.handler != nil {
		return nil
	}
	dialer := &net.Dialer{Timeout: b.timeout}
	h := modbus.NewTCPClientHandler(b.address, modbus.WithDialer(dialer.DialContext))
	h.Timeout = b.timeout
	h.IdleTimeout = -1 // we close; a timer of the library would close behind our back
	if err := h.Connect(ctx); err != nil {
		_ = h.Close()
		return &relay.Error{Kind: relay.Unreachable, Err: err}
	}
	b.handler = h
	return nil
}

// lost classifies an error. Only a Modbus exception leaves the connection usable: after any other error a late answer could be taken for the
// next one.
func (b *Bus) lost(err error, kind relay.Kind) error {
	var exception *modbus.Error
	if errors.As(err, &exception) && exception.FunctionCode&0x80 != 0 {
		switch exception.ExceptionCode {
		case modbus.ExceptionCodeServerDeviceFailure, modbus.ExceptionCodeAcknowledge, modbus.ExceptionCodeGatewayTargetDeviceFailedToRespond:
			return &relay.Error{Kind: kind, Err: err} // begun, taken but not done, or lost behind the gateway
		}
		return &relay.Error{Kind: relay.Refused, Err: err}
	}
	_ = b.Close()
	return &relay.Error{Kind: kind, Err: err}
}

// Close drops the connection; the next use makes a new one.
func (b *Bus) Close() error {
	if b.handler == nil {
		return nil
	}
	err := b.handler.Close()
	b.handler = nil
	return err
}
