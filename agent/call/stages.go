package call

import (
	"slices"

	"vestibule/agent/call/plan"
	"vestibule/shared/domain"
)

// nextStage rings the legs of the next stage; false when there is none. A stage without legs costs no time (EDGE-09/R23). Landlines of a stage are tried
// one after the other, beside everything else that rings (CALL-09).
func (st *step) nextStage() bool {
	for stage := st.s.Stage + 1; stage < len(st.s.Invite.Plan.Stages); stage++ {
		st.s.Stage = stage
		rings := false
		for i, l := range st.s.Legs {
			if l.Stage == stage && l.Kind != plan.ToLandline {
				st.ring(i)
				rings = true
			}
		}
		if st.nextLandline() {
			return true
		}
		if rings {
			st.startTurn()
			return true
		}
	}
	return false
}

// nextLandline rings the next landline of the stage; false when there is none.
func (st *step) nextLandline() bool {
	for i, l := range st.s.Legs {
		if l.Stage == st.s.Stage && l.Kind == plan.ToLandline && l.Phase == LegWaiting {
			st.ring(i)
			st.startTurn()
			return true
		}
	}
	return false
}

func (st *step) ring(leg int) {
	st.s.Legs[leg].Phase = LegInvited
	st.markLeg(leg, "invited", "")
	st.do(Ring{Leg: leg})
}

// startTurn gives the stage, or its next landline, a ring time of its own; the timer of the turn before means nothing any more.
func (st *step) startTurn() {
	st.s.Turn++
	st.do(StartTimer{Timer: TimerRing, Count: st.s.Turn, After: st.s.Invite.Rules.Ring})
}

// onward follows a leg that will not answer: a declined or dead one ends alone, and when nothing rings any more the next stage comes at once.
func (st *step) onward(leg int) {
	l := st.s.Legs[leg]
	if l.Kind == plan.ToLandline && l.Stage == st.s.Stage && st.nextLandline() || st.ringing() {
		return
	}
	if !st.nextStage() {
		st.end(st.verdict(), false)
	}
}

// turnOver follows a ring time that ran out: the next landline, else the next stage, else the end.
func (st *step) turnOver() {
	if st.landlineWaits() {
		st.quiet(func(l Leg) bool { return l.Kind == plan.ToLandline })
		st.nextLandline()
		return
	}
	st.quiet(func(Leg) bool { return true })
	if !st.nextStage() {
		st.end(domain.EndNoAnswer, false)
	}
}

func (st *step) landlineWaits() bool {
	return slices.ContainsFunc(st.s.Legs, func(l Leg) bool {
		return l.Stage == st.s.Stage && l.Kind == plan.ToLandline && l.Phase == LegWaiting
	})
}

// quiet stops legs that rang for their time.
func (st *step) quiet(which func(Leg) bool) {
	for i := range st.s.Legs {
		if l := &st.s.Legs[i]; l.rings() && which(*l) {
			l.Silent = true
			st.cancel(i, "no_answer")
		}
	}
}

// cancel stops a leg that rings.
func (st *step) cancel(leg int, why string) {
	st.s.Legs[leg].Phase = LegLeaving
	st.markLeg(leg, "cancelled", why)
	st.do(CancelLeg{Leg: leg})
}

// cancelRinging stops every leg that still rings.
func (st *step) cancelRinging(why string) {
	for i, l := range st.s.Legs {
		if l.rings() {
			st.cancel(i, why)
		}
	}
}

func (l Leg) rings() bool { return l.Phase == LegInvited || l.Phase == LegIsRinging }

func (st *step) ringing() bool { return slices.ContainsFunc(st.s.Legs, Leg.rings) }

// heard tells whether the caller hears a leg that is not answered yet: then no other one may answer.
func (st *step) heard() bool {
	return slices.ContainsFunc(st.s.Legs, func(l Leg) bool { return l.Early && l.rings() })
}

// verdict says why nobody answered a call whose legs all said something: what rang for its time goes before what was declined.
func (st *step) verdict() domain.EndReason {
	has := func(which func(Leg) bool) bool { return slices.ContainsFunc(st.s.Legs, which) }
	switch {
	case has(func(l Leg) bool { return l.Silent }):
		return domain.EndNoAnswer
	case has(func(l Leg) bool { return l.Declined && !l.Busy }):
		return domain.EndDeclined
	case has(func(l Leg) bool { return l.Declined }):
		return domain.EndBusy
	}
	return domain.EndUnreachable
}
