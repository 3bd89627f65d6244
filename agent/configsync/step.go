package configsync

import (
	"crypto/sha256"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/wire"
)

// Times of pulling. A chunk on a slow line takes long: the wait grows until one arrives, and stays grown.
const (
	firstWait   = 5 * time.Second
	longestWait = 2 * time.Minute
	retryAfter  = 30 * time.Second // after a version that could not be used
	maxChunks   = wire.MaxSnapshot / wire.MaxChunk
)

// Head is what the cloud says the document should be.
type Head struct {
	Version uint64
	Hash    desired.Hash
}

// Pull is a payload on its way, piece by piece. It outlives the connection.
type Pull struct {
	From    uint64 // asked for
	Version uint64 // of the payload; 0 until the first piece came
	Start   uint64 // version that the payload starts from
	Whole   [32]byte
	Count   uint32
	Parts   [][]byte
	AskedAt time.Time
	Wait    time.Duration
}

// State is the following of the head between two inputs.
type State struct {
	Up         bool
	Held       Head
	Rejected   uint64
	Head       Head
	Mismatches int           // beats in a row with our version and another hash
	Whole      bool          // only the whole document helps
	Pull       *Pull         // never changed in place
	NotBefore  time.Time     // a failed version is not asked for again before
	Wait       time.Duration // learned: how long a piece may take
	Spoils     int           // payloads in a row that could not be used
	Repairs    uint64        // how often equal versions had unequal hashes: must stay 0
}

// Input is one thing that happened.
type Input interface{ input() }

// Inputs of Step.
type (
	// Opened is a welcome with the cloud's head.
	Opened struct{ Head Head }
	// Closed is the end of the session.
	Closed struct{}
	// Compared is the head in the answer to a beat.
	Compared struct{ Head Head }
	// Announced is a new head, perhaps with the way there.
	Announced struct{ Announce wire.Announce }
	// Came is one piece of a payload.
	Came struct{ Chunk wire.Chunk }
	// Stored says that a version is on the disk and in force.
	Stored struct{ Head Head }
	// Refused says that a version was decrypted, is what the cloud made, and cannot be run.
	Refused struct{ Version uint64 }
	// Spoilt says that a payload could not be used; Later: for a cause of our own, such as a full disk.
	Spoilt struct{ Later bool }
	// Tick says that time has passed.
	Tick struct{}
)

func (Opened) input()    {}
func (Closed) input()    {}
func (Compared) input()  {}
func (Announced) input() {}
func (Came) input()      {}
func (Stored) input()    {}
func (Refused) input()   {}
func (Spoilt) input()    {}
func (Tick) input()      {}

// Effect is one thing to do.
type Effect interface{ effect() }

// Effects of Step.
type (
	// Ask sends a pull.
	Ask struct{ Pull wire.Pull }
	// Use decrypts a payload, applies it and stores the version.
	Use struct {
		From, Version uint64
		Sealed        []byte
	}
	// Tell reports which version is held.
	Tell struct{}
)

func (Ask) effect()  {}
func (Use) effect()  {}
func (Tell) effect() {}

// Step takes one input and says what to do. The version held only grows, whatever arrives.
func Step(s State, in Input, now time.Time) (State, []Effect) {
	switch in := in.(type) {
	case Opened:
		s.Up, s.Head, s.NotBefore = true, in.Head, time.Time{}
		s.compare()
		if s.Pull != nil {
			p := *s.Pull
			p.AskedAt = time.Time{}
			s.Pull = &p
		}
	case Closed:
		s.Up = false
	case Compared:
		s.Head = in.Head
		s.compare()
	case Announced:
		return s.announced(in.Announce, now)
	case Came:
		return s.came(in.Chunk, now)
	case Stored:
		s.Held, s.Whole, s.Mismatches, s.Spoils, s.Pull = in.Head, false, 0, 0, nil
		if in.Head.Version > s.Head.Version {
			s.Head = in.Head
		}
		s, effects := s.follow(now)
		return s, append([]Effect{Tell{}}, effects...)
	case Refused:
		s.Rejected, s.Pull, s.Whole = in.Version, nil, false
		s.Head.Version = max(s.Head.Version, in.Version)
		s, effects := s.follow(now)
		return s, append([]Effect{Tell{}}, effects...)
	case Spoilt:
		s.Pull = nil
		s.Whole = s.Whole || !in.Later
		// One spoilt delta is ordinary after a repair: the whole document is asked for at once.
		if s.Spoils++; in.Later || s.Spoils > 1 {
			s.NotBefore = now.Add(retryAfter)
		}
	case Tick:
	}
	return s.follow(now)
}

// compare counts how often the cloud names our version with another hash.
func (s *State) compare() {
	if s.Head.Version != s.Held.Version || s.Head.Hash == s.Held.Hash || s.Head.Version == 0 {
		s.Mismatches = 0
		return
	}
	if s.Mismatches++; s.Mismatches >= 2 && !s.Whole {
		s.Whole = true // repair
		s.Repairs++
	}
}

// wants tells whether the head is to be fetched.
func (s *State) wants() bool {
	return s.Head.Version > s.Held.Version && s.Head.Version != s.Rejected || s.Whole && s.Head.Version == s.Held.Version && s.Head.Hash != s.Held.Hash
}

func (s State) announced(a wire.Announce, now time.Time) (State, []Effect) {
	head := Head{Version: a.Version, Hash: a.Hash}
	switch {
	case a.Version < s.Held.Version || a.Version == s.Rejected:
		return s, []Effect{Tell{}} // late, or refused before: acknowledged as what is held
	case a.Version == s.Held.Version && a.Hash == s.Held.Hash:
		return s, []Effect{Tell{}}
	case a.Version == s.Held.Version:
		if !s.Whole {
			s.Whole = true
			s.Repairs++
		}
	}
	if a.Version >= s.Head.Version {
		s.Head = head
	}
	if len(a.Sealed) > 0 && a.Version > s.Held.Version && (a.From == s.Held.Version || a.From == 0) {
		s.Pull = nil
		return s, []Effect{Use{From: a.From, Version: a.Version, Sealed: a.Sealed}}
	}
	return s.follow(now)
}

// follow asks for the next piece when the head is another document and nobody has answered in time.
func (s State) follow(now time.Time) (State, []Effect) {
	if !s.Up {
		return s, nil
	}
	if s.Pull != nil && s.Whole && s.Pull.From != 0 {
		s.Pull = nil
	}
	if s.Pull == nil {
		if !s.wants() || now.Before(s.NotBefore) {
			return s, nil
		}
		s.Pull = &Pull{From: s.Held.Version}
		if s.Whole {
			s.Pull.From = 0
		}
	}
	p := *s.Pull
	if !p.AskedAt.IsZero() && now.Sub(p.AskedAt) < p.Wait {
		return s, nil
	}
	if !p.AskedAt.IsZero() {
		s.Wait = min(longestWait, 2*p.Wait)
	}
	p.AskedAt, p.Wait = now, max(firstWait, s.Wait)
	s.Pull = &p
	return s, []Effect{Ask{p.next(s.Head.Version)}}
}

// next is the question for the piece that is missing.
func (p Pull) next(head uint64) wire.Pull {
	q := wire.Pull{From: p.From, Version: p.Version, Index: uint32(len(p.Parts)), Packs: true}
	if q.Index == 0 {
		q.Version = head
	} else {
		q.Whole = p.Whole
	}
	return q
}

func (s State) came(c wire.Chunk, now time.Time) (State, []Effect) {
	if s.Pull == nil || !s.fits(c) {
		return s, nil
	}
	p := *s.Pull
	switch {
	case c.Index == 0 && (len(p.Parts) == 0 || c.Whole != p.Whole):
		// The first piece names the payload; another one than before means that the old one is gone.
		p.Version, p.Start, p.Whole, p.Count, p.Parts = c.Version, c.From, c.Whole, c.Count, nil
	case c.Whole != p.Whole || c.Version != p.Version || c.Count != p.Count || int(c.Index) != len(p.Parts):
		return s, nil // of another payload, or seen before
	}
	// A fresh slice: States before this one keep theirs.
	p.Parts = append(p.Parts[:len(p.Parts):len(p.Parts)], c.Data)
	if took := now.Sub(p.AskedAt); !p.AskedAt.IsZero() {
		s.Wait = max(firstWait, min(longestWait, 3*took))
	}
	p.AskedAt = time.Time{}
	s.Pull = &p
	if uint32(len(p.Parts)) < p.Count {
		return s.follow(now)
	}
	s.Pull = nil
	whole := make([]byte, 0, len(p.Parts)*wire.MaxChunk)
	for _, part := range p.Parts {
		whole = append(whole, part...)
	}
	if sha256.Sum256(whole) != p.Whole {
		return Step(s, Spoilt{}, now)
	}
	return s, []Effect{Use{From: p.Start, Version: p.Version, Sealed: whole}}
}

// fits tells whether a piece can belong to what was asked for. Bounds come first: a hostile count reserves no memory.
func (s *State) fits(c wire.Chunk) bool {
	newer := c.Version > s.Held.Version || s.Whole && c.Version == s.Held.Version
	start := c.From == 0 || c.From == s.Held.Version && !s.Whole
	return newer && c.Version != s.Rejected && start && c.Count >= 1 && c.Count <= maxChunks && c.Index < c.Count && len(c.Data) > 0 && len(c.Data) <= wire.MaxChunk
}

// Wake is when the next Tick is due; zero when nothing waits for time.
func (s State) Wake() time.Time {
	switch {
	case !s.Up:
	case s.Pull != nil:
		return s.Pull.AskedAt.Add(s.Pull.Wait)
	case s.wants():
		return s.NotBefore
	}
	return time.Time{}
}
