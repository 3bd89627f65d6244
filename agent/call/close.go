package call

import "vestibule/shared/domain"

// releaseLegs hangs up what is up and cancels what rings.
func (st *step) releaseLegs() {
	for i := range st.s.Legs {
		if st.s.Legs[i].Phase == LegUp {
			st.s.Legs[i].Phase = LegOver
			st.do(HangupLeg{Leg: i})
		}
	}
	st.cancelRinging("call_ended")
}

// digit opens a door when the key is the code of one of the caller's relays. Only the leg that talks counts, and only when
// the agent has authenticated its device.
func (st *step) digit(in Digit) {
	if st.s.Phase != Talking || in.Leg != st.s.Winner {
		return
	}
	if !st.s.Legs[in.Leg].Registered {
		st.markLeg(in.Leg, "digit", "not_registered")
		return
	}
	for _, r := range st.s.Invite.Caller.Doors() {
		if !r.Enabled || r.DTMF != in.Key {
			continue
		}
		bit := uint8(1) << uint(r.Number)
		if st.s.Opening&bit != 0 {
			return // the same key again while the relay moves
		}
		st.s.Opening |= bit
		st.markLeg(in.Leg, "digit", in.How)
		st.do(OpenDoor{Leg: in.Leg, Relay: r.Number})
		return
	}
	st.markLeg(in.Leg, "digit", "no_relay")
}

func (st *step) doorResult(in DoorResult) {
	bit := uint8(1) << uint(in.Relay&7)
	if st.s.Opening&bit == 0 || st.s.Winner < 0 {
		return
	}
	st.s.Opening &^= bit
	if in.Result == domain.ActDone {
		st.s.Opened = true
		st.markLeg(st.s.Winner, "opened", "")
		st.afterOpening(in.Relay)
	} else {
		st.markLeg(st.s.Winner, "failed", "door_"+string(in.Result))
	}
	if st.s.Phase == Closing && st.s.Opening == 0 {
		st.finish(st.s.End)
	}
}

// afterOpening hangs up some time after the last opening, so that a handset that was put down beside its cradle does not keep the door phone from the next
// visitor. A door that is held open (a latching relay) ends no conversation.
func (st *step) afterOpening(relay int) {
	r, ok := st.s.Invite.Caller.Relay(relay)
	if st.s.Phase != Talking || !ok || r.Mode == domain.Latching || st.s.Invite.Rules.AfterOpening <= 0 {
		return
	}
	st.s.Openings++
	st.do(StartTimer{Timer: TimerOpened, Count: st.s.Openings, After: st.s.Invite.Rules.AfterOpening})
}

func (st *step) timeout(in Timeout) {
	switch {
	case in.Timer == TimerRing && st.s.Phase == Ringing && in.Count == st.s.Turn:
		st.turnOver()
	case in.Timer == TimerDial && st.s.Phase == Ringing:
		st.quiet(func(Leg) bool { return true })
		st.end(domain.EndNoAnswer, false)
	case in.Timer == TimerTalk && st.s.Phase == Talking:
		st.hangUp("longest_talk")
	case in.Timer == TimerOpened && st.s.Phase == Talking && in.Count == st.s.Openings:
		st.hangUp("door_opened")
	case in.Timer == TimerSettle && st.s.Phase == Closing:
		st.finish(st.s.End)
	}
}

// hangUp ends the conversation on both sides.
func (st *step) hangUp(why string) {
	st.markCaller("ended", why)
	st.releaseLegs()
	st.do(HangupCaller{})
	st.close(domain.EndAnswered)
}

func (st *step) stop() {
	switch st.s.Phase {
	case Ringing, Talking:
		answered := st.s.Phase == Talking
		st.releaseLegs()
		st.end(domain.EndInterrupted, answered)
	case Closing:
		st.finish(st.s.End)
	case Idle, Ended:
	}
}

// end releases the caller and finishes.
func (st *step) end(reason domain.EndReason, answered bool) {
	if answered {
		st.do(HangupCaller{})
	} else {
		st.do(Reject{Reason: reason})
	}
	st.finish(reason)
}

// close finishes a conversation, or waits for the opening that is under way: "#" and hanging up is one movement of a thumb.
func (st *step) close(reason domain.EndReason) {
	if st.s.Opening == 0 {
		st.finish(reason)
		return
	}
	st.s.Phase, st.s.End = Closing, reason
	st.do(StartTimer{Timer: TimerSettle, After: st.s.Invite.Rules.Settle})
}

func (st *step) finish(reason domain.EndReason) {
	if reason == domain.EndAnswered && st.s.Opened {
		reason = domain.EndOpened
	}
	st.s.Phase, st.s.End = Ended, reason
	st.markCaller("ended", string(reason))
	st.do(Finish{Body: st.s.body(st.now), Legs: st.s.called()})
}
