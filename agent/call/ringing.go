package call

// legRinging notes a provisional answer. What a leg sends before it is answered reaches the caller only when no other leg can answer
// this call any more: the caller has heard the description of one device, and the final answer must be the same one's.
func (st *step) legRinging(in LegRinging) {
	if !st.has(in.Leg) {
		return
	}
	leg := &st.s.Legs[in.Leg]
	switch leg.Phase {
	case LegInvited:
		leg.Phase = LegIsRinging
		st.markLeg(in.Leg, "ringing", "")
	case LegIsRinging:
	case LegWaiting, LegUp, LegLeaving, LegOver:
		return
	}
	if in.Early && !leg.Early && st.last(in.Leg) {
		leg.Early = true
		st.markLeg(in.Leg, "early_media", "")
		st.do(EarlyMedia{Leg: in.Leg})
	}
}

// last tells whether a leg is the only one that can still answer.
func (st *step) last(leg int) bool {
	for i, l := range st.s.Legs {
		if i != leg && l.Phase != LegOver && l.Phase != LegLeaving {
			return false
		}
	}
	return st.s.Phase == Ringing
}

// legMoved gives a leg to the device that the first one redirected to, with the rights of that one.
func (st *step) legMoved(in LegMoved) {
	if !st.has(in.Leg) {
		return
	}
	leg := &st.s.Legs[in.Leg]
	if leg.Phase != LegInvited && leg.Phase != LegIsRinging && leg.Phase != LegLeaving {
		return
	}
	leg.Device, leg.Name, leg.Registered = in.Device, in.Name, in.Registered
	st.markLeg(in.Leg, "moved", in.Name)
}
