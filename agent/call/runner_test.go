package call

import (
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/shared/domain"
)

// start runs a call inside a bubble of synctest and notes its effects.
func start(perform func(Effect)) *Runner {
	r := New(RunnerConfig{
		Now: time.Now, Perform: perform, Logger: slog.New(slog.DiscardHandler),
		After: func(d time.Duration, f func()) func() { t := time.AfterFunc(d, f); return func() { t.Stop() } },
	}, invite(2))
	go r.Run()
	return r
}

type notes struct {
	mu   sync.Mutex
	list []string
	ends []domain.EndReason
}

func (n *notes) take(e Effect) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, wordOf(e))
	if f, ok := e.(Finish); ok {
		n.ends = append(n.ends, f.Body.End)
	}
}

func TestRunner_RingsForItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notes{}
		began := time.Now()
		r := start(func(e Effect) {
			n.take(e)
			if _, ok := e.(Finish); ok && time.Since(began) != 60*time.Second {
				t.Errorf("rang for %v", time.Since(began))
			}
		})
		time.AfterFunc(61*time.Second, func() { r.Post(LegFailed{Leg: 0}); r.Post(LegFailed{Leg: 1}) })
		<-r.Done()
		if len(n.ends) != 1 || n.ends[0] != domain.EndNoAnswer {
			t.Errorf("ended %v", n.ends)
		}
		r.Post(LegRinging{Leg: 0}) // after the end: nothing
	})
}

// A panic ends that call with the reason bug; everybody is released.
func TestRunner_PanicEndsOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notes{}
		r := start(func(e Effect) {
			n.take(e)
			if _, ok := e.(Bridge); ok {
				panic("boom")
			}
		})
		r.Post(LegAnswered{Leg: 0})
		<-r.Done()
		if len(n.ends) != 1 || n.ends[0] != domain.EndBug {
			t.Errorf("ended %v", n.ends)
		}
		for _, want := range []string{"CancelLeg 1", "HangupLeg 0", "HangupCaller"} {
			found := false
			for _, got := range n.list {
				found = found || got == want
			}
			if !found {
				t.Errorf("%s is missing in %v", want, n.list)
			}
		}
	})
}

func TestRunner_FloodOfKeysIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		block, opened := make(chan struct{}), 0
		r := start(func(e Effect) {
			switch e.(type) {
			case AnswerCaller:
				<-block
			case OpenDoor:
				opened++
			}
		})
		r.Post(LegAnswered{Leg: 0})
		synctest.Wait()
		for range 100_000 {
			r.Post(Digit{Leg: 0, Key: "#", How: "info"})
		}
		if len(r.box) > mostDigits {
			t.Errorf("%d inputs piled up", len(r.box))
		}
		r.Post(CallerBye{})
		r.Post(DoorResult{Relay: 1, Result: domain.ActDone})
		r.Post(LegFailed{Leg: 1})
		close(block)
		<-r.Done()
		if opened != 1 {
			t.Errorf("opened %d times", opened)
		}
	})
}

func TestRunner_QuitEndsAtOnce(t *testing.T) {
	quit := make(chan struct{})
	r := New(RunnerConfig{
		Now: time.Now, Perform: func(Effect) {}, Quit: quit, Logger: slog.New(slog.DiscardHandler),
		After: func(time.Duration, func()) func() { return func() {} },
	}, invite(1))
	go r.Run()
	close(quit)
	<-r.Done()
}
