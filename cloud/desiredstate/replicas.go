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

// Links is what replicas know together.
type Links interface {
	// Linked gives the agents of a site whose connections stand.
	Linked(ctx context.Context, site domain.SiteID) ([]Linked, error)
	// SavePayload keeps what an agent pulls in the place of what it pulled before; ReadPayload gives that, ok when it is kept under this name.
	SavePayload(ctx context.Context, agent domain.AgentID, p Payload) error
	ReadPayload(ctx context.Context, agent domain.AgentID, whole [32]byte) (p Payload, ok bool, err error)
}

// share lets every replica answer for a payload of many chunks: each chunk is asked for by itself, and sealing again would begin anew.
func (s *Service) share(ctx context.Context, p *payload) error {
	if s.Links == nil || chunks(len(p.Data)) < 2 {
		return nil
	}
	return s.Links.SavePayload(ctx, p.agent, p.Payload)
}

// pulled gives the payload that an agent is pulling, whichever replica sealed it; nil when it is no longer kept.
func (s *Service) pulled(ctx context.Context, agent domain.AgentID, whole [32]byte) *payload {
	if p := s.sealed.find(agent, whole); p != nil || s.Links == nil || whole == [32]byte{} {
		return p
	}
	kept, ok, err := s.Links.ReadPayload(ctx, agent, whole)
	if err != nil {
		s.Logger.ErrorContext(ctx, "what an agent pulls cannot be read", logkey.Agent, agent, logkey.Err, err)
	}
	if !ok {
		return nil
	}
	p := &payload{agent: agent, Payload: kept}
	s.sealed.put(p)
	return p
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
