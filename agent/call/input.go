package call

import (
	"time"

	"vestibule/agent/call/plan"
	"vestibule/shared/domain"
)

// Input is something that happened to a call.
type Input interface{ input() }

// Invite starts a call; it is the first input and comes once.
type Invite struct {
	CallID  domain.CallID
	Caller  domain.Device
	Dialled string
	Plan    plan.Plan
	WAN     bool
	Rules   Rules
}

// Rules are the times of a call.
type Rules struct {
	Ring   time.Duration // how long one stage rings, and each of its landlines
	Dial   time.Duration // how long the whole call may ring
	Talk   time.Duration // how long a conversation may last
	Settle time.Duration // how long the end waits for the result of an opening that is under way
	// AfterOpening is how long a conversation may go on after the last opening; zero: to its end.
	AfterOpening time.Duration
}

// Inputs after Invite. Leg is the index of the leg in the order of the plan.
type (
	// LegRinging is a provisional answer. Early: it carries a description, so that the device can be heard before it is answered.
	LegRinging struct {
		Leg   int
		Early bool
	}
	// LegMoved is a device that redirected the call to another one, which is invited now. Registered: the agent has authenticated that one.
	LegMoved struct {
		Leg        int
		Device     domain.DeviceID
		Name       string
		Registered bool
	}
	// LegAnswered is a 2xx; the adapter has acknowledged it. Anchored: media runs over the agent.
	LegAnswered struct {
		Leg      int
		Anchored bool
	}
	// LegDeclined is a person or a setting that said no.
	LegDeclined struct {
		Leg  int
		Why  string
		Busy bool
	}
	// LegFailed is a leg without a way to it or an answer from it, or one that agreed to be cancelled.
	LegFailed struct {
		Leg int
		Why string
	}
	// LegBye is a device that hung up.
	LegBye struct{ Leg int }
	// CallerCancel is a visitor who gave up.
	CallerCancel struct{}
	// CallerBye is a caller who hung up.
	CallerBye struct{}
	// CallerLost is a caller who cannot be reached any more.
	CallerLost struct{ Why string }
	// Digit comes from a leg's authenticated dialog or its anchored media. Key is one of 0-9 * #, How is info or rfc4733.
	Digit struct {
		Leg int
		Key string
		How string
	}
	// DoorResult is the outcome of an OpenDoor.
	DoorResult struct {
		Relay  int
		Result domain.ActResult
		Reason domain.Reason
	}
	// Timeout is a timer that ran out.
	Timeout struct {
		Timer Timer
		Count int
	}
	// Stop is the agent going down.
	Stop struct{}
)

func (Invite) input()       {}
func (LegRinging) input()   {}
func (LegMoved) input()     {}
func (LegAnswered) input()  {}
func (LegDeclined) input()  {}
func (LegFailed) input()    {}
func (LegBye) input()       {}
func (CallerCancel) input() {}
func (CallerBye) input()    {}
func (CallerLost) input()   {}
func (Digit) input()        {}
func (DoorResult) input()   {}
func (Timeout) input()      {}
func (Stop) input()         {}

// Timer names a timer of a call.
type Timer uint8

// Timers.
const (
	TimerRing   Timer = 1
	TimerTalk   Timer = 2
	TimerSettle Timer = 3
	TimerDial   Timer = 4
	TimerOpened Timer = 5
)
