package configsync

import (
	"context"
	"crypto/hpke"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Session is an accepted connection to the cloud. It is an alias so that every job names the same type without knowing the link.
type Session = interface {
	Conn() domain.ConnID
	// Send checks the size and queues a message; an error means that it did not leave.
	Send(kind wire.Kind, body any) error
	// Reconnect ends this connection.
	Reconnect(why string)
	// CloudTime estimates the cloud's clock with its error bound; false while it is not known.
	CloudTime() (at time.Time, bound time.Duration, ok bool)
}

// Log takes events; the outbox is one.
type Log interface {
	Append(ctx context.Context, kind domain.EventKind, body any) error
}

// The guard against a version that crashes the agent: three starts within ten minutes.
const (
	crashStarts = 3
	crashWindow = 10 * time.Minute
)

// goodAfter is how long a version must run before it is the one to fall back to.
const goodAfter = 20 * time.Second

// Config is what a Sync needs. Everything but Wall, GoodAfter and Logger is required.
type Config struct {
	Shelf     Shelf
	Log       Log
	Key       func(ctx context.Context) (domain.AgentID, hpke.PrivateKey, error) // of the identity; asked per payload
	Clock     clock.Clock                                                        // monotonic
	Wall      func() time.Time                                                   // for the crash guard; nil: Clock.Now
	GoodAfter time.Duration
	Logger    *slog.Logger
}

// Sync holds the document in force and follows the cloud's.
type Sync struct {
	cfg Config
	log *slog.Logger

	view   atomic.Pointer[desired.View]
	nudged chan struct{}
	inbox  chan Input

	mu       sync.Mutex // guards everything below; never held while the disk or the link is waited for, except in take
	doc      *desired.Document
	held     Held
	state    State
	session  Session
	receipts *receipts
	unsaved  map[domain.DeviceID]bool
	change   *change
	watchers []func(*desired.View)
	goodAt   time.Time
}

// change is the newest beginning or end of a session that the loop has not taken yet; session nil: the end.
type change struct {
	session Session
	head    Head
}

// New reads the document from the disk, counts the start and, when this version has crashed the agent too often, goes back to
// the last good one. After New, Current answers.
func New(ctx context.Context, cfg Config) (*Sync, error) {
	if cfg.Wall == nil {
		cfg.Wall = cfg.Clock.Now
	}
	if cfg.GoodAfter == 0 {
		cfg.GoodAfter = goodAfter
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Sync{cfg: cfg, log: cfg.Logger, nudged: make(chan struct{}, 1), inbox: make(chan Input, 64), unsaved: map[domain.DeviceID]bool{}}
	stored, err := cfg.Shelf.Receipts(ctx)
	if err != nil {
		return nil, err
	}
	s.receipts = newReceipts(stored)
	return s, s.load(ctx)
}

func (s *Sync) load(ctx context.Context) error {
	held, doc, err := s.cfg.Shelf.Document(ctx)
	if err != nil {
		return err
	}
	var view *desired.View
	if held.Version != held.Good {
		now := s.cfg.Wall()
		starts, err := s.cfg.Shelf.NoteStart(ctx, held.Version, now, now.Add(-crashWindow))
		if err != nil {
			return err
		}
		broken := starts >= crashStarts
		if view, err = desired.Read(doc, held.Version); err != nil {
			s.log.Error("the stored configuration cannot be read", logkey.Version, held.Version, logkey.Err, err)
			broken = true
		}
		if broken {
			if held, doc, err = s.fallBack(ctx, held.Version); err != nil {
				return err
			}
			view = nil
		}
	}
	if view == nil {
		if view, err = desired.Read(doc, held.Version); err != nil {
			return err
		}
	}
	s.held, s.doc = held, doc
	s.state.Held, s.state.Rejected = Head{held.Version, held.Hash}, held.Rejected
	s.view.Store(view)
	s.goodAt = s.cfg.Clock.Now().Add(s.cfg.GoodAfter)
	return nil
}

// fallBack makes the last good version current and says so in the log.
func (s *Sync) fallBack(ctx context.Context, version uint64) (held Held, doc *desired.Document, err error) {
	s.log.Error("this version keeps crashing the agent: back to the last good one", logkey.Version, version)
	err = s.cfg.Shelf.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Shelf.FallBack(ctx); err != nil {
			return err
		}
		if held, doc, err = s.cfg.Shelf.Document(ctx); err != nil {
			return err
		}
		return s.cfg.Log.Append(ctx, domain.EventConfig, domain.NoteBody{What: "rejected", Version: version, Detail: "crashed"})
	})
	return held, doc, err
}

// Current is the document in force; never nil. It is read by any goroutine and changed by none.
func (s *Sync) Current() *desired.View { return s.view.Load() }

// OnChange has f called with every new document, one after the other, soon after it is in force. f must not wait.
func (s *Sync) OnChange(f func(*desired.View)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watchers = append(s.watchers, f)
}

// Subscribe gives a channel that has a token after every change.
func (s *Sync) Subscribe() <-chan struct{} {
	c := make(chan struct{}, 1)
	s.OnChange(func(*desired.View) {
		select {
		case c <- struct{}{}:
		default:
		}
	})
	return c
}

// Held tells which version is on the disk and which is refused.
func (s *Sync) Held() (version uint64, hash desired.Hash, rejected uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held.Version, s.held.Hash, s.held.Rejected
}

// Repairs counts how often the cloud and this agent had one version and two hashes. It must stay 0.
func (s *Sync) Repairs() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.Repairs
}

// Report takes what a device has of the document: stored, and told to the cloud. It does not wait.
func (s *Sync) Report(d wire.DeviceReport) {
	s.mu.Lock()
	if s.receipts.set(d) {
		s.unsaved[d.DeviceID] = true
	}
	s.mu.Unlock()
	s.nudge()
}

// ReportTrunk tells the cloud how it stands with the trunk of the site. It does not wait.
func (s *Sync) ReportTrunk(t wire.TrunkReport) {
	s.mu.Lock()
	s.receipts.trunk.set(t)
	s.mu.Unlock()
	s.nudge()
}

// ReportReach tells the cloud who is heard on which network. It does not wait.
func (s *Sync) ReportReach(r wire.Reach) {
	s.mu.Lock()
	s.receipts.reach.set(r)
	s.mu.Unlock()
	s.nudge()
}

// Receipts lists what each device has of the document, in no order.
func (s *Sync) Receipts() []wire.DeviceReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]wire.DeviceReport, 0, len(s.receipts.now))
	for _, d := range s.receipts.now {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b wire.DeviceReport) int { return slices.Compare(a.DeviceID[:], b.DeviceID[:]) })
	return out
}

// Receipt gives what a device has of the document, and what it said of itself.
func (s *Sync) Receipt(id domain.DeviceID) wire.DeviceReport {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.receipts.now[id]
}

func (s *Sync) nudge() {
	select {
	case s.nudged <- struct{}{}:
	default:
	}
}

// Opened begins a session. The present state is told before it returns, so that it goes out before anything else.
func (s *Sync) Opened(session Session, w wire.Welcome) {
	s.mu.Lock()
	s.change = &change{session, Head{w.Config, w.ConfigHash}}
	s.session = session
	s.receipts.begin(session.Conn(), w.Told)
	s.tell(session)
	s.mu.Unlock()
	s.nudge()
}

// Closed ends the session.
func (s *Sync) Closed() {
	s.mu.Lock()
	s.change, s.session = &change{}, nil
	s.mu.Unlock()
	s.nudge()
}

// Received takes the messages about the configuration. When the loop is behind, a message is dropped: each comes again.
func (s *Sync) Received(e wire.Envelope) {
	var in Input
	var err error
	switch e.Kind {
	case wire.KindAnnounce:
		var a wire.Announce
		a, err = wire.Body[wire.Announce](e)
		in = Announced{a}
	case wire.KindChunk:
		var c wire.Chunk
		c, err = wire.Body[wire.Chunk](e)
		in = Came{c}
	case wire.KindBeatAck:
		var b wire.BeatAck
		b, err = wire.Body[wire.BeatAck](e)
		in = Compared{Head{b.Config, b.ConfigHash}}
	case wire.KindReported:
		var r wire.Reported
		if r, err = wire.Body[wire.Reported](e); err == nil {
			s.mu.Lock()
			s.receipts.acknowledged(r.Seq)
			s.mu.Unlock()
			s.nudge()
			return
		}
	default:
		return
	}
	if err != nil {
		s.log.Warn("a message about the configuration cannot be read", logkey.Kind, e.Kind.String(), logkey.Err, err)
		return
	}
	select {
	case s.inbox <- in:
	default:
	}
}
