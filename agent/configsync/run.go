package configsync

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Run follows the cloud until ctx ends. An end on purpose takes the start off the crash guard's count.
func (s *Sync) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			if err := s.cfg.Shelf.ForgetStarts(context.WithoutCancel(ctx)); err != nil {
				s.log.Warn("the crash guard cannot be reset", logkey.Err, err)
			}
			return ctx.Err()
		case <-s.nudged:
		case <-timer.C:
		case in := <-s.inbox:
			s.takeChange(ctx)
			s.take(ctx, in)
		}
		if at := s.Turn(ctx); at.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(max(time.Millisecond, at.Sub(s.cfg.Clock.Now())))
		}
	}
}

// Turn does everything that is due and tells when to come again; zero when only news is worth another turn. Run is a loop
// over it; nobody calls it beside Run.
func (s *Sync) Turn(ctx context.Context) time.Time {
	s.takeChange(ctx)
	for {
		select {
		case in := <-s.inbox:
			s.take(ctx, in)
			continue
		default:
		}
		s.take(ctx, Tick{})
		s.save(ctx)
		s.good(ctx)
		s.report()
		return s.wake()
	}
}

func (s *Sync) takeChange(ctx context.Context) {
	s.mu.Lock()
	c := s.change
	s.change = nil
	s.mu.Unlock()
	if c == nil {
		return
	}
	s.take(ctx, Closed{})
	if c.session != nil {
		s.take(ctx, Opened{c.head})
	}
}

// wake is when something is due without anybody asking.
func (s *Sync) wake() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.state.Wake()
	times := []time.Time{}
	if s.session != nil {
		times = append(times, s.receipts.wake())
	}
	if s.held.Version != s.held.Good {
		times = append(times, s.goodAt)
	}
	for _, due := range times {
		if !due.IsZero() && (at.IsZero() || due.Before(at)) {
			at = due
		}
	}
	return at
}

// take runs one input and what comes of it to the end. Only the loop calls it.
func (s *Sync) take(ctx context.Context, in Input) {
	queue := []Input{in}
	for len(queue) > 0 {
		var effects []Effect
		s.mu.Lock()
		s.state, effects = Step(s.state, queue[0], s.cfg.Clock.Now())
		session := s.session
		s.mu.Unlock()
		queue = queue[1:]
		for _, e := range effects {
			switch e := e.(type) {
			case Ask:
				if session != nil {
					if err := session.Send(wire.KindPull, e.Pull); err != nil {
						s.log.Debug("a pull did not leave", logkey.Err, err)
					}
				}
			case Use:
				queue = append(queue, s.use(ctx, e))
			case Tell:
				s.mu.Lock()
				s.receipts.tell = true
				s.mu.Unlock()
			}
		}
	}
}

// use turns a payload into the document in force, or says why not.
func (s *Sync) use(ctx context.Context, e Use) Input {
	delta, err := s.open(ctx, e)
	if err != nil {
		s.log.Warn("a payload of the configuration cannot be used", logkey.Version, e.Version, logkey.Err, err)
		return Spoilt{Later: fault.CodeOf(err) == fault.Internal}
	}
	next, err := desired.Apply(s.doc, delta)
	if err != nil {
		s.log.Warn("a payload of the configuration does not fit", logkey.Version, e.Version, logkey.Err, err)
		return Spoilt{}
	}
	view, err := desired.Read(next, e.Version)
	if err == nil {
		err = checkTrust(view.Trust)
	}
	if err != nil {
		return s.reject(ctx, e.Version, err)
	}
	if err := s.store(ctx, next, view, desired.Diff(s.doc, next)); err != nil {
		s.log.Error("the configuration cannot be stored", logkey.Version, e.Version, logkey.Err, err)
		return Spoilt{Later: true}
	}
	s.publish(ctx, next, view)
	return Stored{Head{view.Version, view.Hash}}
}

func (s *Sync) open(ctx context.Context, e Use) (desired.Delta, error) {
	agent, key, err := s.cfg.Key(ctx)
	if err != nil {
		return desired.Delta{}, fault.Wrap(err, fault.Internal, "The configuration key cannot be read.")
	}
	return wire.OpenConfig(key, agent, e.From, e.Version, e.Sealed, s.doc)
}

// checkTrust refuses trust that would lock the agent out: half a key, or bytes that are no certificate.
func checkTrust(t desired.Trust) error {
	for _, key := range t.CommandKeys {
		if len(key) != ed25519.PublicKeySize {
			return fault.New(fault.Invalid, "A command key has %d bytes.", len(key))
		}
	}
	for _, der := range t.Roots {
		if _, err := x509.ParseCertificate(der); err != nil {
			return fault.Wrap(err, fault.Invalid, "A root cannot be read.")
		}
	}
	if (len(t.CommandKeys) == 0) != (len(t.Roots) == 0) {
		return fault.New(fault.Invalid, "Trust needs both roots and command keys.")
	}
	return nil
}

// reject notes a version that is what the cloud made and that this agent cannot run.
func (s *Sync) reject(ctx context.Context, version uint64, cause error) Input {
	s.log.Error("the configuration is rejected", logkey.Version, version, logkey.Err, cause)
	err := s.cfg.Shelf.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Shelf.Reject(ctx, version); err != nil {
			return err
		}
		return s.cfg.Log.Append(ctx, domain.EventConfig, domain.NoteBody{What: "rejected", Version: version, Detail: "unreadable"})
	})
	if err != nil {
		return Spoilt{Later: true}
	}
	s.mu.Lock()
	s.held.Rejected = version
	s.mu.Unlock()
	return Refused{version}
}

// store writes the version, the trust in it and the event in one transaction.
func (s *Sync) store(ctx context.Context, next *desired.Document, view *desired.View, ops []desired.Op) error {
	return s.cfg.Shelf.InTx(ctx, func(ctx context.Context) error {
		if err := s.cfg.Shelf.SaveVersion(ctx, view.Version, next.Hash(), ops); err != nil {
			return err
		}
		if len(view.Trust.Roots) > 0 {
			if err := s.cfg.Shelf.SaveTrust(ctx, view.Trust.Roots, view.Trust.CommandKeys); err != nil {
				return err
			}
		}
		return s.cfg.Log.Append(ctx, domain.EventConfig, domain.NoteBody{What: "received", Version: view.Version})
	})
}

// publish puts a stored version in force.
func (s *Sync) publish(ctx context.Context, next *desired.Document, view *desired.View) {
	s.mu.Lock()
	s.doc = next
	s.held.Version, s.held.Hash = view.Version, view.Hash
	s.goodAt = s.cfg.Clock.Now().Add(s.cfg.GoodAfter)
	s.view.Store(view)
	gone := s.receipts.prune(func(id domain.DeviceID) bool { _, ok := view.Devices[id]; return ok })
	watchers := s.watchers
	s.mu.Unlock()
	for _, id := range gone {
		if err := s.cfg.Shelf.DropReceipt(ctx, id); err != nil {
			s.log.Warn("a receipt cannot be removed", logkey.Device, id, logkey.Err, err)
		}
	}
	s.log.Info("configuration", logkey.Version, view.Version, logkey.Count, len(view.Devices))
	for _, f := range watchers {
		f(view)
	}
}

// good makes a version that has run for a while the one to fall back to.
func (s *Sync) good(ctx context.Context) {
	s.mu.Lock()
	due := s.held.Version != s.held.Good && !s.cfg.Clock.Now().Before(s.goodAt)
	s.mu.Unlock()
	if !due {
		return
	}
	err := s.cfg.Shelf.MarkGood(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.log.Warn("the version cannot be marked good", logkey.Err, err)
		s.goodAt = s.cfg.Clock.Now().Add(s.cfg.GoodAfter)
		return
	}
	s.held.Good, s.held.GoodHash = s.held.Version, s.held.Hash
}

// save writes changed receipts to the disk; what fails is tried again with the next change.
func (s *Sync) save(ctx context.Context) {
	s.mu.Lock()
	var changed []wire.DeviceReport
	for id := range s.unsaved {
		if d, ok := s.receipts.now[id]; ok {
			changed = append(changed, d)
		}
	}
	clear(s.unsaved)
	s.mu.Unlock()
	if len(changed) == 0 {
		return
	}
	err := s.cfg.Shelf.InTx(ctx, func(ctx context.Context) error {
		var errs error
		for _, d := range changed {
			errs = errors.Join(errs, s.cfg.Shelf.PutReceipt(ctx, d))
		}
		return errs
	})
	if err == nil {
		return
	}
	s.log.Warn("receipts cannot be stored", logkey.Err, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range changed {
		s.unsaved[d.DeviceID] = true
	}
}

func (s *Sync) report() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.session != nil {
		s.tell(s.session)
	}
}

// tell sends the report that is due. The caller holds the lock; Send only queues.
func (s *Sync) tell(session Session) {
	report, due := s.receipts.next(s.held, s.cfg.Clock.Now())
	if !due {
		return
	}
	if err := session.Send(wire.KindReport, report); err != nil {
		s.log.Debug("a report did not leave", logkey.Err, err)
	}
}
