package modbus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"vestibule/shared/domain"
)

// style is how a board is written and read.
type style int

const (
	coils     style = iota // FC05 writes a coil, FC01 reads them
	registers              // FC06 writes a holding register, FC03 reads them
)

// registerMap is one profile: where relay n-1 lies and what is written there. Zero values mean that a board of the profile has no such thing.
type registerMap struct {
	style     style
	on, off   uint16
	pulseOn   uint16 // first coil of "on for value steps, then off"
	pulseOff  uint16 // first coil of "off for value steps, then on"
	step      time.Duration
	mostSteps uint16
	inputs    bool   // FC02 reads them
	modes     uint16 // first holding register of the input modes
}

// FC05 knows two values (Modbus Application Protocol 1.1b3, 6.5).
const (
	coilOn  = 0xFF00
	coilOff = 0x0000
)

// profiles are the boards that are known, all of it data. Sources: the makers' public register lists.
var profiles = map[domain.BoardProfile]registerMap{
	domain.ProfileCoils: {style: coils, on: coilOn, off: coilOff, inputs: true},
	domain.ProfileWaveshare: {
		style: coils, on: coilOn, off: coilOff, pulseOn: 0x0200, pulseOff: 0x0400, step: 100 * time.Millisecond, mostSteps: 0x7FFF,
		inputs: true, modes: 0x1000,
	},
	domain.ProfileEletechsup: {style: registers, on: 0x0100, off: 0x0200},
}

// inputModes are the values of the registers of input modes; 0 leaves the input without effect.
var inputModes = map[domain.InputMode]uint16{"": 0, domain.InputFollow: 1, domain.InputToggle: 2, domain.InputEdge: 3}

// profileOf gives the map of a profile; boards of older documents are plain coils.
func profileOf(p domain.BoardProfile) registerMap {
	if m, ok := profiles[p]; ok {
		return m
	}
	return profiles[domain.ProfileCoils]
}

// write moves relay at (from 0) and checks the echo.
func (m registerMap) write(ctx context.Context, c client, at int, on bool) error {
	value := m.off
	if on {
		value = m.on
	}
	var err error
	if m.style == registers {
		_, err = c.WriteSingleRegister(ctx, uint16(at), value)
	} else {
		_, err = c.WriteSingleCoil(ctx, uint16(at), value)
	}
	return err
}

// steps is a hold in the steps of the board, rounded up; 0 when the board cannot time it.
func (m registerMap) steps(hold time.Duration) uint16 {
	if m.step == 0 || hold <= 0 {
		return 0
	}
	n := (hold + m.step - 1) / m.step
	if n > time.Duration(m.mostSteps) {
		return 0
	}
	return uint16(n)
}

// outputs reads the first n relays in one request. The whole board is always read: an answer that comes late is then still one of this board.
func (m registerMap) outputs(ctx context.Context, c client, n int) ([]bool, error) {
	if m.style == coils {
		raw, err := c.ReadCoils(ctx, 0, uint16(n))
		return unpack(raw, n, err)
	}
	raw, err := c.ReadHoldingRegisters(ctx, 0, uint16(n))
	if err != nil {
		return nil, err
	}
	if len(raw) != 2*n {
		return nil, fmt.Errorf("%d bytes for %d registers", len(raw), n)
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = raw[2*i] != 0 || raw[2*i+1] != 0
	}
	return out, nil
}

func unpack(raw []byte, n int, err error) ([]bool, error) {
	if err != nil {
		return nil, err
	}
	if len(raw) != (n+7)/8 {
		return nil, fmt.Errorf("%d bytes for %d bits", len(raw), n)
	}
	out := make([]bool, n)
	for i := range out {
		out[i] = raw[i/8]&(1<<(i%8)) != 0
	}
	return out, nil
}

// setModes writes the input modes that differ and reads them back: a board that answers yes and keeps nothing is not trusted with a door.
func (m registerMap) setModes(ctx context.Context, c client, want []uint16) error {
	have, err := m.readModes(ctx, c, len(want))
	if err != nil {
		return err
	}
	for i, value := range want {
		if have[i] == value {
			continue
		}
		if _, err := c.WriteSingleRegister(ctx, m.modes+uint16(i), value); err != nil {
			return err
		}
	}
	if have, err = m.readModes(ctx, c, len(want)); err != nil {
		return err
	}
	for i := range want {
		if have[i] != want[i] {
			return errors.New("the board does not keep its input modes")
		}
	}
	return nil
}

func (m registerMap) readModes(ctx context.Context, c client, n int) ([]uint16, error) {
	raw, err := c.ReadHoldingRegisters(ctx, m.modes, uint16(n))
	if err != nil {
		return nil, err
	}
	if len(raw) != 2*n {
		return nil, fmt.Errorf("%d bytes for %d registers", len(raw), n)
	}
	out := make([]uint16, n)
	for i := range out {
		out[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	return out, nil
}
