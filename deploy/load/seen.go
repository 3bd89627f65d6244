package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"vestibule/agent/link"
	"vestibule/deploy/measure"
)

// seen notes when each agent connected and was welcomed since the last mark.
type seen struct {
	mu        sync.Mutex
	mark      time.Time
	connected []time.Duration // by number of the box; 0: not since the mark
	welcomed  []time.Duration
	online    []bool
	up        int // that are online
	tries     int // that ended without a welcome since the mark
	moved     chan struct{}
}

func newSeen(n int) *seen {
	return &seen{mark: time.Now(), connected: make([]time.Duration, n), welcomed: make([]time.Duration, n), online: make([]bool, n), moved: make(chan struct{}, 1)}
}

// begin forgets what was and counts from now; whoever is online must connect again.
func (s *seen) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mark, s.tries = time.Now(), 0
	clear(s.connected)
	clear(s.welcomed)
}

// answered has the time count from now: until now nobody could be welcomed, or it was so quick that it counts as none.
func (s *seen) answered() {
	s.mu.Lock()
	defer s.mu.Unlock()
	waited := time.Since(s.mark)
	s.mark, s.tries = s.mark.Add(waited), 0
	for _, times := range [][]time.Duration{s.connected, s.welcomed} {
		for i, at := range times {
			if at > 0 {
				times[i] = max(1, at-waited)
			}
		}
	}
}

func (s *seen) changed(number int, now link.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	since := max(1, time.Since(s.mark))
	was := s.online[number]
	s.online[number] = now.Online()
	switch {
	case now.Online() && !was:
		s.up++
		s.welcomed[number] = since
	case !now.Online() && was:
		s.up--
	case now.State == string(link.Greeting):
		s.connected[number] = since
	case now.State == string(link.Resting) && s.welcomed[number] == 0:
		s.tries++
	}
	select {
	case s.moved <- struct{}{}:
	default:
	}
}

// again waits until the agents from up to to were welcomed since the mark.
func (s *seen) again(ctx context.Context, from, to int, within time.Duration) error {
	late := time.NewTimer(within)
	defer late.Stop()
	for {
		missing := 0
		s.mu.Lock()
		for i := from; i < to; i++ {
			if s.welcomed[i] == 0 || !s.online[i] {
				missing++
			}
		}
		s.mu.Unlock()
		if missing == 0 {
			return nil
		}
		measure.Pause(ctx, 20*time.Millisecond)
		select {
		case <-late.C:
			return fmt.Errorf("%d of %d agents are not welcomed within %v", missing, to-from, within)
		case <-ctx.Done():
			return ctx.Err()
		case <-s.moved:
		}
	}
}

// times are those of the agents from up to to since the mark, in milliseconds.
func (s *seen) times(from, to int) (connected, welcomed []float64, tries int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := from; i < to; i++ {
		if s.connected[i] > 0 {
			connected = append(connected, milliseconds(s.connected[i]))
		}
		if s.welcomed[i] > 0 {
			welcomed = append(welcomed, milliseconds(s.welcomed[i]))
		}
	}
	return connected, welcomed, s.tries
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
