package webhook

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/shared/fault"
	"vestibule/shared/logkey"
)

// Tries is how often a delivery is tried; with the growing pauses of the queue that takes about a day.
const Tries = 12

// keep is how long the log of deliveries reaches back.
const keep = 30 * 24 * time.Hour

// Deliver does the work of the queue: one try of one delivery. An error asks for another try later; what came of the try is in the log.
func (s *Service) Deliver(ctx context.Context, body []byte) error {
	ctx = account.AsSystem(ctx, "webhook")
	var o order
	if err := json.Unmarshal(body, &o); err != nil {
		return fmt.Errorf("order of a delivery: %w", err)
	}
	d, w, err := s.cfg.Store.TakeDelivery(ctx, o.Delivery)
	if fault.CodeOf(err) == fault.NotFound {
		return nil // the webhook was deleted
	}
	if err != nil || d.State != Waiting {
		return err
	}
	if !w.Enabled && d.Kind != Test {
		d.State, d.DoneAt = Dropped, s.now()
		return s.cfg.Store.SaveTry(ctx, d)
	}
	// Nothing is locked while somebody else's server takes its time.
	r := s.post(ctx, w, d)
	if ctx.Err() != nil && r.fault != FaultNone {
		return ctx.Err() // the service ends: that was no try
	}
	var again error
	err = s.cfg.Store.InTx(ctx, func(ctx context.Context) error {
		d, w, err := s.cfg.Store.TakeDelivery(ctx, o.Delivery)
		if fault.CodeOf(err) == fault.NotFound || err == nil && d.State != Waiting {
			return nil
		}
		if err != nil {
			return err
		}
		again, err = s.tried(ctx, d, w, r)
		return err
	})
	if err != nil {
		return err
	}
	return again
}

// tried writes down what came of a try; again asks for another one.
func (s *Service) tried(ctx context.Context, d Delivery, w Webhook, r result) (again, err error) {
	now := s.now()
	d.Attempts, d.Status, d.Fault, d.Took = d.Attempts+1, r.status, r.fault, r.took
	switch {
	case r.fault == FaultNone:
		d.State, d.DoneAt = Delivered, now
	case d.Attempts >= Tries || r.fault == FaultRefused || r.status == http.StatusGone:
		d.State, d.DoneAt = Failed, now
	default:
		again = fmt.Errorf("webhook answered %s %d", r.fault, r.status)
	}
	s.cfg.Logger.DebugContext(ctx, "webhook tried", logkey.State, string(d.State), logkey.Status, d.Status, logkey.Reason, string(d.Fault),
		logkey.Took, d.Took.Round(time.Millisecond).String())
	if err := s.cfg.Store.SaveTry(ctx, d); err != nil {
		return nil, err
	}
	return again, s.judge(ctx, w, d, now)
}

// judge keeps a webhook's health, and stops one that has failed for too long. A test by hand that fails counts for nothing.
func (s *Service) judge(ctx context.Context, w Webhook, d Delivery, now time.Time) error {
	before := w
	switch {
	case d.Fault == FaultNone:
		w.Failures, w.FailingAt = 0, time.Time{}
	case d.Kind == Test || !w.Enabled:
		return nil
	default:
		if w.FailingAt.IsZero() {
			w.FailingAt = now
		}
		if d.State == Failed {
			w.Failures++
		}
		if now.Sub(w.FailingAt) >= StopAfter {
			w.Stopped = StopDays
		}
		if w.Failures >= StopFailures {
			w.Stopped = StopInARow
		}
		w.Enabled = w.Stopped == StopNone
	}
	if w.Failures == before.Failures && w.FailingAt.Equal(before.FailingAt) && w.Enabled == before.Enabled {
		return nil
	}
	if err := s.cfg.Store.SaveHealth(ctx, w, now); err != nil || w.Enabled == before.Enabled {
		return err
	}
	return s.stopped(ctx, before, w)
}

// stopped tells the people of the organisation.
func (s *Service) stopped(ctx context.Context, before, w Webhook) error {
	if err := s.record(ctx, audit.Changed, w, before.snapshot(), w.snapshot()); err != nil {
		return err
	}
	owners, err := s.cfg.Store.WebhookOwners(ctx, w.Org)
	if err != nil {
		return err
	}
	for _, owner := range owners {
		values := map[string]string{"webhook": w.Name, "webhook_id": w.ID.String(), "why": string(w.Stopped), "failures": strconv.Itoa(w.Failures)}
		if err := s.cfg.Notices.Tell(ctx, owner, "webhook_stopped", values); err != nil {
			return err
		}
	}
	return nil
}

// Purge forgets deliveries that are older than the log reaches back.
func (s *Service) Purge(ctx context.Context) error {
	return s.cfg.Store.PurgeDeliveries(account.AsSystem(ctx, "webhook"), s.now().Add(-keep))
}
