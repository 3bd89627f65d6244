package link

import (
	"time"

	"vestibule/shared/wire"
)

// Phase is where a connection stands.
type Phase string

// Phases.
const (
	Resting  Phase = "resting"  // until At
	Dialling Phase = "dialling" // until At
	Greeting Phase = "greeting" // hello said, welcome awaited until At
	Up       Phase = "up"
)

// Pace is the timing of a link; the zero value means the constants of the protocol.
type Pace struct {
	DialWithin   time.Duration // until the connection stands and its topic is subscribed
	LeastBackoff time.Duration // upper end of the first random wait
	MostBackoff  time.Duration // upper end of the longest
	Refused      time.Duration // least wait after a refusal that needs a person
}

// lineWithin is how long a line may take to answer. A cloud that took the call is waited for until wire.DialWithin: where all agents of a cloud come back at
// once they wait in a row before their handshake, and who gives up begins again at its end.
const lineWithin = 20 * time.Second

func (p Pace) withDefaults() Pace {
	if p.DialWithin == 0 {
		p.DialWithin = wire.DialWithin
	}
	if p.LeastBackoff == 0 {
		p.LeastBackoff = time.Second
	}
	if p.MostBackoff == 0 {
		p.MostBackoff = time.Minute
	}
	if p.Refused == 0 {
		p.Refused = 10 * time.Minute
	}
	return p
}

// State is the session between two inputs.
type State struct {
	Phase    Phase
	At       time.Time // end of the rest, or the deadline of the phase
	Attempt  int       // failures in a row
	Jumped   bool      // above the fence, since the last accepted session
	Refused  wire.Refusal
	Every    time.Duration // between beats
	NextBeat time.Time
	Heard    time.Time // last answer of the cloud
	UpSince  time.Time
}

// Input is one thing that happened.
type Input interface{ input() }

// Inputs of Step. Those of a connection other than the current one never get here.
type (
	// Tick says that time has passed.
	Tick struct{}
	// Dialled says that the connection stands and its topic is subscribed.
	Dialled struct{}
	// Lost says that dialling failed or the connection broke.
	Lost struct{}
	// Welcomed is the cloud's answer to the hello, or a later word that the session does not stand.
	Welcomed struct{ Welcome wire.Welcome }
	// Answered is a message that answers one of ours: both directions live.
	Answered struct{}
	// Doubted says that a job or a clock sample wants another connection.
	Doubted struct{}
	// Woken ends a rest: somebody claimed the agent, or the network came back.
	Woken struct{}
)

func (Tick) input()     {}
func (Dialled) input()  {}
func (Lost) input()     {}
func (Welcomed) input() {}
func (Answered) input() {}
func (Doubted) input()  {}
func (Woken) input()    {}

// Effect is one thing to do.
type Effect interface{ effect() }

// Effects of Step.
type (
	// Dial begins a new connection with a new random conn.
	Dial struct{}
	// Hello says hello on it.
	Hello struct{}
	// Open gives the session to the jobs.
	Open struct{ Welcome wire.Welcome }
	// Beat sends a heartbeat.
	Beat struct{}
	// Drop tears the connection down and tells the jobs, if they had it.
	Drop struct{}
	// Jump lifts the fence above the cloud's, begins a new epoch and says so in the log.
	Jump struct {
		Fence      uint64
		Generation uint32
	}
)

func (Dial) effect()  {}
func (Hello) effect() {}
func (Open) effect()  {}
func (Beat) effect()  {}
func (Drop) effect()  {}
func (Jump) effect()  {}

// steadyAfter is how long a session must stand before its end starts the backoff anew.
const steadyAfter = 30 * time.Second

// Step takes one input and says what to do. random gives numbers in [0, 1).
func Step(s State, in Input, pace Pace, now time.Time, random func() float64) (State, []Effect) {
	pace = pace.withDefaults()
	if s.Phase == "" {
		s.Phase, s.At = Resting, now
	}
	switch in := in.(type) {
	case Woken:
		if s.Phase == Resting {
			s.At, s.Attempt = now, 0
		}
	case Dialled:
		if s.Phase == Dialling {
			s.Phase, s.At = Greeting, now.Add(wire.WelcomeWithin)
			return s, []Effect{Hello{}}
		}
	case Welcomed:
		return s.welcomed(in.Welcome, pace, now, random)
	case Answered:
		if s.Phase == Up {
			s.Heard = now
		}
	case Lost, Doubted:
		if s.Phase != Resting {
			return s.rest(0, pace, now, random), []Effect{Drop{}}
		}
	}
	return s.tick(pace, now, random)
}

func (s State) tick(pace Pace, now time.Time, random func() float64) (State, []Effect) {
	switch s.Phase {
	case Resting:
		if !now.Before(s.At) {
			s.Phase, s.At = Dialling, now.Add(pace.DialWithin)
			return s, []Effect{Dial{}}
		}
	case Dialling, Greeting:
		if !now.Before(s.At) {
			return s.rest(0, pace, now, random), []Effect{Drop{}}
		}
	case Up:
		if now.Sub(s.Heard) >= s.deadAfter() {
			return s.rest(0, pace, now, random), []Effect{Drop{}} // dead
		}
		if !now.Before(s.NextBeat) {
			s.NextBeat = now.Add(s.Every)
			return s, []Effect{Beat{}}
		}
	}
	return s, nil
}

// deadAfter keeps the proportion of the protocol: 75 s at a beat of 30 s.
func (s State) deadAfter() time.Duration {
	return s.Every * (wire.OfflineAfter / time.Second) / (wire.BeatEvery / time.Second)
}

func (s State) welcomed(w wire.Welcome, pace Pace, now time.Time, random func() float64) (State, []Effect) {
	if s.Phase != Greeting && (s.Phase != Up || w.Refuse == wire.RefuseNone) {
		return s, nil
	}
	retry := min(time.Duration(max(0, w.RetryMilli))*time.Millisecond, time.Hour)
	switch w.Refuse {
	case wire.RefuseNone:
		s.Phase, s.Refused, s.Jumped = Up, wire.RefuseNone, false
		s.Every = wire.BeatEvery
		if w.BeatMilli > 0 {
			s.Every = min(max(time.Duration(w.BeatMilli)*time.Millisecond, 100*time.Millisecond), 5*time.Minute)
		}
		// The first beat comes at any moment after a third of its time: agents that come back together do not beat together for ever.
		s.Heard, s.UpSince, s.NextBeat = now, now, now.Add(s.Every/3+time.Duration(random()*float64(s.Every)*2/3))
		return s, []Effect{Open{Welcome: w}}
	case wire.RefuseStale:
		if !s.Jumped {
			s.Jumped = true
			s.Phase, s.At = Resting, now.Add(retry)
			return s, []Effect{Drop{}, Jump{Fence: w.Fence, Generation: w.Generation}}
		}
	case wire.RefuseRevoked, wire.RefuseClone, wire.RefuseUpgrade:
		retry = max(retry, pace.Refused)
	}
	s.Refused = w.Refuse
	return s.rest(retry, pace, now, random), []Effect{Drop{}}
}

// rest waits at least the given time and then a random part of a span that doubles (full jitter).
func (s State) rest(least time.Duration, pace Pace, now time.Time, random func() float64) State {
	if s.Phase == Up && now.Sub(s.UpSince) >= steadyAfter {
		s.Attempt = 0
	}
	span := pace.MostBackoff
	if s.Attempt < 16 {
		span = min(span, pace.LeastBackoff<<s.Attempt)
	}
	s.Attempt++
	s.Phase = Resting
	s.At = now.Add(least + time.Duration(random()*float64(span)))
	return s
}

// Wake is when the next Tick is due.
func (s State) Wake() time.Time {
	if s.Phase != Up {
		return s.At
	}
	if dead := s.Heard.Add(s.deadAfter()); dead.Before(s.NextBeat) {
		return dead
	}
	return s.NextBeat
}
