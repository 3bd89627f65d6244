package desiredstate

import (
	"context"
	"time"

	"vestibule/cloud/reach"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Report stores where an agent stands; the answer is sent after commit. One that comes after a newer one, doubled or late, changes nothing.
func (s *Service) Report(ctx context.Context, agent domain.AgentID, conn domain.ConnID, r wire.Report) (wire.Reported, error) {
	if s.stale(agent, conn, r.Seq) {
		return wire.Reported{Seq: r.Seq}, nil
	}
	held := Mark{Version: r.Version, Hash: r.Hash}
	site, head, err := s.headOf(ctx, agent)
	if err != nil {
		return wire.Reported{}, err
	}
	in, news := s.judged(agent, conn, site, head, held, &r.Rejected)
	changed, after, err := s.store(ctx, agent, r, wire.Told(conn, r.Seq), func(ctx context.Context) (time.Duration, error) {
		if !news {
			return 0, nil
		}
		return s.Store.SaveHeld(ctx, agent, held, r.Rejected)
	})
	if err != nil {
		return wire.Reported{}, err
	}
	s.held(after)
	s.feed(ctx, agent, conn, in)
	s.measure(changed)
	if err := s.showReceipts(ctx, agent, changed); err != nil {
		s.Logger.ErrorContext(ctx, "receipts are not shown", logkey.Agent, agent, logkey.Err, err)
	}
	if err := s.showTrunk(ctx, agent, r.Trunk); err != nil {
		s.Logger.ErrorContext(ctx, "the trunk is not shown", logkey.Agent, agent, logkey.Err, err)
	}
	if err := s.showReach(ctx, agent, r.Reach); err != nil {
		s.Logger.ErrorContext(ctx, "who is heard is not shown", logkey.Agent, agent, logkey.Err, err)
	}
	s.took(agent, conn, r.Seq)
	return wire.Reported{Seq: r.Seq}, nil
}

// store keeps everything of a report in one transaction: a welcome that names it vouches for all of it.
func (s *Service) store(ctx context.Context, agent domain.AgentID, r wire.Report, told uint64, hold func(ctx context.Context) (time.Duration, error)) (changed []Receipt, after time.Duration, err error) {
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		var err error
		if changed, err = s.Store.SaveReports(ctx, agent, r.Devices, r.Full); err != nil {
			return err
		}
		// Edits lock their site before they touch its agents.
		if err := s.pass(ctx, agent, r.Devices); err != nil {
			return err
		}
		if after, err = hold(ctx); err != nil {
			return err
		}
		if r.Trunk != nil {
			if err := s.Store.SaveTrunk(ctx, agent, *r.Trunk); err != nil {
				return err
			}
		}
		if r.Reach != nil {
			if err := s.Store.SaveReach(ctx, agent, reach.Read(*r.Reach)); err != nil {
				return err
			}
		}
		return s.Store.SaveTold(ctx, agent, told)
	})
	return changed, after, err
}

func (s *Service) measure(changed []Receipt) {
	for _, r := range changed {
		if s.Meter != nil && r.After > 0 {
			s.Meter.Applied(r.After)
		}
	}
}

// pass tells what was reported of devices to those who act on it.
func (s *Service) pass(ctx context.Context, agent domain.AgentID, reports []wire.DeviceReport) error {
	if s.Told == nil || len(reports) == 0 {
		return nil
	}
	site, err := s.siteOf(ctx, agent)
	if err != nil {
		return err
	}
	return s.Told(ctx, site, reports)
}

// stale tells whether a newer report of the connection is stored.
func (s *Service) stale(agent domain.AgentID, conn domain.ConnID, seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[agent]
	return p != nil && p.conn == conn && seq < p.reported
}

func (s *Service) took(agent domain.AgentID, conn domain.ConnID, seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.peers[agent]; p != nil && p.conn == conn {
		p.reported = max(p.reported, seq)
	}
}

// showTrunk tells portals that an agent said something new of the trunk; who may see it asks for it.
func (s *Service) showTrunk(ctx context.Context, agent domain.AgentID, told *wire.TrunkReport) error {
	if s.Live == nil || told == nil {
		return nil
	}
	site, err := s.siteOf(ctx, agent)
	if err == nil {
		s.Live.Publish(site, "trunk", TrunkTold{Agent: agent})
	}
	return err
}

// showReach tells portals that an agent hears others than before; who may see it asks for it.
func (s *Service) showReach(ctx context.Context, agent domain.AgentID, told *wire.Reach) error {
	if s.Live == nil || told == nil {
		return nil
	}
	site, err := s.siteOf(ctx, agent)
	if err == nil {
		s.Live.Publish(site, "reach", ReachTold{Agent: agent})
	}
	return err
}

func (s *Service) showReceipts(ctx context.Context, agent domain.AgentID, changed []Receipt) error {
	if s.Live == nil || len(changed) == 0 {
		return nil
	}
	site, head, err := s.headOf(ctx, agent)
	if err != nil {
		return err
	}
	held, err := s.Store.HeldBy(ctx, site)
	if err != nil {
		return err
	}
	for _, r := range changed {
		s.Live.Publish(site, "receipt", r.against(head.Version, held[r.Agent]))
	}
	return nil
}
