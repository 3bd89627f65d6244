package domain

import (
	"regexp"
	"slices"
	"strconv"

	"vestibule/shared/fault"
)

// BoardLink is how the agent reaches a relay board.
type BoardLink string

// Links. The empty word of older documents is Modbus TCP.
const (
	LinkTCP     BoardLink = "tcp"     // Modbus TCP to IPv4:port
	LinkRTU     BoardLink = "rtu"     // Modbus RTU on an RS485 port of the agent
	LinkRTUOver BoardLink = "rtu_tcp" // Modbus RTU through a serial server, IPv4:port
)

// Parity of an RS485 line.
type Parity string

// Parities.
const (
	ParityNone Parity = "none"
	ParityEven Parity = "even"
	ParityOdd  Parity = "odd"
)

// DefaultBaud is the factory speed of the boards that are known.
const DefaultBaud = 9600

var (
	bauds      = []int{4800, 9600, 19200, 38400, 57600, 115200}
	serialPort = regexp.MustCompile(`^/dev/(tty[A-Za-z0-9]{1,24}|serial/by-(id|path)/[A-Za-z0-9._:+-]{1,120}|pts/[0-9]{1,5})$`)
)

// Bauds lists the speeds of RS485 lines.
func Bauds() []int { return slices.Clone(bauds) }

// Line is one wire with its settings: a TCP address, or a serial port that several boards share.
type Line struct {
	Link     BoardLink
	Address  string
	Baud     int
	Parity   Parity
	StopBits int
}

// MaxChannels is the most channels one board may have.
const MaxChannels = 32

// Board is an external relay board that the agent drives over Modbus (EDGE-14, EDGE-15).
type Board struct {
	ID       BoardID      `cbor:"1,keyasint"`
	SiteID   SiteID       `cbor:"-"`
	GroupID  GroupID      `cbor:"2,keyasint"` // whose agent drives it
	Name     string       `cbor:"3,keyasint"`
	Profile  BoardProfile `cbor:"4,keyasint"`
	Address  string       `cbor:"5,keyasint"` // IPv4:port, or the serial port of the agent
	Unit     int          `cbor:"6,keyasint"` // Modbus unit id, 1..247
	Channels int          `cbor:"7,keyasint"`

	Link     BoardLink     `cbor:"8,keyasint,omitempty"`  // empty: tcp
	Baud     int           `cbor:"9,keyasint,omitempty"`  // of LinkRTU alone, as parity and stop bits
	Parity   Parity        `cbor:"10,keyasint,omitempty"` // empty: none
	StopBits int           `cbor:"11,keyasint,omitempty"` // 0: 1
	Inputs   []ChannelMode `cbor:"12,keyasint,omitempty"` // channels that an input of the same number moves

	Revision uint64 `cbor:"-" json:"-"` // one more at each change; stays in the cloud
}

// InputMode is what an input does to the relay of its number (EDGE-14/R41).
type InputMode string

// Input modes. Without one the input does nothing.
const (
	InputFollow InputMode = "follow" // the relay is what the input is (non-latching)
	InputToggle InputMode = "toggle" // each closing turns the relay over (latching)
	InputEdge   InputMode = "edge"   // each closing and each opening turns it over
)

// ChannelMode is the input mode of one channel.
type ChannelMode struct {
	Number int       `cbor:"1,keyasint" json:"number"`
	Mode   InputMode `cbor:"2,keyasint" json:"mode" enum:"follow,toggle,edge"`
}

// Line is the wire on which the board hangs, defaults filled in.
func (b Board) Line() Line {
	switch b.Link {
	case LinkRTU:
		line := Line{Link: LinkRTU, Address: b.Address, Baud: b.Baud, Parity: b.Parity, StopBits: b.StopBits}
		if line.Baud == 0 {
			line.Baud = DefaultBaud
		}
		if line.Parity == "" {
			line.Parity = ParityNone
		}
		if line.StopBits == 0 {
			line.StopBits = 1
		}
		return line
	case LinkRTUOver:
		return Line{Link: LinkRTUOver, Address: b.Address}
	}
	return Line{Link: LinkTCP, Address: b.Address}
}

// Validate checks the form of a board.
func (b Board) Validate() error {
	var f fault.Fields
	checkName(&f, "name", b.Name, MaxDeviceName)
	f.Check(!b.GroupID.IsZero(), "group_id", "The network group whose agent drives the board.")
	b.validateWire(&f, "")
	f.Check(b.Channels >= 1 && b.Channels <= MaxChannels, "channels", "1 to %d.", MaxChannels)
	b.validateInputs(&f, "")
	return f.Err()
}

// validateWire checks what the line and the register map need; at leads the names of the fields.
func (b Board) validateWire(f *fault.Fields, at string) {
	f.Check(b.Profile.known(), at+"profile", "%s.", profileNames())
	oneOf(f, at+"link", b.Link, "tcp, rtu or rtu_tcp.", LinkTCP, LinkRTU, LinkRTUOver)
	f.Check(b.Unit >= 1 && b.Unit <= 247, at+"unit", "1 to 247.")
	if b.Link != LinkRTU {
		f.Check(validAddress(b.Address), at+"address", "An IPv4 address with port, such as 192.168.1.200:502.")
		f.Check(b.Baud == 0 && b.Parity == "" && b.StopBits == 0, at+"baud", "Only an RS485 port has a speed.")
		return
	}
	f.Check(serialPort.MatchString(b.Address), at+"address", "A serial port of the agent, such as /dev/ttyUSB0 or /dev/serial/by-id/usb-FTDI.")
	f.Check(b.Baud == 0 || slices.Contains(bauds, b.Baud), at+"baud", "4800, 9600, 19200, 38400, 57600 or 115200.")
	oneOf(f, at+"parity", b.Parity, "none, even or odd.", ParityNone, ParityEven, ParityOdd)
	f.Check(b.StopBits >= 0 && b.StopBits <= 2, at+"stop_bits", "1 or 2.")
}

func (b Board) validateInputs(f *fault.Fields, at string) {
	kind, _ := b.Profile.kind()
	f.Check(len(b.Inputs) == 0 || kind.Inputs, at+"inputs", "Boards of this register map have no inputs.")
	seen := map[int]bool{}
	for i, in := range b.Inputs {
		path := at + "inputs[" + strconv.Itoa(i) + "]."
		f.Check(in.Number >= 1 && in.Number <= b.Channels && !seen[in.Number], path+"number", "A channel of the board, each once.")
		seen[in.Number] = true
		f.Check(in.Mode == InputFollow || in.Mode == InputToggle || in.Mode == InputEdge, path+"mode", "follow, toggle or edge.")
	}
}
