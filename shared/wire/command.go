package wire

import (
	"time"

	"vestibule/shared/domain"
)

// CommandKind is what a command asks for.
type CommandKind string

// Kinds of commands.
const (
	CommandDoorOpen   CommandKind = "door_open"
	CommandRelaySet   CommandKind = "relay_set" // puts channel Relay of the board of monitor DeviceID on or off
	CommandReboot     CommandKind = "reboot"
	CommandReset      CommandKind = "reset"
	CommandRemoteOpen CommandKind = "remote_open" // the tunnel has the command's id
)

// Moves tells whether a command moves a relay: it waits for nothing else.
func (k CommandKind) Moves() bool { return k == CommandDoorOpen || k == CommandRelaySet }

// TTL is how long a command of this kind may take; the agent takes no command that claims more. Zero: no such kind.
func (k CommandKind) TTL() time.Duration {
	switch k {
	case CommandDoorOpen, CommandRelaySet, CommandRemoteOpen:
		return DoorTTL
	case CommandReboot, CommandReset:
		return CareTTL
	}
	return 0
}

// Within is how long the act itself may take once it has begun. Zero: no longer than the deadline.
func (k CommandKind) Within() time.Duration {
	if k == CommandReboot || k == CommandReset {
		return CareWithin
	}
	return 0
}

// MaxTTL is the longest time to live that an agent believes of a command of this kind.
func (k CommandKind) MaxTTL() time.Duration { return max(MaxDoorTTL, k.TTL()) }

// Command is the signed payload: COSE_Sign1 (RFC 9052, EdDSA, Ed25519) over these bytes, external data CommandContext.
type Command struct {
	ID          domain.CommandID `cbor:"1,keyasint"`
	Agent       domain.AgentID   `cbor:"2,keyasint"`
	Conn        domain.ConnID    `cbor:"3,keyasint"`
	Kind        CommandKind      `cbor:"4,keyasint"`
	DeviceID    domain.DeviceID  `cbor:"5,keyasint"`
	Relay       int              `cbor:"6,keyasint"`
	IssuedMilli int64            `cbor:"7,keyasint"` // database time
	BoundMilli  int64            `cbor:"8,keyasint"` // its error bound
	TTLMilli    int64            `cbor:"9,keyasint"`
	Actor       string           `cbor:"10,keyasint"`           // display words for the log
	On          bool             `cbor:"11,keyasint,omitempty"` // of relay_set
}

// CommandContext is the external additional data of the signature.
const CommandContext = "vestibule command 1"

// SignedCommand is the body of KindCommand.
type SignedCommand struct {
	Sign1 []byte `cbor:"1,keyasint"`
}

// Result answers a command: first Accepted, then one of the results; sent again when the command is seen again.
type Result struct {
	ID       domain.CommandID `cbor:"1,keyasint"`
	Accepted bool             `cbor:"2,keyasint,omitempty"` // on its way; no result yet
	Result   domain.ActResult `cbor:"3,keyasint,omitempty"`
	Reason   domain.Reason    `cbor:"4,keyasint,omitempty"`
}
