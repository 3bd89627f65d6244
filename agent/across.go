package agent

import (
	"context"
	"slices"
	"time"

	"vestibule/agent/peer"
	"vestibule/agent/peer/path"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// buildPeers makes the way to other agents of the site.
func (h *house) buildPeers() {
	a := h.agent
	h.peers = peer.New(peer.Config{
		Agent: h.id.Agent, Prover: prover{a}, Member: h.member, Now: time.Now, Logger: a.part("peer"),
		Offered: func(b wire.SignalBody, t *peer.Talk) peer.Listener { return h.sip.Offered(b, t) },
	})
}

// member tells whether the document gives an agent anything to act for.
func (h *house) member(id domain.AgentID) bool {
	for _, g := range h.sync.Current().Groups {
		if slices.Contains(g.Agents, id) {
			return true
		}
	}
	return false
}

// paths is what ways for media are made with: the newest login at the TURN server.
func (h *house) paths() path.Config {
	r := h.peers.Turn()
	return path.Config{
		Turn:     path.Turn{URLs: r.URLs, User: r.User, Password: r.Password},
		TurnOnly: h.agent.cfg.TurnOnly, Logger: h.agent.part("path"),
	}
}

// prover is the stored identity; a renewal changes it.
type prover struct{ a *Agent }

// Prove implements peer.Prover.
func (p prover) Prove(purpose string, message []byte) ([]byte, [][]byte, error) {
	id, have, err := p.a.store.Identity(context.Background())
	if err != nil {
		return nil, nil, err
	}
	if !have {
		return nil, nil, fault.New(fault.Unauthenticated, "The agent belongs to nobody.")
	}
	signature, err := id.Prove(purpose, message)
	return signature, id.Chain, err
}

// Proved implements peer.Prover.
func (p prover) Proved(chain [][]byte, purpose string, message, signature []byte) (domain.AgentID, error) {
	id, have, err := p.a.store.Identity(context.Background())
	if err != nil || !have {
		return domain.AgentID{}, fault.New(fault.Unauthenticated, "The agent belongs to nobody.")
	}
	return id.Proved(chain, purpose, message, signature, p.a.floor.Now())
}
