package sip

import (
	"vestibule/agent/call/plan"
)

// way takes the legs of one path that leaves the LAN: to a device of another agent, to a landline, to an app.
type way interface {
	// ready tells why a leg cannot be called now; empty: it can. It is asked for each leg when a call is planned, and must not wait.
	ready(l plan.Leg) plan.Why
	// newLeg prepares a leg that was ready.
	newLeg(c *session, index int, l plan.Leg) leg
}

// carries answers for the plan.
func (s *Server) carries(l plan.Leg) plan.Why {
	if w := s.ways[l.Path]; w != nil {
		return w.ready(l)
	}
	return plan.NoWay(l)
}

// newLeg prepares the way that the plan chose.
func (c *session) newLeg(index int, p plan.Leg) leg {
	if w := c.s.ways[p.Path]; w != nil {
		return w.newLeg(c, index, p)
	}
	return c.s.newDeviceLeg(c, index, p)
}
