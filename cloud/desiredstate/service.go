package desiredstate

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/cloud/reach"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// KeepDeltas is from how many versions back a delta can be made; older agents pull a snapshot.
const KeepDeltas = 50

// AgentKey is what sealing for an agent and its welcome need.
type AgentKey struct {
	Site   domain.SiteID
	Public []byte // X25519, 32 bytes
	Told   uint64 // names its last report that is stored (wire.Told); zero: none
}

// Store keeps documents and receipts. Every method joins the transaction of its context.
type Store interface {
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// LockHead reads the head and locks it until the transaction ends; a site without one has version 0.
	LockHead(ctx context.Context, site domain.SiteID) (Mark, error)
	ReadHead(ctx context.Context, site domain.SiteID) (Mark, error)
	// Entities lists everything the document holds now.
	Entities(ctx context.Context, site domain.SiteID) ([]desired.Op, error)
	SaveVersion(ctx context.Context, site domain.SiteID, head Mark, ops []desired.Op, keep int) error
	// HashAt gives the hash of an older version; ok is false when it is no longer known.
	HashAt(ctx context.Context, site domain.SiteID, version uint64) (hash desired.Hash, ok bool, err error)
	OpsSince(ctx context.Context, site domain.SiteID, version uint64) ([]desired.Op, error)
	AgentKey(ctx context.Context, agent domain.AgentID) (AgentKey, error)
	// SaveHeld stores what an agent holds, and tells how long ago the version was made when the agent held an older one before; else 0.
	SaveHeld(ctx context.Context, agent domain.AgentID, held Mark, rejected uint64) (time.Duration, error)
	// SaveReports stores reports on devices of the agent's site and gives those that changed; a full report forgets the agent's other devices.
	SaveReports(ctx context.Context, agent domain.AgentID, reports []wire.DeviceReport, full bool) ([]Receipt, error)
	// SaveTold names the last report of an agent that is stored.
	SaveTold(ctx context.Context, agent domain.AgentID, told uint64) error
	// SaveTrunk stores what an agent says of the trunk of its site.
	SaveTrunk(ctx context.Context, agent domain.AgentID, t wire.TrunkReport) error
	// SaveReach stores who an agent hears on its networks.
	SaveReach(ctx context.Context, agent domain.AgentID, links []reach.Link) error

	// For a person: NotFound for a site that the caller may not see.
	SeeSite(ctx context.Context, site domain.SiteID) error
	Reports(ctx context.Context, site domain.SiteID, devices ...domain.DeviceID) ([]Receipt, error) // of all devices without any
	// WalkerBatches counts the devices of a place by how they stand; Walkers names at most so many of them, those with the most left to do at head
	// first. The agent of a walker is the one that acts for it.
	WalkerBatches(ctx context.Context, site domain.SiteID, place Place, head uint64) ([]Batch, error)
	Walkers(ctx context.Context, site domain.SiteID, place Place, head uint64, most int) ([]Walker, error)
	// HeldBy gives, for each agent of the site, the version it holds.
	HeldBy(ctx context.Context, site domain.SiteID) (map[domain.AgentID]uint64, error)
}

// Sealer encrypts what rests in the database; only the same purpose opens it.
type Sealer interface {
	Seal(purpose string, plain []byte) ([]byte, error)
	Open(purpose string, sealed []byte) ([]byte, error)
}

// Sender publishes to one connection of an agent. It may lose a message; Offline when nobody is connected.
type Sender interface {
	Publish(agent domain.AgentID, conn domain.ConnID, data []byte) error
}

// Live is the stream to portals.
type Live interface {
	Publish(site domain.SiteID, kind string, data any)
}

// Time is the database's time with an error bound.
type Time interface {
	Now() (time.Time, time.Duration)
}

// Config is what the service stands on.
type Config struct {
	Store  Store
	Sender Sender
	Sealer Sealer
	Live   Live
	Clock  Time
	Trust  desired.Trust // what agents believe in: command keys and roots
	Links  Links         // what several replicas know together; nil: this one is alone
	// Told hears of reports that are stored; nil: nobody does.
	Told   func(ctx context.Context, site domain.SiteID, reports []wire.DeviceReport) error
	Meter  Meter // nil: nobody counts
	Logger *slog.Logger
}

// Meter notes how long after an edit an agent held it, and a device had it.
type Meter interface {
	Held(after time.Duration)
	Applied(after time.Duration)
}

// Service is the one writer of documents. Its methods may be called by any goroutine.
type Service struct {
	Config
	documents documents
	sealed    *sealed
	hashes    atomic.Int64 // equal versions with different hashes
	sent      atomic.Int64

	mu     sync.Mutex
	peers  map[domain.AgentID]*peer
	keys   map[domain.AgentID]AgentKey // of who was ever connected; without Told, which changes
	dirty  map[domain.SiteID]bool
	signal chan struct{}
}

// peer is one connected agent.
type peer struct {
	Peer
	site     domain.SiteID
	conn     domain.ConnID
	packs    bool   // reads packed payloads
	reported uint64 // number of the newest report that is stored
}

// New makes the service.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "desiredstate")
	return &Service{
		Config: cfg, sealed: newSealed(), documents: documents{bySite: map[domain.SiteID]*desired.Document{}},
		peers: map[domain.AgentID]*peer{}, keys: map[domain.AgentID]AgentKey{}, dirty: map[domain.SiteID]bool{}, signal: make(chan struct{}, 1),
	}
}

// TrustOp puts what agents believe in into a site's document; fleet adds it to a new site.
func (s *Service) TrustOp() (desired.Op, error) {
	body, err := desired.Encode(s.Trust)
	return desired.Op{Section: desired.SectionTrust, Body: body}, err
}

// Bump makes the site's next version out of ops and gives its number; ops that change nothing give the number there is.
// Fleet calls it inside the transaction of the edit, so that row and version commit together.
func (s *Service) Bump(ctx context.Context, site domain.SiteID, ops []desired.Op) (uint64, error) {
	var version uint64
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		head, err := s.Store.LockHead(ctx, site)
		if err != nil {
			return err
		}
		version = head.Version
		doc, err := s.document(ctx, site, head)
		if err != nil {
			return err
		}
		next := doc.Clone()
		changes := apply(next, ops)
		if len(changes) == 0 {
			return nil
		}
		version++
		s.documents.put(site, next)
		resting, err := each(site, changes, s.Sealer.Seal)
		if err != nil {
			return err
		}
		return s.Store.SaveVersion(ctx, site, Mark{Version: version, Hash: next.Hash()}, resting, KeepDeltas)
	})
	if err != nil {
		return 0, fmt.Errorf("bump site %s: %w", site, err)
	}
	return version, nil
}

// apply changes doc and gives the last op for each entity that changed.
func apply(doc *desired.Document, ops []desired.Op) []desired.Op {
	type entity struct {
		section desired.Section
		key     desired.Key
	}
	at := map[entity]int{}
	var changes []desired.Op
	for _, op := range ops {
		if len(op.Body) == 0 {
			if !doc.Delete(op.Section, op.Key) {
				continue
			}
		} else {
			if bytes.Equal(doc.Body(op.Section, op.Key), op.Body) {
				continue
			}
			doc.Put(op.Section, op.Key, op.Body)
		}
		e := entity{op.Section, op.Key}
		if i, ok := at[e]; ok {
			changes[i] = op
			continue
		}
		at[e] = len(changes)
		changes = append(changes, op)
	}
	return changes
}

// document gives the content of head; nobody may change it.
func (s *Service) document(ctx context.Context, site domain.SiteID, head Mark) (*desired.Document, error) {
	if doc := s.documents.get(site, head); doc != nil {
		return doc, nil
	}
	ops, err := s.Store.Entities(ctx, site)
	if err != nil {
		return nil, err
	}
	if ops, err = each(site, ops, s.Sealer.Open); err != nil {
		return nil, err
	}
	doc := desired.New()
	apply(doc, ops)
	if head.Version != 0 && doc.Hash() != head.Hash {
		return nil, fault.New(fault.Internal, "The stored document of site %s is not the one of version %d.", site, head.Version)
	}
	return doc, nil
}

// secretSections hold secrets: their bodies rest sealed.
var secretSections = map[desired.Section]bool{
	desired.SectionCredentials: true, desired.SectionRegistrations: true, desired.SectionCameras: true, desired.SectionTrunk: true, desired.SectionAutoP: true,
	desired.SectionKeyrings: true,
}

// each turns the bodies that hold secrets from plain to resting or back; digests are over plain bodies.
func each(site domain.SiteID, ops []desired.Op, turn func(string, []byte) ([]byte, error)) ([]desired.Op, error) {
	out := slices.Clone(ops)
	for i, op := range out {
		if !secretSections[op.Section] || len(op.Body) == 0 {
			continue
		}
		body, err := turn("desired "+site.String()+" "+domain.DeviceID(op.Key).String(), op.Body)
		if err != nil {
			return nil, fmt.Errorf("credential of the document: %w", err)
		}
		out[i].Body = body
	}
	return out, nil
}

// documents remembers the current document of some sites; an entry counts only while its hash is the head's.
type documents struct {
	mu     sync.Mutex
	bySite map[domain.SiteID]*desired.Document
}

const keepDocuments = 32

func (d *documents) get(site domain.SiteID, head Mark) *desired.Document {
	d.mu.Lock()
	defer d.mu.Unlock()
	doc := d.bySite[site]
	if doc == nil || doc.Hash() != head.Hash {
		return nil
	}
	return doc
}

func (d *documents) put(site domain.SiteID, doc *desired.Document) {
	doc.Hash() // now, so that later readers change nothing
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.bySite) >= keepDocuments {
		for other := range d.bySite {
			delete(d.bySite, other)
			break
		}
	}
	d.bySite[site] = doc
}

// Announce tells the site's agents that its head moved. It never blocks; fleet calls it after commit.
func (s *Service) Announce(site domain.SiteID) {
	s.mu.Lock()
	s.dirty[site] = true
	s.mu.Unlock()
	s.wake()
}

func (s *Service) wake() {
	select {
	case s.signal <- struct{}{}:
	default:
	}
}

// Counters are totals since the start.
type Counters struct {
	Announced  int64 // announcements sent
	Mismatches int64 // equal versions with different hashes; stays 0
}

// Counters gives the totals.
func (s *Service) Counters() Counters {
	return Counters{Announced: s.sent.Load(), Mismatches: s.hashes.Load()}
}
