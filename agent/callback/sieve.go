package callback

import (
	"slices"
	"time"

	"vestibule/agent/device"
	"vestibule/shared/domain"
)

// Times of the sieve.
const (
	settle = 2 * time.Second  // how long a report waits for a better one of the same happening
	window = 5 * time.Second  // within it two reports can be of one happening
	again  = time.Second      // the same words on the same way within it are a repetition
	ownFor = 10 * time.Second // an act of the agent shows at the device within it
)

// most bounds what is remembered of each kind; more comes from a fault, and the oldest goes.
const most = 1024

// heard is one report of a device.
type heard struct {
	device domain.DeviceID
	told   device.Told
	trust  domain.Trust
	at     time.Time
}

// own is an act of the agent's that the device will tell of.
type own struct {
	device domain.DeviceID
	what   device.Happening
	relay  int
	until  time.Time
}

// passed is a report that became a row; paired: the other way told of it too.
type passed struct {
	heard
	paired bool
}

// sieve makes one row of all reports of one happening. It is a plain machine: reports and times go in, rows come out.
type sieve struct {
	last     []heard // as they came
	waiting  []heard // of the weaker way, for the stronger one
	past     []passed
	openings []*opening
	owns     []own
}

// acted notes that the agent moves a relay: the device's word of it is no news.
func (s *sieve) acted(id domain.DeviceID, relay int, hold time.Duration, now time.Time) {
	s.forget(now)
	if !s.withdraw(id, relay) {
		s.owns = append(s.owns, own{id, device.RelayOn, relay, now.Add(ownFor)})
	}
	s.owns = append(s.owns, own{id, device.RelayOff, relay, now.Add(hold + ownFor)})
}

// take judges a report and gives the rows to write now.
func (s *sieve) take(h heard) []heard {
	s.forget(h.at)
	repeated := slices.ContainsFunc(s.last, func(l heard) bool {
		return l.device == h.device && l.trust == h.trust && l.told == h.told && h.at.Sub(l.at) < again
	})
	s.last = append(s.last, h)
	if repeated || h.told.What == device.Unlogged || s.ours(h) {
		return nil
	}
	switch h.told.What {
	case device.RelayOn, device.Opened:
		return s.opening(h)
	case device.Alarmed:
		return s.alarmed(h)
	}
	return s.single(h)
}

// ours tells whether a report is of an act of the agent's.
func (s *sieve) ours(h heard) bool {
	i := slices.IndexFunc(s.owns, func(o own) bool { return o.device == h.device && o.what == h.told.What && o.relay == h.told.Number })
	if i >= 0 {
		s.owns = slices.Delete(s.owns, i, i+1)
	}
	return i >= 0
}

// single judges what comes in one report on each way: the stronger one is a row at once, the weaker one when the other keeps silent.
func (s *sieve) single(h heard) []heard {
	same := func(o heard) bool {
		return o.device == h.device && o.trust != h.trust && o.told.What == h.told.What && o.told.Way == h.told.Way && o.told.Number == h.told.Number
	}
	for i := range s.past {
		if p := &s.past[i]; !p.paired && same(p.heard) {
			p.paired = true
			return nil
		}
	}
	if h.trust == domain.TrustSyslog {
		s.waiting = append(s.waiting, h)
		return nil
	}
	i := slices.IndexFunc(s.waiting, same)
	if i >= 0 {
		s.waiting = slices.Delete(s.waiting, i, i+1)
	}
	return s.pass(h, i >= 0)
}

func (s *sieve) pass(h heard, paired bool) []heard {
	s.past = append(s.past, passed{h, paired})
	return []heard{h}
}

// alarmed judges an alarm: one that says nothing more is none beside one that does.
func (s *sieve) alarmed(h heard) []heard {
	alarm := func(o heard) bool { return o.device == h.device && o.told.What == device.Alarmed }
	if h.told.Alarm != domain.AlarmOther {
		s.waiting = slices.DeleteFunc(s.waiting, alarm)
		return s.pass(h, false)
	}
	if !slices.ContainsFunc(s.waiting, alarm) && !slices.ContainsFunc(s.past, func(p passed) bool { return alarm(p.heard) }) {
		s.waiting = append(s.waiting, h)
	}
	return nil
}

// due gives the rows that have waited long enough; with a zero now all of them.
func (s *sieve) due(now time.Time) []heard {
	ripe := func(at time.Time) bool { return now.IsZero() || now.Sub(at) >= settle }
	var out []heard
	for _, h := range s.waiting {
		if ripe(h.at) {
			out = append(out, s.pass(h, false)...)
		}
	}
	s.waiting = slices.DeleteFunc(s.waiting, func(h heard) bool { return ripe(h.at) })
	for _, o := range s.openings {
		if ripe(o.at) {
			out = append(out, s.write(o)...)
		}
	}
	return out
}

// next is when due has something to give; zero: nothing waits.
func (s *sieve) next() time.Time {
	var first time.Time
	look := func(at time.Time) {
		if at = at.Add(settle); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	for _, h := range s.waiting {
		look(h.at)
	}
	for _, o := range s.openings {
		if o.written == nil {
			look(o.at)
		}
	}
	return first
}

// forget drops what is too old to be of the same happening; what has not become a row yet stays.
func (s *sieve) forget(now time.Time) {
	old := func(at time.Time) bool { return now.Sub(at) > window }
	s.past = slices.DeleteFunc(s.past, func(p passed) bool { return old(p.at) })
	s.last = slices.DeleteFunc(s.last, func(h heard) bool { return old(h.at) })
	s.owns = slices.DeleteFunc(s.owns, func(o own) bool { return now.After(o.until) })
	s.openings = slices.DeleteFunc(s.openings, func(o *opening) bool { return o.written != nil && old(o.at) })
	s.past, s.last, s.owns = newest(s.past), newest(s.last), newest(s.owns)
}

func newest[T any](list []T) []T { return list[max(0, len(list)-most):] }

// full tells whether more waits than people can do in a moment: then nothing more is taken until some of it became rows.
func (s *sieve) full() bool { return len(s.waiting)+len(s.openings) >= most }
