package health_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"vestibule/agent/health"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
)

type rows struct {
	mu   sync.Mutex
	list []domain.NoteBody
	err  error
}

func (r *rows) Append(ctx context.Context, kind domain.EventKind, body any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kind != domain.EventLinkCondition || ctx.Err() != nil {
		return errors.New("wrong kind or dead context")
	}
	r.list = append(r.list, body.(domain.NoteBody))
	return r.err
}

func TestConditions_RaisedOnceClearedOnce(t *testing.T) {
	log := &rows{}
	c := health.New(log, clock.System{}, slog.New(slog.DiscardHandler))
	dead, cancel := context.WithCancel(t.Context())
	cancel()
	dev := health.About{Device: domain.DeviceID{7}}
	c.Clear(dead, health.LinkDown, health.About{})
	c.Raise(dead, health.DeviceUnreachable, dev, "10.0.0.1")
	c.Raise(dead, health.DeviceUnreachable, dev, "10.0.0.2")
	c.Raise(dead, health.RelayStuck, health.About{Board: domain.BoardID{9}}, "channel 3")
	list := c.List()
	if len(list) != 2 || list[0].Code != health.RelayStuck || list[1].Detail != "10.0.0.2" || list[0].Since.IsZero() {
		t.Fatalf("%+v", list)
	}
	c.Clear(dead, health.DeviceUnreachable, health.About{Device: domain.DeviceID{8}})
	c.Clear(dead, health.DeviceUnreachable, dev)
	c.Clear(dead, health.DeviceUnreachable, dev)
	if len(c.List()) != 1 || len(log.list) != 3 {
		t.Fatalf("%d conditions, rows %+v", len(c.List()), log.list)
	}
	if last := log.list[2]; !last.Cleared || last.DeviceID != dev.Device || last.What != "device_unreachable" {
		t.Fatalf("%+v", last)
	}
}

func TestConditions_AFailingLogStopsNobody(t *testing.T) {
	c := health.New(&rows{err: errors.New("disk")}, clock.System{}, slog.New(slog.DiscardHandler))
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			about := health.About{Device: domain.DeviceID{byte(i)}}
			c.Raise(t.Context(), health.DeviceUnreachable, about, "")
			if i%2 == 0 {
				c.Clear(t.Context(), health.DeviceUnreachable, about)
			}
		})
	}
	wg.Wait()
	if n := len(c.List()); n != 25 {
		t.Fatalf("%d conditions", n)
	}
	health.New(nil, clock.System{}, slog.New(slog.DiscardHandler)).Raise(t.Context(), "invented", health.About{}, "")
}

func TestCodes_AllHaveWords(t *testing.T) {
	if len(health.Codes()) < 15 {
		t.Fatal("codes are missing")
	}
}
