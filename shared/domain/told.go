package domain

// Trust tells how it is known what a device did by itself. What the agent does and reads itself has none.
type Trust string

// Levels of trust.
const (
	TrustDevice Trust = "device_says" // a callback with the device's secret, from its own card
	TrustSyslog Trust = "syslog"      // a line that came from its card, and that anybody there could have written
)

// Alarm is what a device sounds the alarm about.
type Alarm string

// Alarms of devices.
const (
	AlarmTamper   Alarm = "tamper"    // somebody takes it off the wall
	AlarmBreakIn  Alarm = "break_in"  // a door was opened that nobody had unlocked
	AlarmInput    Alarm = "input"     // an input that is wired to an alarm
	AlarmDoorHeld Alarm = "door_held" // a door stands open for too long
	AlarmOther    Alarm = "other"     // the device does not say
)

// AlarmBody is the body of EventAlarm.
type AlarmBody struct {
	DeviceID DeviceID `cbor:"1,keyasint"`
	Alarm    Alarm    `cbor:"2,keyasint"`
	Number   int      `cbor:"3,keyasint,omitempty"` // of the door or input, from 1; 0: not said
	Trust    Trust    `cbor:"4,keyasint"`
}

// Contact is a kind of contact of a device.
type Contact string

// Contacts of devices.
const (
	ContactRelay Contact = "relay"
	ContactInput Contact = "input"
)

// ContactBody is the body of EventRelayState.
type ContactBody struct {
	DeviceID DeviceID `cbor:"1,keyasint"`
	Contact  Contact  `cbor:"2,keyasint"`
	Number   int      `cbor:"3,keyasint"`
	On       bool     `cbor:"4,keyasint"` // a relay is energised, an input is triggered
	Trust    Trust    `cbor:"5,keyasint"`
}

// NoteCallbackForged is the word of a security row: somebody called with the secret of a device, from another card.
const NoteCallbackForged = "callback_forged"
