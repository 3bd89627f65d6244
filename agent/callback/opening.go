package callback

import (
	"slices"
	"time"

	"vestibule/agent/device"
	"vestibule/shared/domain"
)

// opening is what is known of one opening by a device: who said so and which relays moved. A code is told of by the device's call always, by a syslog
// line and by the relay's own call sometimes.
type opening struct {
	device  domain.DeviceID
	at      time.Time
	call    *heard // Opened, by an action URL
	line    *heard // Opened, by syslog
	relays  []int  // RelayOn, by action URLs
	written []int  // relays whose rows are written, 0 for one that was not known; nil: not yet
}

// opening puts a report to the opening that it is of, and gives the rows that can be written now.
func (s *sieve) opening(h heard) []heard {
	i := slices.IndexFunc(s.openings, func(o *opening) bool { return o.takes(h) })
	if i < 0 {
		s.openings = append(s.openings, &opening{device: h.device, at: h.at})
		i = len(s.openings) - 1
	}
	o := s.openings[i]
	switch {
	case h.told.What == device.RelayOn:
		o.relays = append(o.relays, h.told.Number)
	case h.trust == domain.TrustSyslog:
		o.line = &h
	default:
		o.call = &h
	}
	switch {
	case o.written != nil:
		return s.late(o, h)
	case o.call != nil && o.numbers()[0] != 0:
		return s.write(o)
	}
	return nil
}

// takes tells whether a report can be of this opening.
func (o *opening) takes(h heard) bool {
	if h.device != o.device || h.at.Sub(o.at) > window {
		return false
	}
	n := h.told.Number
	said := o.said()
	switch {
	case h.told.What == device.RelayOn:
		return !slices.Contains(o.relays, n) && (said == nil || said.told.Number == 0 || said.told.Number == n)
	case h.trust == domain.TrustSyslog && o.line != nil, h.trust != domain.TrustSyslog && o.call != nil:
		return false
	case said != nil:
		return said.told.Way == h.told.Way && (n == 0 || said.told.Number == 0 || n == said.told.Number)
	case o.written != nil: // a relay that moved for no known reason: too late for one
		return h.trust == domain.TrustSyslog
	}
	return n == 0 || slices.Contains(o.relays, n)
}

// said is the best word of who was let in; nil: only a relay moved.
func (o *opening) said() *heard {
	if o.call != nil {
		return o.call
	}
	return o.line
}

// numbers are the relays that moved, 0 for one that is not known.
func (o *opening) numbers() []int {
	if len(o.relays) > 0 {
		return o.relays
	}
	for _, h := range []*heard{o.call, o.line} {
		if h != nil && h.told.Number != 0 {
			return []int{h.told.Number}
		}
	}
	return []int{0}
}

// write gives the rows of an opening, one for each relay.
func (s *sieve) write(o *opening) []heard {
	if o.written != nil {
		return nil
	}
	o.written = slices.Clone(o.numbers())
	out := make([]heard, 0, len(o.written))
	for _, n := range o.written {
		out = append(out, s.row(o, n))
	}
	return out
}

// late gives the row of another relay that moved for somebody whose row is written: one code for two doors.
func (s *sieve) late(o *opening, h heard) []heard {
	if h.told.What != device.RelayOn || slices.Contains(o.written, h.told.Number) {
		return nil
	}
	if slices.Contains(o.written, 0) {
		o.written = []int{h.told.Number}
		return nil
	}
	o.written = append(o.written, h.told.Number)
	return []heard{s.row(o, h.told.Number)}
}

// row is the row of one relay of an opening.
func (s *sieve) row(o *opening, relay int) heard {
	out := heard{device: o.device, at: o.at, trust: domain.TrustDevice}
	if said := o.said(); said != nil {
		out.told, out.trust = said.told, said.trust
	} else {
		out.told = device.Told{What: device.Opened, Way: domain.MeansDevice}
		if s.pressed(o) {
			out.told.Way = domain.MeansButton
		}
	}
	out.told.Number = relay
	return out
}

// pressed tells whether an input of the device was triggered when its relay moved: the button beside the door.
func (s *sieve) pressed(o *opening) bool {
	return slices.ContainsFunc(s.last, func(l heard) bool {
		return l.device == o.device && l.told.What == device.InputOn && o.at.Sub(l.at).Abs() < settle
	})
}

// withdraw takes back a relay that moved for no known reason: it was the agent. False when there is none.
func (s *sieve) withdraw(id domain.DeviceID, relay int) bool {
	for i, o := range s.openings {
		if o.device == id && o.written == nil && o.said() == nil && slices.Contains(o.relays, relay) {
			o.relays = slices.DeleteFunc(o.relays, func(n int) bool { return n == relay })
			if len(o.relays) == 0 {
				s.openings = slices.Delete(s.openings, i, i+1)
			}
			return true
		}
	}
	return false
}
