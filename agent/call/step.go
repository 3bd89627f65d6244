package call

import (
	"time"

	"vestibule/shared/domain"
)

// step is one Step under way.
type step struct {
	s   State
	now time.Time
	out []Effect
}

// Step takes one input and gives the next state and what is to be done. An input that does not fit the state changes nothing;
// a second answer is always hung up, whenever it comes.
func Step(state State, in Input, now time.Time) (State, []Effect) {
	st := &step{s: state.clone(), now: now}
	switch in := in.(type) {
	case Invite:
		st.invite(in)
	case LegRinging:
		st.legRinging(in)
	case LegMoved:
		st.legMoved(in)
	case LegAnswered:
		st.legAnswered(in)
	case LegDeclined:
		st.legOut(in.Leg, "declined", in.Why, true, in.Busy)
	case LegFailed:
		st.legOut(in.Leg, "failed", in.Why, false, false)
	case LegBye:
		st.legBye(in)
	case CallerCancel:
		st.callerGone("cancelled", "", domain.EndCallerGone)
	case CallerBye:
		st.callerGone("ended", "hung_up", "")
	case CallerLost:
		st.callerGone("failed", in.Why, "")
	case Digit:
		st.digit(in)
	case DoorResult:
		st.doorResult(in)
	case Timeout:
		st.timeout(in)
	case Stop:
		st.stop()
	}
	return st.s, st.out
}

// Abort ends a call whose machine or adapter failed: everybody is released, the reason is bug.
func Abort(state State, now time.Time) (State, []Effect) {
	st := &step{s: state.clone(), now: now}
	switch st.s.Phase {
	case Ended:
		return st.s, nil
	case Idle: // nothing is known of it yet
		st.s.Phase, st.s.Winner = Ended, -1
		st.do(Reject{Reason: domain.EndBug})
		return st.s, st.out
	case Ringing, Talking, Closing:
	}
	answered := st.s.Winner >= 0
	st.s.Opening = 0
	st.releaseLegs()
	st.end(domain.EndBug, answered)
	return st.s, st.out
}

func (st *step) do(e ...Effect) { st.out = append(st.out, e...) }

func (st *step) at() time.Duration { return st.now.Sub(st.s.Began) }

func (st *step) markCaller(what, why string) {
	st.s.caller = mark(st.s.caller, st.at(), what, why)
}

func (st *step) markLeg(leg int, what, why string) {
	st.s.Legs[leg].Marks = mark(st.s.Legs[leg].Marks, st.at(), what, why)
}

// has tells whether leg is one of ours; a wrong index from the adapter changes nothing.
func (st *step) has(leg int) bool { return leg >= 0 && leg < len(st.s.Legs) }

func (st *step) invite(in Invite) {
	if st.s.Phase != Idle {
		return
	}
	st.s = State{Phase: Ringing, Began: st.now, Invite: &in, Winner: -1, Stage: -1}
	for stage, set := range in.Plan.Stages {
		for _, l := range set.Legs {
			st.s.Legs = append(st.s.Legs, Leg{
				Stage: stage, Device: l.Device.ID, Person: l.Person.ID, Name: l.Name, Kind: l.Kind, Path: l.Path, Registered: l.Registered,
			})
		}
	}
	st.markCaller("invited", "")
	for _, note := range in.Plan.Notes {
		st.markCaller("noted", string(note))
	}
	if in.Plan.End != "" || len(st.s.Legs) == 0 {
		reason := in.Plan.End
		if reason == "" {
			reason = domain.EndNoTargets
		}
		st.end(reason, false)
		return
	}
	st.do(RingCaller{})
	st.markCaller("ringing", "")
	st.do(StartTimer{Timer: TimerDial, After: in.Rules.Dial})
	st.nextStage()
}

func (st *step) legAnswered(in LegAnswered) {
	if !st.has(in.Leg) {
		return
	}
	leg := &st.s.Legs[in.Leg]
	rings := leg.Phase == LegInvited || leg.Phase == LegIsRinging
	switch {
	case st.s.Phase == Ringing && (rings || leg.Phase == LegLeaving && !st.heard()):
		// A leg that is leaving while others ring had its time, and somebody lifted the handset at the last moment.
		st.win(in)
	case leg.Phase == LegWaiting || leg.Phase == LegUp || leg.Phase == LegOver:
		// Nothing can come of a leg that was never called, and an answer counts once.
	default:
		// Glare: the answer crossed our CANCEL. Somebody holds a handset, so it is hung up.
		leg.Phase = LegOver
		st.markLeg(in.Leg, "ended", "second_answer")
		st.do(HangupLeg{Leg: in.Leg})
	}
}

// win makes the leg the one that talks; the others stop ringing.
func (st *step) win(in LegAnswered) {
	st.s.Phase, st.s.Winner, st.s.Anchored = Talking, in.Leg, in.Anchored
	st.s.Legs[in.Leg].Phase = LegUp
	st.markLeg(in.Leg, "answered", "")
	st.markCaller("answered", "")
	st.do(AnswerCaller{Leg: in.Leg}, Bridge{Leg: in.Leg})
	st.cancelRinging("answered_elsewhere")
	st.do(StartTimer{Timer: TimerTalk, After: st.s.Invite.Rules.Talk})
}

// legOut notes a leg that will not answer, or that confirms it is gone.
func (st *step) legOut(i int, what, why string, declined, busy bool) {
	if !st.has(i) {
		return
	}
	leg := &st.s.Legs[i]
	switch leg.Phase {
	case LegWaiting, LegOver:
		return
	case LegLeaving:
		leg.Phase = LegOver
		return
	case LegUp:
		st.markLeg(i, what, why)
		st.legGone(i)
		return
	case LegInvited, LegIsRinging:
	}
	leg.Phase, leg.Declined, leg.Busy = LegOver, declined, busy
	st.markLeg(i, what, why)
	if st.s.Phase == Ringing {
		st.onward(i)
	}
}

func (st *step) legBye(in LegBye) {
	if !st.has(in.Leg) || st.s.Legs[in.Leg].Phase != LegUp {
		return
	}
	st.markLeg(in.Leg, "ended", "hung_up")
	st.legGone(in.Leg)
}

// legGone ends the conversation because the leg is no longer there.
func (st *step) legGone(leg int) {
	st.s.Legs[leg].Phase = LegOver
	if st.s.Phase == Talking {
		st.do(HangupCaller{})
		st.close(domain.EndAnswered)
	}
}

// callerGone ends the call because the caller is no longer there.
func (st *step) callerGone(what, why string, reason domain.EndReason) {
	switch st.s.Phase {
	case Ringing:
		st.markCaller(what, why)
		st.cancelRinging("caller_gone")
		st.finish(domain.EndCallerGone)
	case Talking:
		st.markCaller(what, why)
		st.releaseLegs()
		if reason == "" {
			reason = domain.EndAnswered
		}
		st.close(reason)
	case Idle, Closing, Ended:
	}
}
