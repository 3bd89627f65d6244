package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/riverqueue/river"

	"vestibule/shared/logkey"
)

// work is what rests in the database: one shape for every kind, so that a replica may keep work it does not know yet.
type work struct {
	Name string          `json:"name"`
	Body json.RawMessage `json:"body"`
}

// Kind is the name under which River keeps all work.
func (work) Kind() string { return "work" }

type worker struct {
	river.WorkerDefaults[work]
	queue *Queue
}

// Timeout is that of the kind of work.
func (w *worker) Timeout(job *river.Job[work]) time.Duration {
	if k, known := w.queue.kinds[job.Args.Name]; known {
		return k.Timeout
	}
	return 0
}

// NextRetry waits longer after every try, and a tenth more or less, so that what failed together does not come back together.
func (w *worker) NextRetry(job *river.Job[work]) time.Time {
	k, known := w.queue.kinds[job.Args.Name]
	if !known {
		return time.Time{}
	}
	pause := k.Pause(max(1, len(job.Errors)+1))
	return time.Now().UTC().Add(pause + time.Duration(float64(pause)*(rand.Float64()-0.5)/5))
}

// Work does one try.
func (w *worker) Work(ctx context.Context, job *river.Job[work]) error {
	k, known := w.queue.kinds[job.Args.Name]
	if !known {
		return river.JobSnooze(unknown)
	}
	began := time.Now()
	err := w.try(context.WithValue(ctx, tryKey{}, try{job.Attempt, job.MaxAttempts}), k, job)
	if err == nil {
		w.queue.measure(job.Args.Name, "done", began)
		return nil
	}
	var later *laterError
	var given *giveUpError
	switch {
	case errors.As(err, &later):
		return river.JobSnooze(later.wait)
	case ctx.Err() != nil && w.queue.stopping.Load():
		return river.JobSnooze(0) // the end of the process is no failure of the work
	case errors.As(err, &given):
		w.queue.measure(job.Args.Name, "given_up", began)
		w.queue.logger.Error("work given up", logkey.Kind, job.Args.Name, logkey.Count, job.Attempt, logkey.Err, err)
		return river.JobCancel(err)
	}
	w.queue.measure(job.Args.Name, "failed", began)
	w.queue.logger.Warn("work failed", logkey.Kind, job.Args.Name, logkey.Count, job.Attempt, logkey.Err, err)
	return err
}

// try calls the work and turns a panic into a failure.
func (w *worker) try(ctx context.Context, k kind, job *river.Job[work]) (err error) {
	defer func() {
		if r := recover(); r != nil {
			w.queue.logger.Error("work panicked", logkey.Kind, job.Args.Name, logkey.Err, fmt.Sprint(r), logkey.Reason, string(debug.Stack()))
			err = errors.New("the work panicked")
		}
	}()
	return k.run(ctx, job.Args.Body)
}

type tryKey struct{}

type try struct{ n, of int }

// TryOf tells which try of how many the work of ctx is; the first is 1. Outside work it is the last of one.
func TryOf(ctx context.Context) (n, of int) {
	if t, ok := ctx.Value(tryKey{}).(try); ok {
		return t.n, t.of
	}
	return 1, 1
}

type giveUpError struct{ err error }

func (e *giveUpError) Error() string { return e.err.Error() }
func (e *giveUpError) Unwrap() error { return e.err }

// GiveUp marks an error after which another try is of no use.
func GiveUp(err error) error { return &giveUpError{err} }

type laterError struct{ wait time.Duration }

func (e *laterError) Error() string { return "later, in " + e.wait.String() }

// Later asks for the work to be done again after a while; it counts as no try.
func Later(wait time.Duration) error { return &laterError{wait} }
