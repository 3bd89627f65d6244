package call

import (
	"fmt"
	"log/slog"
	"sync"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
)

// RunnerConfig is what a runner needs of the world.
type RunnerConfig struct {
	Now func() time.Time
	// After calls f once after d; the function it returns stops that.
	After func(d time.Duration, f func()) (stop func())
	// Perform carries out one effect; it is called from the call's goroutine and must not block for long.
	Perform func(Effect)
	// Quit, once closed, ends the runner without another effect: the adapter is gone. Nil never does.
	Quit   <-chan struct{}
	Logger *slog.Logger
}

// Runner drives one call: one goroutine, one mailbox. It ends when the call has ended and no leg can speak up any more.
type Runner struct {
	cfg  RunnerConfig
	id   domain.CallID
	mu   sync.Mutex
	box  []Input
	wake chan struct{}
	done chan struct{}

	state State // of the goroutine alone
	stops []func()
}

// mostDigits bounds what a flood of keys can pile up; other inputs are bounded by what a call has legs and timers for.
const mostDigits = 64

// New makes the runner of a call; inputs are kept until Run.
func New(cfg RunnerConfig, first Invite) *Runner {
	r := &Runner{cfg: cfg, id: first.CallID, wake: make(chan struct{}, 1), done: make(chan struct{}), box: []Input{first}}
	r.wake <- struct{}{}
	return r
}

// Post hands an input over; it never blocks. After the end it does nothing.
func (r *Runner) Post(in Input) {
	r.mu.Lock()
	if _, digit := in.(Digit); digit && len(r.box) >= mostDigits {
		r.mu.Unlock()
		return
	}
	r.box = append(r.box, in)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Done is closed when the call has ended and settled.
func (r *Runner) Done() <-chan struct{} { return r.done }

// Record gives the record of the call once more, with what happened on its legs after the end; call it after Done.
func (r *Runner) Record() domain.CallBody { return r.state.body(r.state.Began) }

func (r *Runner) take() []Input {
	r.mu.Lock()
	defer r.mu.Unlock()
	box := r.box
	r.box = nil
	return box
}

// Run drives the call from its INVITE to its end; call it once, in the call's goroutine.
func (r *Runner) Run() {
	defer close(r.done)
	defer func() {
		for _, stop := range r.stops {
			stop()
		}
	}()
	for {
		select {
		case <-r.wake:
		case <-r.cfg.Quit:
			return
		}
		for _, in := range r.take() {
			if !r.handle(in) {
				r.abort()
			}
		}
		if r.state.Settled() {
			return
		}
	}
}

// handle is one step with its effects; false when something panicked. One broken effect does not keep the others back.
func (r *Runner) handle(in Input) bool {
	var effects []Effect
	ok := r.guard(func() { r.state, effects = Step(r.state, in, r.cfg.Now()) })
	for _, e := range effects {
		ok = r.guard(func() { r.perform(e) }) && ok
	}
	return ok
}

// guard runs f and turns a panic into false.
func (r *Runner) guard(f func()) (ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			ok = false
			r.cfg.Logger.Error("call failed", slog.String(logkey.Call, r.id.String()), slog.String(logkey.Err, fmt.Sprint(cause)))
		}
	}()
	f()
	return true
}

// abort ends this call after a panic; the others go on. Nobody waits for a leg of a broken call.
func (r *Runner) abort() {
	next, effects := Abort(r.state, r.cfg.Now())
	for i := range next.Legs {
		next.Legs[i].Phase = LegOver
	}
	r.state = next
	for _, e := range effects {
		r.guard(func() { r.perform(e) })
	}
}

func (r *Runner) perform(e Effect) {
	if t, ok := e.(StartTimer); ok {
		r.stops = append(r.stops, r.cfg.After(t.After, func() { r.Post(Timeout{Timer: t.Timer, Count: t.Count}) }))
		return
	}
	r.cfg.Perform(e)
}
