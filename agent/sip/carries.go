package sip

import "vestibule/agent/call/plan"

// carries tells whether a leg that leaves the LAN has a way now, or why not.
func (s *Server) carries(l plan.Leg) plan.Why {
	switch l.Path {
	case plan.ByTrunk:
		if s.line == nil {
			return plan.WhyNoTrunk
		}
		_, why := s.line.rules.Check(l.Number, l.Person.Form.Country)
		s.line.rules.Refused(why)
		return plan.Why(why.Word())
	case plan.ByCloud:
		return plan.WhyNoApp
	case plan.ByRemote, plan.ByIP, plan.BySIP:
	}
	return plan.WhyOtherAgent
}
