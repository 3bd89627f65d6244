package call

import (
	"slices"
	"time"

	"vestibule/agent/call/plan"
	"vestibule/shared/domain"
)

// Phase is where a call stands.
type Phase string

// Phases.
const (
	Idle    Phase = ""        // before the INVITE
	Ringing Phase = "ringing" // legs of one stage ring
	Talking Phase = "talking" // one leg has answered
	Closing Phase = "closing" // hung up; an opening is still under way
	Ended   Phase = "ended"   // finished; legs may still be on their way out
)

// LegPhase is where a leg stands.
type LegPhase uint8

// Phases of a leg.
const (
	LegWaiting   LegPhase = iota // its stage has not come
	LegInvited                   // INVITE asked for
	LegIsRinging                 // rings
	LegUp                        // won
	LegLeaving                   // CANCEL asked for, not yet confirmed
	LegOver                      // gone
)

// Leg is one device of the call.
type Leg struct {
	Phase      LegPhase
	Stage      int
	Device     domain.DeviceID
	Person     domain.PersonID
	Name       string
	Kind       plan.Kind
	Path       plan.Path
	Registered bool
	Declined   bool
	Busy       bool
	Silent     bool // rang for its time
	Early      bool // the caller hears it already
	Marks      []domain.LegMark
}

// State is everything a call knows. Copies are independent of each other.
type State struct {
	Phase    Phase
	Began    time.Time
	Invite   *Invite // never changed; nil before it came
	Stage    int
	Turn     int // ring times begun
	Legs     []Leg
	Winner   int // index of the leg that won, -1 before
	Opened   bool
	Opening  uint8 // bit n: relay n is being moved
	Openings int   // pulses that moved a door
	Anchored bool
	End      domain.EndReason
	caller   []domain.LegMark
}

// Settled tells whether the call has ended and no leg can speak up any more.
func (s State) Settled() bool {
	return s.Phase == Ended && !slices.ContainsFunc(s.Legs, func(l Leg) bool { return l.Phase != LegOver && l.Phase != LegWaiting })
}

// clone makes a copy that can be changed.
func (s State) clone() State {
	s.Legs = slices.Clone(s.Legs)
	for i := range s.Legs {
		s.Legs[i].Marks = slices.Clip(s.Legs[i].Marks)
	}
	s.caller = slices.Clip(s.caller)
	return s
}

// maxMarks bounds the timeline of one leg: a stuck key must not fill the log.
const maxMarks = 32

func mark(list []domain.LegMark, at time.Duration, what, why string) []domain.LegMark {
	if len(list) >= maxMarks {
		return list
	}
	return append(list, domain.LegMark{AtMilli: at.Milliseconds(), What: what, Why: why})
}

// body writes the event of the finished call: the caller's line first, then the legs that rang, then who was left out.
func (s State) body(now time.Time) domain.CallBody {
	b := domain.CallBody{
		CallID: s.Invite.CallID, CallerID: s.Invite.Caller.ID, Dialled: s.Invite.Dialled,
		ApartmentID: s.Invite.Plan.Apartment.ID, End: s.End, LastsMilli: now.Sub(s.Began).Milliseconds(),
		WAN: s.Invite.WAN, Anchored: s.Anchored,
	}
	if s.Winner >= 0 {
		b.AnsweredBy = s.Legs[s.Winner].Device
	}
	b.Legs = append(b.Legs, domain.LegBody{Name: s.Invite.Caller.Name, Marks: slices.Clone(s.caller)})
	for _, i := range s.called() {
		l := s.Legs[i]
		b.Legs = append(b.Legs, domain.LegBody{
			DeviceID: l.Device, Name: l.Name, Marks: slices.Clone(l.Marks), Kind: domain.LegKind(l.Kind), Path: string(l.Path), Stage: l.Stage + 1,
			PersonID: l.Person,
		})
	}
	for _, out := range s.Invite.Plan.LeftOut {
		b.Legs = append(b.Legs, domain.LegBody{
			DeviceID: out.Device.ID, Name: out.Name, Marks: []domain.LegMark{{What: "left_out", Why: string(out.Why)}},
			Kind: domain.LegKind(out.Kind), Path: string(out.Path), Stage: out.Stage + 1, PersonID: out.Person.ID,
		})
	}
	return b
}

// called are the legs whose stage came.
func (s State) called() []int {
	var out []int
	for i, l := range s.Legs {
		if l.Phase != LegWaiting {
			out = append(out, i)
		}
	}
	return out
}
