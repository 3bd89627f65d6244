package desiredstate

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// headOf gives the head of the site of an agent.
func (s *Service) headOf(ctx context.Context, agent domain.AgentID) (domain.SiteID, Mark, error) {
	key, err := s.keyOf(ctx, agent)
	if err != nil {
		return key.Site, Mark{}, err
	}
	head, err := s.Store.ReadHead(ctx, key.Site)
	return key.Site, head, err
}

// siteOf gives the site of an agent.
func (s *Service) siteOf(ctx context.Context, agent domain.AgentID) (domain.SiteID, error) {
	key, err := s.keyOf(ctx, agent)
	return key.Site, err
}

// keyOf gives the site and the key of an agent, which never change: the database is asked once.
func (s *Service) keyOf(ctx context.Context, agent domain.AgentID) (AgentKey, error) {
	s.mu.Lock()
	key, known := s.keys[agent]
	s.mu.Unlock()
	if known {
		return key, nil
	}
	return s.readKey(ctx, agent)
}

func (s *Service) readKey(ctx context.Context, agent domain.AgentID) (AgentKey, error) {
	key, err := s.Store.AgentKey(ctx, agent)
	if err != nil {
		return key, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[agent] = AgentKey{Site: key.Site, Public: key.Public}
	return key, nil
}

// HeadFor gives version and hash of the document an agent should hold.
func (s *Service) HeadFor(ctx context.Context, agent domain.AgentID) (uint64, desired.Hash, error) {
	_, head, err := s.headOf(ctx, agent)
	return head.Version, head.Hash, err
}

// Greet gives what a welcome says of the document that an agent should hold, and names the last report of it that is stored; zero: none. One that the database has
// forgotten by a restored backup is not named.
func (s *Service) Greet(ctx context.Context, agent domain.AgentID) (version uint64, hash desired.Hash, told uint64, err error) {
	key, err := s.readKey(ctx, agent)
	if err != nil {
		return 0, hash, 0, err
	}
	head, err := s.Store.ReadHead(ctx, key.Site)
	return head.Version, head.Hash, key.Told, err
}

// Joined takes over an agent whose session stands: from now on it hears of new versions on conn. The head is read after that: who made a newer one meanwhile
// has either told the agent, or is seen here.
func (s *Service) Joined(ctx context.Context, agent domain.AgentID, conn domain.ConnID, h wire.Hello) error {
	site, err := s.siteOf(ctx, agent)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.peers[agent] = &peer{site: site, conn: conn, packs: h.Packs}
	s.mu.Unlock()
	head, err := s.Store.ReadHead(ctx, site)
	if err != nil {
		return err
	}
	s.feed(ctx, agent, conn, Holds{Mark: Mark{Version: h.Config, Hash: h.ConfigHash}, Rejected: h.Rejected, Head: head})
	return nil
}

// Left forgets an agent that is gone; a newer connection of it stays.
func (s *Service) Left(agent domain.AgentID, conn domain.ConnID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.peers[agent]; p != nil && (p.conn == conn || conn.IsZero()) {
		delete(s.peers, agent)
	}
}

// Beat compares what a heartbeat says with the head that its answer tells, and repairs.
func (s *Service) Beat(ctx context.Context, agent domain.AgentID, conn domain.ConnID, b wire.Beat, ack wire.BeatAck) error {
	key, err := s.keyOf(ctx, agent)
	if err != nil {
		return err
	}
	in, changed := s.judged(agent, conn, key.Site, Mark{Version: ack.Config, Hash: ack.ConfigHash}, Mark{Version: b.Config, Hash: b.ConfigHash}, nil)
	if changed {
		after, err := s.Store.SaveHeld(ctx, agent, in.Mark, in.Rejected)
		if err != nil {
			return err
		}
		s.held(after)
	}
	s.feed(ctx, agent, conn, in)
	return nil
}

// judged puts what an agent says it holds beside the head, and tells whether it says something new; a nil rejected leaves that as it was.
func (s *Service) judged(agent domain.AgentID, conn domain.ConnID, site domain.SiteID, head, held Mark, rejected *uint64) (in Holds, changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[agent]
	if p == nil || p.conn != conn {
		p = &peer{site: site, conn: conn}
		s.peers[agent] = p
	}
	changed = p.Held != held || rejected != nil && *rejected != p.Rejected
	in = Holds{Mark: held, Rejected: p.Rejected, Head: head}
	if rejected != nil {
		in.Rejected = *rejected
	}
	return in, changed
}

// held notes how long after an edit an agent held it.
func (s *Service) held(after time.Duration) {
	if s.Meter != nil && after > 0 {
		s.Meter.Held(after)
	}
}

// feed steps one peer and does what follows.
func (s *Service) feed(ctx context.Context, agent domain.AgentID, conn domain.ConnID, in Input) {
	now, _ := s.Clock.Now()
	s.mu.Lock()
	p := s.peers[agent]
	if p == nil || p.conn != conn {
		s.mu.Unlock()
		return
	}
	var effects []Effect
	p.Peer, effects = Step(p.Peer, in, now)
	site := p.site
	s.mu.Unlock()
	for _, e := range effects {
		switch e := e.(type) {
		case Mismatch:
			s.hashes.Add(1)
			s.Logger.ErrorContext(ctx, "same version, other hash", logkey.Site, site, logkey.Agent, agent, logkey.Version, e.Held.Version, logkey.Hash, e.Held.Hash)
		case Announce:
			if err := s.announce(ctx, agent, conn, e); err != nil && fault.CodeOf(err) != fault.Offline {
				s.Logger.ErrorContext(ctx, "announcement is not sent", logkey.Site, site, logkey.Agent, agent, logkey.Version, e.Head.Version, logkey.Err, err)
			}
		}
	}
}

// announce sends the head, with the delta inside when it is small.
func (s *Service) announce(ctx context.Context, agent domain.AgentID, conn domain.ConnID, e Announce) error {
	msg := wire.Announce{Version: e.Head.Version, Hash: e.Head.Hash}
	if e.From != 0 {
		payload, err := s.payload(ctx, agent, e.From, s.packs(agent, conn))
		if err != nil {
			return err
		}
		if payload.From == e.From && len(payload.Data) <= wire.MaxInline {
			msg = wire.Announce{Version: payload.Head.Version, Hash: payload.Head.Hash, From: payload.From, Sealed: payload.Data}
		}
	}
	data, err := wire.Seal(wire.KindAnnounce, conn, msg)
	if err != nil {
		return err
	}
	s.sent.Add(1)
	return s.Sender.Publish(agent, conn, data)
}

// packs tells whether the agent reads packed payloads. A replica that has not heard its hello takes the older form, which every agent reads.
func (s *Service) packs(agent domain.AgentID, conn domain.ConnID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.peers[agent]
	return p != nil && p.conn == conn && p.packs
}

// Pull answers one chunk. A payload that is no longer kept is answered with the first chunk of a new one, whose Whole tells the agent.
func (s *Service) Pull(ctx context.Context, agent domain.AgentID, conn domain.ConnID, p wire.Pull) (wire.Chunk, error) {
	s.feed(ctx, agent, conn, Asked{})
	payload := s.pulled(ctx, agent, p.Whole)
	if payload == nil || p.Index == 0 || p.Index >= chunks(len(payload.Data)) {
		p.Index = 0
		var err error
		if payload, err = s.payload(ctx, agent, p.From, p.Packs); err != nil {
			return wire.Chunk{}, err
		}
	}
	start := int(p.Index) * wire.MaxChunk
	end := min(start+wire.MaxChunk, len(payload.Data))
	return wire.Chunk{
		Version: payload.Head.Version, From: payload.From, Index: p.Index, Count: chunks(len(payload.Data)),
		Whole: payload.Whole, Data: payload.Data[start:end],
	}, nil
}

// Run sends announcements when heads move and repeats them, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.signal:
			s.Flush(ctx)
		case <-tick.C:
			s.Repeat(ctx)
		}
	}
}

// member is one connected agent of a site.
type member struct {
	agent domain.AgentID
	conn  domain.ConnID
}

// inOrder sorts members, so that the same state always leads to the same messages in the same order.
func inOrder(members []member) []member {
	slices.SortFunc(members, func(a, b member) int { return bytes.Compare(a.agent[:], b.agent[:]) })
	return members
}

// Flush tells the agents of every site whose head moved; Run calls it when Announce was called.
func (s *Service) Flush(ctx context.Context) {
	s.mu.Lock()
	dirty := s.dirty
	s.dirty = map[domain.SiteID]bool{}
	members := map[domain.SiteID][]member{}
	for agent, p := range s.peers {
		if dirty[p.site] {
			members[p.site] = append(members[p.site], member{agent, p.conn})
		}
	}
	s.mu.Unlock()
	for _, site := range slices.SortedFunc(maps.Keys(dirty), func(a, b domain.SiteID) int { return bytes.Compare(a[:], b[:]) }) {
		head, err := s.Store.ReadHead(ctx, site)
		if err != nil {
			s.Logger.ErrorContext(ctx, "head cannot be read", logkey.Site, site, logkey.Err, err)
			continue
		}
		if s.Live != nil {
			s.Live.Publish(site, "version", map[string]any{"version": head.Version})
		}
		s.learn(ctx, site, head)
		for _, m := range inOrder(members[site]) {
			s.feed(ctx, m.agent, m.conn, Moved{Head: head})
		}
	}
}

// Repeat lets time pass for agents whose announcement stays unanswered; Run calls it every second.
func (s *Service) Repeat(ctx context.Context) {
	now, _ := s.Clock.Now()
	s.mu.Lock()
	var late []member
	heads := map[domain.SiteID]Mark{}
	for agent, p := range s.peers {
		if at, ok := p.again(); ok && !now.Before(at) {
			late = append(late, member{agent, p.conn})
			heads[p.site] = p.Head
		}
	}
	s.mu.Unlock()
	for site, head := range heads {
		s.learn(ctx, site, head) // another replica may have heard the answer
	}
	for _, m := range inOrder(late) {
		s.feed(ctx, m.agent, m.conn, Tick{})
	}
}
