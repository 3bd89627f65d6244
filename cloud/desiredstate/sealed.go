package desiredstate

import (
	"context"
	"crypto/sha256"
	"sync"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// Payload is what turns version From, zero for none, into Head, sealed for one agent.
type Payload struct {
	From  uint64
	Head  Mark
	Packs bool     // written in packed form
	Whole [32]byte // SHA-256 of Data, the name under which it is pulled
	Data  []byte
}

// payload is one that is kept.
type payload struct {
	Payload
	agent domain.AgentID
	used  uint64
}

// sealed remembers payloads while agents pull them: sealing the same again gives other bytes.
type sealed struct {
	mu    sync.Mutex
	list  []*payload
	bytes int
	turn  uint64
}

// keepSealed bounds the memory of payloads, in bytes; the least recently used goes first.
const keepSealed = 64 << 20

func newSealed() *sealed { return &sealed{} }

func (s *sealed) search(fits func(*payload) bool) *payload {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.list {
		if fits(p) {
			s.turn++
			p.used = s.turn
			return p
		}
	}
	return nil
}

// find gives the payload an agent is pulling.
func (s *sealed) find(agent domain.AgentID, whole [32]byte) *payload {
	return s.search(func(p *payload) bool { return p.agent == agent && p.Whole == whole })
}

// of gives the payload for an agent between two versions.
func (s *sealed) of(agent domain.AgentID, from uint64, packs bool, head Mark) *payload {
	return s.search(func(p *payload) bool { return p.agent == agent && p.From == from && p.Packs == packs && p.Head == head })
}

func (s *sealed) put(p *payload) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn++
	p.used = s.turn
	s.list = append(s.list, p)
	s.bytes += len(p.Data)
	for s.bytes > keepSealed && len(s.list) > 1 {
		oldest := 0
		for i, q := range s.list {
			if q.used < s.list[oldest].used {
				oldest = i
			}
		}
		s.bytes -= len(s.list[oldest].Data)
		s.list = append(s.list[:oldest], s.list[oldest+1:]...)
	}
}

// payload seals what turns version from into the head, in a form that the agent reads; from becomes 0 when only a snapshot can.
func (s *Service) payload(ctx context.Context, agent domain.AgentID, from uint64, packs bool) (*payload, error) {
	key, err := s.keyOf(ctx, agent)
	if err != nil {
		return nil, err
	}
	var delta desired.Delta
	var head Mark
	var kept *payload
	err = s.Store.InTx(ctx, func(ctx context.Context) error {
		// The lock keeps head, hashes and entities of one version.
		if head, err = s.Store.LockHead(ctx, key.Site); err != nil {
			return err
		}
		if head.Version == 0 {
			return fault.New(fault.NotFound, "The site has no document.")
		}
		if kept = s.sealed.of(agent, from, packs, head); kept != nil {
			return nil
		}
		if delta, err = s.delta(ctx, key.Site, from, head); err != nil || delta.From == from {
			return err
		}
		kept = s.sealed.of(agent, delta.From, packs, head)
		return nil
	})
	if err != nil || kept != nil {
		return kept, err
	}
	size := 0
	for _, op := range delta.Ops {
		size += len(op.Body) + 32
	}
	if size > wire.MaxSnapshot {
		return nil, fault.New(fault.Limit, "The document of site %s is over %d bytes.", key.Site, wire.MaxSnapshot)
	}
	data, err := wire.SealConfig(key.Public, agent, delta, packs, s.documents.get(key.Site, head))
	if err != nil {
		return nil, err
	}
	p := &payload{agent: agent, Payload: Payload{From: delta.From, Head: head, Packs: packs, Whole: sha256.Sum256(data), Data: data}}
	s.sealed.put(p)
	return p, s.share(ctx, p)
}

// delta composes what turns version from into head.
func (s *Service) delta(ctx context.Context, site domain.SiteID, from uint64, head Mark) (desired.Delta, error) {
	d := desired.Delta{To: head.Version, ToHash: head.Hash}
	if from != 0 && from < head.Version {
		hash, ok, err := s.Store.HashAt(ctx, site, from)
		if err != nil {
			return d, err
		}
		if ok {
			d.From, d.FromHash = from, hash
			if d.Ops, err = s.Store.OpsSince(ctx, site, from); err != nil {
				return d, err
			}
			d.Ops, err = each(site, d.Ops, s.Sealer.Open)
			return d, err
		}
	}
	doc, err := s.document(ctx, site, head)
	if err != nil {
		return d, err
	}
	d.Ops = desired.Snapshot(doc)
	return d, nil
}
