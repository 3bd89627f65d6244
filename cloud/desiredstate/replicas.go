package desiredstate

import (
	"context"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// Linked is an agent whose connection stands, and what it last said it holds, to whichever replica.
type Linked struct {
	Agent    domain.AgentID
	Conn     domain.ConnID
	Held     Mark
	Rejected uint64
}

// Links gives the agents of a site whose connections stand.
type Links interface {
	Linked(ctx context.Context, site domain.SiteID) ([]Linked, error)
}

// learn takes over what other replicas know of a site's agents: an edit is told to all of them by the replica that made it, and a replica that is killed leaves
// nobody waiting for a beat.
func (s *Service) learn(ctx context.Context, site domain.SiteID, head Mark) {
	if s.Links == nil {
		return
	}
	all, err := s.Links.Linked(ctx, site)
	if err != nil {
		s.Logger.ErrorContext(ctx, "agents of other replicas are not known", logkey.Site, site, logkey.Err, err)
		return
	}
	for _, l := range all {
		s.mu.Lock()
		if p := s.peers[l.Agent]; p == nil || p.conn != l.Conn {
			s.peers[l.Agent] = &peer{site: site, conn: l.Conn}
		}
		s.mu.Unlock()
		s.feed(ctx, l.Agent, l.Conn, Holds{Mark: l.Held, Rejected: l.Rejected, Head: head})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for agent, p := range s.peers {
		if p.site == site && !stands(all, agent, p.conn) {
			delete(s.peers, agent)
		}
	}
}

func stands(all []Linked, agent domain.AgentID, conn domain.ConnID) bool {
	for _, l := range all {
		if l.Agent == agent && l.Conn == conn {
			return true
		}
	}
	return false
}
