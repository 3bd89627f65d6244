package modbusboard

import (
	"encoding/binary"
	"sync"
	"time"

	"vestibule/shared/sim/relaybank"
)

// Style is the register map of a board.
type Style int

// Styles.
const (
	Waveshare  Style = iota // coils, pulses, inputs and input modes of a Waveshare Modbus Relay
	Coils                   // coils and inputs alone
	Eletechsup              // a holding register for each relay
)

// Modbus exception codes.
const (
	illegalFunction = 1
	illegalAddress  = 2
	illegalValue    = 3
)

// Coil map of a Waveshare board.
const (
	coilAll      = 0x00ff // FC05: every relay
	coilFlashOn  = 0x0200 // + relay: on for value x 100 ms, then off
	coilFlashOff = 0x0400 // + relay: off for value x 100 ms, then on
	valueOn      = 0xff00
	valueOff     = 0x0000
	valueToggle  = 0x5500
	maxFlash     = 0x7fff
	inputModes   = 0x1000 // + input: what it does to the relay of its number
)

// Input modes of a Waveshare board.
const (
	modeFollow = 1
	modeToggle = 2
	modeEdge   = 3
)

// Values of an eletechsup board's registers.
const (
	registerOn     = 0x0100
	registerOff    = 0x0200
	registerToggle = 0x0300
)

// Quirks are the bad habits of a board.
type Quirks struct {
	Silent    bool          `json:"silent,omitempty"`     // takes nothing, says nothing
	Swallow   bool          `json:"swallow,omitempty"`    // moves and does not answer writes
	Deaf      bool          `json:"deaf,omitempty"`       // answers no write and moves nothing
	Late      time.Duration `json:"late,omitempty"`       // answers this much later
	WrongEcho bool          `json:"wrong_echo,omitempty"` // moves and answers a write with another address
	Exception byte          `json:"exception,omitempty"`  // answers everything with this exception
}

// Write is one order that reached a relay.
type Write struct {
	Relay int // counts from 0
	On    bool
	Hold  time.Duration // of a pulse
	At    time.Time
}

// Unit is one board behind its line: relays, inputs, registers. It is safe for concurrent use.
type Unit struct {
	style Style
	bank  *relaybank.Bank

	mu     sync.Mutex
	inputs []bool
	modes  []uint16
	quirks Quirks
	writes []Write
}

// NewUnit makes a board with n relays and as many inputs, all off.
func NewUnit(style Style, n int) *Unit {
	return &Unit{style: style, bank: relaybank.New(n), inputs: make([]bool, n), modes: make([]uint16, n)}
}

// Bank is the relays themselves.
func (u *Unit) Bank() *relaybank.Bank { return u.bank }

// SetQuirks changes the bad habits.
func (u *Unit) SetQuirks(q Quirks) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.quirks = q
}

// Writes lists the orders that reached relays, oldest first.
func (u *Unit) Writes() []Write {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]Write(nil), u.writes...)
}

// Modes are the input modes that the board keeps.
func (u *Unit) Modes() []uint16 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return append([]uint16(nil), u.modes...)
}

// SetInput closes or opens input i, and does what its mode says.
func (u *Unit) SetInput(i int, on bool) {
	u.mu.Lock()
	was, mode := u.inputs[i], u.modes[i]
	u.inputs[i] = on
	u.mu.Unlock()
	if was == on {
		return
	}
	switch {
	case mode == modeFollow:
		_ = u.bank.Set(i, on, "input")
	case mode == modeToggle && on, mode == modeEdge:
		_ = u.bank.Set(i, !u.bank.Outputs()[i], "input")
	}
}

// PowerLoss drops relays and running pulses; input modes are kept.
func (u *Unit) PowerLoss() { u.bank.PowerCycle() }

// Answer gives the reply to a request, nil when the board says nothing, and how long it takes for it.
func (u *Unit) Answer(pdu []byte) ([]byte, time.Duration) {
	u.mu.Lock()
	q := u.quirks
	u.mu.Unlock()
	writes := pdu[0] == 5 || pdu[0] == 6 || pdu[0] == 15
	switch {
	case q.Silent || q.Deaf && writes:
		return nil, 0
	case q.Exception != 0:
		return []byte{pdu[0] | 0x80, q.Exception}, q.Late
	}
	reply, exception := u.act(pdu)
	switch {
	case exception != 0:
		return []byte{pdu[0] | 0x80, exception}, q.Late
	case writes && q.Swallow:
		return nil, 0
	case writes && q.WrongEcho:
		reply = append([]byte(nil), reply...)
		reply[2]++
	}
	return reply, q.Late
}

func (u *Unit) act(pdu []byte) (reply []byte, exception byte) {
	if len(pdu) < 5 {
		switch pdu[0] {
		case 1, 2, 3, 5, 6, 15:
			return nil, illegalValue
		}
		return nil, illegalFunction
	}
	address, value := binary.BigEndian.Uint16(pdu[1:]), binary.BigEndian.Uint16(pdu[3:])
	registers := u.style == Eletechsup
	switch {
	case pdu[0] == 1 && !registers:
		return bits(pdu, address, value, u.bank.Outputs())
	case pdu[0] == 2 && !registers:
		u.mu.Lock()
		defer u.mu.Unlock()
		return bits(pdu, address, value, u.inputs)
	case pdu[0] == 3 && u.style != Coils:
		return u.readRegisters(pdu, address, value)
	case pdu[0] == 5 && !registers:
		if len(pdu) != 5 {
			return nil, illegalValue
		}
		return pdu, u.writeOne(address, value)
	case pdu[0] == 6 && u.style != Coils:
		if len(pdu) != 5 {
			return nil, illegalValue
		}
		return pdu, u.writeRegister(address, value)
	case pdu[0] == 15 && !registers:
		return u.writeMany(pdu, address, value)
	}
	return nil, illegalFunction
}

// bits answers FC01 and FC02.
func bits(pdu []byte, address, count uint16, states []bool) ([]byte, byte) {
	if len(pdu) != 5 || count == 0 || count > 2000 {
		return nil, illegalValue
	}
	if int(address)+int(count) > len(states) {
		return nil, illegalAddress
	}
	n := (int(count) + 7) / 8
	reply := make([]byte, 2+n)
	reply[0], reply[1] = pdu[0], byte(n)
	for i := range int(count) {
		if states[int(address)+i] {
			reply[2+i/8] |= 1 << (i % 8)
		}
	}
	return reply, 0
}

// readRegisters answers FC03: input modes, or the relays of an eletechsup board.
func (u *Unit) readRegisters(pdu []byte, address, count uint16) ([]byte, byte) {
	if len(pdu) != 5 || count == 0 || count > 125 {
		return nil, illegalValue
	}
	values := u.Modes()
	if u.style == Eletechsup {
		for i, on := range u.bank.Outputs() {
			values[i] = 0
			if on {
				values[i] = 1
			}
		}
	} else {
		address -= inputModes
	}
	if int(address)+int(count) > len(values) {
		return nil, illegalAddress
	}
	reply := []byte{3, byte(2 * count)}
	for _, v := range values[address : address+count] {
		reply = binary.BigEndian.AppendUint16(reply, v)
	}
	return reply, 0
}

func (u *Unit) writeRegister(address, value uint16) byte {
	n := uint16(u.bank.Len())
	if u.style == Eletechsup {
		if address >= n {
			return illegalAddress
		}
		switch value {
		case registerOn, registerOff:
			return u.move(int(address), value == registerOn)
		case registerToggle:
			return u.move(int(address), !u.bank.Outputs()[address])
		}
		return illegalValue
	}
	address -= inputModes
	if address >= n {
		return illegalAddress
	}
	if value > modeEdge {
		return illegalValue
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.modes[address] = value
	return 0
}

func (u *Unit) writeOne(address, value uint16) byte {
	n := uint16(u.bank.Len())
	pulses := u.style == Waveshare
	switch {
	case address < n:
		return u.write(int(address), value)
	case pulses && address == coilAll:
		for i := range int(n) {
			if code := u.write(i, value); code != 0 {
				return code
			}
		}
		return 0
	case pulses && address >= coilFlashOn && address-coilFlashOn < n:
		return u.flash(int(address-coilFlashOn), true, value)
	case pulses && address >= coilFlashOff && address-coilFlashOff < n:
		return u.flash(int(address-coilFlashOff), false, value)
	default:
		return illegalAddress
	}
}

func (u *Unit) write(relay int, value uint16) byte {
	switch value {
	case valueOn, valueOff:
		return u.move(relay, value == valueOn)
	case valueToggle:
		return u.move(relay, !u.bank.Outputs()[relay])
	}
	return illegalValue
}

func (u *Unit) move(relay int, on bool) byte {
	u.note(Write{Relay: relay, On: on})
	if u.bank.Set(relay, on, "modbus") != nil {
		return illegalAddress
	}
	return 0
}

func (u *Unit) note(w Write) {
	u.mu.Lock()
	defer u.mu.Unlock()
	w.At = time.Now()
	u.writes = append(u.writes, w)
}

func (u *Unit) flash(relay int, on bool, value uint16) byte {
	if value == 0 || value > maxFlash {
		return illegalValue
	}
	hold := time.Duration(value) * 100 * time.Millisecond
	u.note(Write{Relay: relay, On: on, Hold: hold})
	if u.bank.Flash(relay, on, hold, "modbus pulse") != nil {
		return illegalAddress
	}
	return 0
}

func (u *Unit) writeMany(pdu []byte, address, count uint16) ([]byte, byte) {
	n := (int(count) + 7) / 8
	if count == 0 || count > 0x7b0 || len(pdu) != 6+n || int(pdu[5]) != n {
		return nil, illegalValue
	}
	if int(address)+int(count) > u.bank.Len() {
		return nil, illegalAddress
	}
	for i := range int(count) {
		if code := u.move(int(address)+i, pdu[6+i/8]&(1<<(i%8)) != 0); code != 0 {
			return nil, code
		}
	}
	return pdu[:5], 0
}
