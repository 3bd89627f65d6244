package remote

import (
	"context"
	"errors"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Repay stores results that the disk did not take before, oldest first: a message may be lost, and nobody else tells the cloud what happened.
func (r *Remote) Repay(ctx context.Context) {
	for {
		r.mu.Lock()
		if len(r.owed) == 0 {
			r.mu.Unlock()
			return
		}
		e := r.owed[0]
		r.mu.Unlock()
		if err := r.finish(ctx, e); err != nil {
			return
		}
		r.mu.Lock()
		r.owed = r.owed[1:]
		r.mu.Unlock()
	}
}

// answer tells a result, or that the act is on its way when there is none yet. It goes out on the newest session: the act may have outlived its own.
func (r *Remote) answer(s Session, id domain.CommandID, result domain.ActResult, reason domain.Reason) {
	if err := r.send(s, id, result, reason); err != nil || result == "" {
		return
	}
	if err := r.cfg.Journal.Told(r.ctx, id); err != nil && !errors.Is(err, context.Canceled) {
		r.log.Warn("the journal cannot be written", logkey.Command, id, logkey.Err, err)
	}
}

func (r *Remote) send(s Session, id domain.CommandID, result domain.ActResult, reason domain.Reason) error {
	r.mu.Lock()
	if r.session != nil {
		s = r.session
	}
	r.mu.Unlock()
	return s.Send(wire.KindResult, wire.Result{ID: id, Accepted: result == "", Result: result, Reason: reason})
}

func (r *Remote) tellUntold(s Session) {
	entries, err := r.cfg.Journal.Untold(r.ctx)
	if err != nil {
		r.log.Warn("the journal cannot be read", logkey.Err, err)
		return
	}
	for _, e := range entries {
		r.answer(s, e.ID, e.Result, e.Reason)
	}
}
