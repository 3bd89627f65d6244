package desiredstate

import (
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/wire"
)

// Mark is one state of a document.
type Mark struct {
	Version uint64
	Hash    desired.Hash
}

// Peer is what is known of one connected agent: what it should hold, what it holds, and the announcement in flight.
type Peer struct {
	Head     Mark
	Held     Mark
	Rejected uint64 // a version the agent refuses to run; it is not announced again
	InFlight uint64 // announced and not yet held; 0: nothing
	SentAt   time.Time
	Wait     time.Duration // until the announcement is sent again
}

// Input is what happens: Moved, Holds, Asked or Tick.
type Input interface{ input() }

// Moved tells the head of the site's document.
type Moved struct{ Head Mark }

// Holds tells what the agent says it holds, and the head at that moment.
type Holds struct {
	Mark
	Rejected uint64
	Head     Mark
}

// Asked tells that the agent is pulling: the announcement arrived and is being worked on.
type Asked struct{}

// Tick lets time pass.
type Tick struct{}

func (Moved) input() {}
func (Holds) input() {}
func (Asked) input() {}
func (Tick) input()  {}

// Effect is what the runner does after a step: Announce or Mismatch.
type Effect interface{ effect() }

// Announce sends the head to the agent; From is what a delta may start from, 0 when only a snapshot helps.
type Announce struct {
	Head Mark
	From uint64
}

// Mismatch counts equal versions with different hashes: it must never happen.
type Mismatch struct{ Held Mark }

func (Announce) effect() {}
func (Mismatch) effect() {}

// Announcements are repeated after firstWait, doubling up to longestWait.
const (
	firstWait   = 5 * time.Second
	longestWait = time.Minute
)

// Step is the whole logic of announcing: one in flight at most, the newest wins, repeated until the agent shows the version.
func Step(p Peer, in Input, now time.Time) (Peer, []Effect) {
	var effects []Effect
	switch in := in.(type) {
	case Moved:
		p = p.headed(in.Head)
	case Holds:
		p = p.headed(in.Head)
		p.Held, p.Rejected = in.Mark, in.Rejected
		if p.Held.Version == p.Head.Version && p.Held.Hash != p.Head.Hash && p.Head.Version != 0 {
			effects = append(effects, Mismatch{Held: p.Held})
			p.InFlight = 0
		}
		if p.InFlight != 0 && (p.Held.Version >= p.InFlight || p.Rejected == p.InFlight) {
			p.InFlight = 0
		}
	case Asked:
		p.SentAt = now
	case Tick:
		if p.InFlight != 0 && now.Sub(p.SentAt) >= p.Wait {
			wait := min(2*p.Wait, longestWait)
			p.InFlight = 0
			p, effects = p.settle(now, effects)
			p.Wait = wait
			return p, effects
		}
	}
	return p.settle(now, effects)
}

// headed takes a newer head; an older one was read before an edit and comes late.
func (p Peer) headed(head Mark) Peer {
	if head.Version >= p.Head.Version {
		p.Head = head
	}
	return p
}

// settle announces the head when the agent should have it and nothing is in flight.
func (p Peer) settle(now time.Time, effects []Effect) (Peer, []Effect) {
	if p.InFlight != 0 || p.Head.Version == 0 || p.Held == p.Head || p.Rejected == p.Head.Version {
		return p, effects
	}
	from := p.Held.Version
	if from >= p.Head.Version {
		from = 0 // same version with another hash, or ahead of us: only the whole document helps
	}
	p.InFlight, p.SentAt, p.Wait = p.Head.Version, now, firstWait
	return p, append(effects, Announce{Head: p.Head, From: from})
}

// again tells when a Tick may do something; ok is false when never.
func (p Peer) again() (at time.Time, ok bool) {
	return p.SentAt.Add(p.Wait), p.InFlight != 0
}

// chunks is how many pieces a payload of n bytes has.
func chunks(n int) uint32 { return uint32(max(1, (n+wire.MaxChunk-1)/wire.MaxChunk)) }
