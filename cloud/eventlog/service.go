package eventlog

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"vestibule/cloud/audit"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Stored is an event as it lies in the database.
type Stored struct {
	Site      domain.SiteID
	Agent     domain.AgentID
	Epoch     domain.EpochID
	Stream    domain.Stream
	Received  time.Time
	Device    domain.DeviceID
	Apartment domain.ApartmentID
	Names     []byte // CBOR of Names as they were on arrival
	Row       wire.Row
}

// RelayKey names one relay of a device.
type RelayKey struct {
	Device domain.DeviceID
	Number int
}

// Names are words for ids.
type Names struct {
	Devices    map[domain.DeviceID]string
	Apartments map[domain.ApartmentID]string
	Relays     map[RelayKey]string
}

// Standing is how a found device stands to its site (EDGE-04).
type Standing string

// Standings. Only a device that is ours is ever configured, called or controlled. Elsewhere tells nothing more: whose it is, is not said.
const (
	Ours         Standing = "ours"
	Available    Standing = "available"    // in the MAC library of the site's installer, and free
	Unregistered Standing = "unregistered" // in no library
	Elsewhere    Standing = "elsewhere"    // another site or another owner has its MAC
)

// Candidate is a device that an agent found on its LAN. Its JSON is the API's.
type Candidate struct {
	MAC      domain.MAC      `json:"mac"`
	Model    string          `json:"model,omitempty"`
	Firmware string          `json:"firmware,omitempty"`
	Address  string          `json:"address"`
	Service  string          `json:"service,omitempty"`
	FoundAt  time.Time       `json:"found_at"`
	Agent    domain.AgentID  `json:"agent_id"`
	Standing Standing        `json:"standing" enum:"ours,available,unregistered,elsewhere" doc:"ours: a device of the site; available: in the installer's MAC library and free; unregistered: in no library; elsewhere: another site or owner has the MAC."`
	Device   domain.DeviceID `json:"device_id,omitzero" doc:"The device that it is, when it is ours and the caller may see it."`
	Name     string          `json:"device_name,omitempty"`
}

// Store keeps events and cursors. Every method joins the transaction of its context.
type Store interface {
	audit.Recorder
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
	// Patiently marks the transactions of a context as such that nobody waits for: they let others go first.
	Patiently(ctx context.Context) context.Context
	// LockCursor reads a cursor, zero when new, and the site of its agent, and locks the cursor until the transaction ends; NotFound for an agent that does not
	// exist.
	LockCursor(ctx context.Context, agent domain.AgentID, epoch domain.EpochID, stream domain.Stream) (domain.SiteID, Cursor, error)
	// SaveCursor moves a cursor and keeps what its agent signed at its end, unless that is nil; the newest of a block of numbers stays.
	SaveCursor(ctx context.Context, site domain.SiteID, agent domain.AgentID, epoch domain.EpochID, stream domain.Stream, c Cursor, signed *wire.Checkpoint) error
	Acked(ctx context.Context, agent domain.AgentID, epoch domain.EpochID) (audit, status uint64, err error)
	// DigestAt gives the digest of a stored row, a dead one too; zero and true for number 0.
	DigestAt(ctx context.Context, agent domain.AgentID, epoch domain.EpochID, stream domain.Stream, seq uint64) ([32]byte, bool, error)
	InsertEvents(ctx context.Context, rows []Stored) error
	InsertDead(ctx context.Context, site domain.SiteID, agent domain.AgentID, epoch domain.EpochID, stream domain.Stream, at time.Time, dead []Dead) error
	InsertCalls(ctx context.Context, calls []CallLine) error
	NamesOf(ctx context.Context, site domain.SiteID, devices []domain.DeviceID, apartments []domain.ApartmentID) (Names, error)
	PutCandidate(ctx context.Context, site domain.SiteID, c Candidate) error
	DropCandidate(ctx context.Context, site domain.SiteID, mac domain.MAC) error
	PutBoardState(ctx context.Context, site domain.SiteID, state BoardState) error

	// For a person: NotFound for a site that the caller may not see.
	SeeSite(ctx context.Context, site domain.SiteID) error
	Events(ctx context.Context, site domain.SiteID, q Query, after Position) ([]Stored, error)
	Calls(ctx context.Context, site domain.SiteID, q CallQuery) (CallList, error)
	// Call gives a line of the call history and its row of the log.
	Call(ctx context.Context, site domain.SiteID, id domain.CallID) (Call, Stored, error)
	// Candidates lists found devices with their standing, the newest first.
	Candidates(ctx context.Context, site domain.SiteID) ([]Candidate, error)
	BoardStates(ctx context.Context, site domain.SiteID) ([]BoardState, error)
	Chains(ctx context.Context, site domain.SiteID) ([]ChainKey, error)
	ChainRows(ctx context.Context, key ChainKey, after uint64, limit int) ([]Link, error)
	// Checkpoints gives those of a chain in the order of their numbers.
	Checkpoints(ctx context.Context, key ChainKey) ([]wire.Checkpoint, error)
	// Resets tells from the audit which homes of a site were reset, by whom and when, oldest first.
	Resets(ctx context.Context, site domain.SiteID) ([]Reset, error)
}

// Keys knows the certificates that agents had. Vouches gives a function that tells whether an agent's key, of now or of earlier, signed a message.
type Keys interface {
	Vouches(ctx context.Context, agent domain.AgentID) (func(purpose string, message, signature []byte) bool, error)
}

// Commands hears the results of commands that arrive as audit rows: the direct message may have been lost. Result joins the transaction of its context.
type Commands interface {
	Result(ctx context.Context, agent domain.AgentID, r wire.Result) error
}

// Live is the stream to portals.
type Live interface {
	Publish(site domain.SiteID, kind string, data any)
}

// Time is the database's time with an error bound.
type Time interface {
	Now() (time.Time, time.Duration)
}

// Meter counts what the log takes: rows of a batch by what became of them, and how long it took to its commit.
type Meter interface {
	Rows(stored, doubled, quarantined int, took time.Duration)
}

// Config is what the service stands on. Commands and Meter may be nil. Also, when set, hears of new rows in the transaction that stores them. Without Keys
// checkpoints are kept and not judged.
type Config struct {
	Keys     Keys
	Also     func(ctx context.Context, site domain.SiteID, rows []Stored) error
	Store    Store
	Commands Commands
	Live     Live
	Clock    Time
	Meter    Meter
	Logger   *slog.Logger
	AtOnce   int     // batches of backlogs that the hub lets be at work at the same time; 0: one
	Part     int     // rows of a backlog in one transaction: who presses a button waits for no more; 0: the whole batch
	Shelf    Shelf   // of rows that leave when their term is over; nil: none has one
	KeepDays int     // how long rows are kept at most, and where a site says nothing; 0: for ever
	Archive  Archive // nil: what leaves is gone
}

// Service is the log. Its methods may be called by any goroutine.
type Service struct {
	Config
	turns turns
}

// New makes the service.
func New(cfg Config) *Service {
	cfg.Logger = cfg.Logger.With(logkey.Component, "eventlog")
	return &Service{Config: cfg, turns: turns{atOnce: max(1, cfg.AtOnce)}}
}

// Take stores a batch and gives the acknowledgement, which may be sent once Take has returned without error. A batch is one transaction; one of a backlog is
// several when Part says so.
func (s *Service) Take(ctx context.Context, agent domain.AgentID, b wire.Events) (wire.Ack, error) {
	if b.Epoch.IsZero() || b.Stream != domain.StreamAudit && b.Stream != domain.StreamStatus || len(b.Rows) == 0 || len(b.Rows) > wire.MaxBatchRows {
		return wire.Ack{}, fault.New(fault.Invalid, "This is not a batch of events.")
	}
	began, _ := s.Clock.Now()
	more, most := backlog(b), wire.MaxBatchRows
	rested := s.turns.rest(ctx, agent, more, began)
	if more {
		ctx, most = s.Store.Patiently(ctx), cmp.Or(s.Part, most)
	}
	var ack wire.Ack
	var stored, doubled, dead int
	for part := range slices.Chunk(b.Rows, most) {
		some := b
		if some.Rows = part; part[len(part)-1].Seq != b.Rows[len(b.Rows)-1].Seq {
			some.Checkpoint = nil // it is about the last row
		}
		out, err := s.take(ctx, agent, some)
		if err != nil {
			return wire.Ack{}, fmt.Errorf("take events of agent %s: %w", agent, err)
		}
		stored, doubled, dead = stored+len(out.Insert), doubled+out.Doubled, dead+len(out.Dead)
		out.Ack.Rejected = append(ack.Rejected, out.Ack.Rejected...)
		if ack = out.Ack; ack.Through < part[len(part)-1].Seq {
			break // nothing from there on is taken
		}
	}
	ended, _ := s.Clock.Now()
	if s.Meter != nil {
		s.Meter.Rows(stored, doubled, dead, ended.Sub(began)-rested)
	}
	ack.WaitMilli = s.turns.after(agent, more, rested, ended.Sub(began), ended).Milliseconds()
	return ack, nil
}

// take stores rows in one transaction, and tells of them when it is committed.
func (s *Service) take(ctx context.Context, agent domain.AgentID, b wire.Events) (Outcome, error) {
	var out Outcome
	var rows []Stored
	var candidates []Candidate
	var site domain.SiteID
	err := s.Store.InTx(ctx, func(ctx context.Context) error {
		of, cur, err := s.Store.LockCursor(ctx, agent, b.Epoch, b.Stream)
		if err != nil {
			return err
		}
		site = of
		var broken error
		out = Step(agent, cur, b, func(seq uint64) ([32]byte, bool) {
			digest, ok, err := s.Store.DigestAt(ctx, agent, b.Epoch, b.Stream, seq)
			if err != nil {
				broken = err
			}
			return digest, ok
		})
		if broken != nil || out.Cursor == cur {
			return broken
		}
		now, _ := s.Clock.Now()
		if rows, err = s.store(ctx, site, agent, b, out, now); err != nil {
			return err
		}
		if candidates, err = s.found(ctx, site, agent, rows, now); err != nil {
			return err
		}
		if err = s.shown(ctx, site, rows); err != nil {
			return err
		}
		if err = s.pass(ctx, agent, rows); err != nil {
			return err
		}
		return s.Store.SaveCursor(ctx, site, agent, b.Epoch, b.Stream, out.Cursor, vouched(b, out))
	})
	if err != nil {
		return out, err
	}
	s.tell(ctx, site, agent, b, out, rows, candidates)
	return out, nil
}

// vouched gives the batch's checkpoint when it is about the last row that was taken. Whether the agent really signed it is Verify's to say: evidence is kept.
func vouched(b wire.Events, out Outcome) *wire.Checkpoint {
	c := b.Checkpoint
	if c == nil || c.Seq != out.Cursor.Acked || c.Digest != out.Cursor.Digest || len(c.Signature) == 0 || len(c.Signature) > mostSignature {
		return nil
	}
	return b.Checkpoint
}

// mostSignature bounds what is kept of a signature: one by P-256 has at most 72 bytes.
const mostSignature = 256

func (s *Service) store(ctx context.Context, site domain.SiteID, agent domain.AgentID, b wire.Events, out Outcome, now time.Time) ([]Stored, error) {
	rows := make([]Stored, 0, len(out.Insert))
	var devices []domain.DeviceID
	var apartments []domain.ApartmentID
	for _, body := range out.Bodies {
		d, a := mentions(body)
		devices, apartments = append(devices, d...), append(apartments, a...)
	}
	names, err := s.Store.NamesOf(ctx, site, devices, apartments)
	if err != nil {
		return nil, err
	}
	for i, row := range out.Insert {
		device, apartment := about(out.Bodies[i])
		kept, err := wire.Marshal(names.kept(out.Bodies[i]))
		if err != nil {
			return nil, err
		}
		rows = append(rows, Stored{
			Site: site, Agent: agent, Epoch: b.Epoch, Stream: b.Stream, Received: now,
			Device: device, Apartment: apartment, Names: kept, Row: row,
		})
	}
	if err := s.Store.InsertEvents(ctx, rows); err != nil {
		return nil, err
	}
	if err := s.history(ctx, rows, out.Bodies, names); err != nil {
		return nil, err
	}
	if s.Also != nil && len(rows) > 0 {
		if err := s.Also(ctx, site, rows); err != nil {
			return nil, err
		}
	}
	return rows, s.Store.InsertDead(ctx, site, agent, b.Epoch, b.Stream, now, out.Dead)
}

// found keeps the list of devices that stand on the LAN. How they stand to the site is seen when it is read: libraries and lists change.
func (s *Service) found(ctx context.Context, site domain.SiteID, agent domain.AgentID, rows []Stored, now time.Time) ([]Candidate, error) {
	var out []Candidate
	for _, r := range rows {
		if r.Row.Kind != domain.EventDiscovery || len(r.Row.Body) == 0 {
			continue
		}
		body, err := decode(r.Row.Kind, r.Row.Body)
		b, ok := body.(domain.DiscoveryBody)
		if err != nil || !ok {
			continue
		}
		mac, err := domain.ParseMAC(string(b.MAC))
		if err != nil {
			continue
		}
		if b.Lost {
			if err := s.Store.DropCandidate(ctx, site, mac); err != nil {
				return nil, err
			}
			continue
		}
		c := Candidate{MAC: mac, Model: b.Model, Firmware: b.Firmware, Address: b.Address, Service: b.Service, FoundAt: now, Agent: agent}
		if err := s.Store.PutCandidate(ctx, site, c); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// tell shows what was stored, after commit.
func (s *Service) tell(ctx context.Context, site domain.SiteID, agent domain.AgentID, b wire.Events, out Outcome, rows []Stored, candidates []Candidate) {
	for _, d := range out.Dead {
		s.Logger.WarnContext(ctx, "row not taken", logkey.Site, site, logkey.Agent, agent, logkey.Epoch, b.Epoch,
			logkey.Stream, b.Stream, logkey.Seq, d.Row.Seq, logkey.Reason, d.Reason)
	}
	for _, r := range rows {
		if s.Live != nil {
			s.Live.Publish(site, "event", seen{r})
		}
	}
	for _, c := range candidates {
		if s.Live != nil {
			s.Live.Publish(site, "candidate", c)
		}
	}
}

// pass hands the results of commands on in the transaction that stores their rows: once a row is acknowledged nobody tells the result again.
func (s *Service) pass(ctx context.Context, agent domain.AgentID, rows []Stored) error {
	for _, r := range rows {
		if s.Commands == nil || r.Row.Kind != domain.EventCommand || len(r.Row.Body) == 0 {
			continue
		}
		body, err := decode(r.Row.Kind, r.Row.Body)
		b, ok := body.(domain.CommandBody)
		if err != nil || !ok {
			continue
		}
		err = s.Commands.Result(ctx, agent, wire.Result{ID: b.CommandID, Result: b.Result, Reason: b.Reason})
		if err != nil && fault.CodeOf(err) != fault.NotFound {
			return err
		}
	}
	return nil
}

// Acked tells how far an agent's streams of an epoch are stored, for its welcome.
func (s *Service) Acked(ctx context.Context, agent domain.AgentID, epoch domain.EpochID) (audit, status uint64, err error) {
	return s.Store.Acked(ctx, agent, epoch)
}
