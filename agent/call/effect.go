package call

import (
	"time"

	"vestibule/shared/domain"
)

// Effect is something the adapter must do; none of them may block the caller.
type Effect interface{ effect() }

// Effects. Leg is the index of the leg in the order of the plan.
type (
	// RingCaller is the 180 to the caller.
	RingCaller struct{}
	// Ring sends the INVITE of a leg.
	Ring struct{ Leg int }
	// EarlyMedia lets the caller hear the leg before it is answered.
	EarlyMedia struct{ Leg int }
	// CancelLeg sends CANCEL; when the leg's 2xx is on the way already, its answer comes as LegAnswered.
	CancelLeg struct{ Leg int }
	// HangupLeg sends BYE.
	HangupLeg struct{ Leg int }
	// AnswerCaller is the 2xx to the caller with the description of the leg's answer.
	AnswerCaller struct{ Leg int }
	// Bridge lets media run between caller and leg.
	Bridge struct{ Leg int }
	// Reject is the final answer to a caller who was not answered.
	Reject struct{ Reason domain.EndReason }
	// HangupCaller sends BYE to the caller.
	HangupCaller struct{}
	// OpenDoor asks for a relay of the caller; the outcome comes as DoorResult.
	OpenDoor struct {
		Leg   int
		Relay int
	}
	// StartTimer asks for a Timeout after a time; one that comes too late, with a Count that is passed, changes nothing.
	StartTimer struct {
		Timer Timer
		Count int
		After time.Duration
	}
	// Finish is the last word on a call and comes exactly once. Legs are the legs that Body has after the caller's line; those left out follow.
	Finish struct {
		Body domain.CallBody
		Legs []int
	}
)

func (RingCaller) effect()   {}
func (Ring) effect()         {}
func (EarlyMedia) effect()   {}
func (CancelLeg) effect()    {}
func (HangupLeg) effect()    {}
func (AnswerCaller) effect() {}
func (Bridge) effect()       {}
func (Reject) effect()       {}
func (HangupCaller) effect() {}
func (OpenDoor) effect()     {}
func (StartTimer) effect()   {}
func (Finish) effect()       {}
