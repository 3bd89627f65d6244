package door_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/agent/door"
	"vestibule/agent/health"
	"vestibule/agent/relay"
	"vestibule/agent/relay/relaytest"
	"vestibule/shared/clock"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

type rows struct {
	mu   sync.Mutex
	list []domain.DoorBody
	err  error
}

func (r *rows) Append(ctx context.Context, kind domain.EventKind, body any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if b, ok := body.(domain.DoorBody); ok && kind == domain.EventDoor && ctx.Err() == nil {
		r.list = append(r.list, b)
		return r.err
	}
	if kind == domain.EventLinkCondition {
		return nil
	}
	return errors.New("wrong row")
}

func (r *rows) all() []domain.DoorBody {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]domain.DoorBody(nil), r.list...)
}

// rig is one gate with its own relay 1, relay 2 on board channel 1 (2 s), relay 3 latching on channel 2, relay 4 on channel 3 with a closed rest.
type rig struct {
	doors  *door.Doors
	bench  *relaytest.Bench
	own    *relaytest.Bench
	rows   *rows
	health *health.Conditions
	view   *desired.View
	gate   domain.Device
	stop   func()
}

func channel(n int) relay.Channel { return relay.Channel{Unit: 1, Number: n} }

func build(t *testing.T, journal door.Journal) *rig {
	agent, group, board := domain.AgentID{1}, domain.GroupID{2}, domain.BoardID{3}
	on := func(n int, mode domain.RelayMode, channel int, rest bool) domain.Relay {
		r := domain.Relay{Number: n, Name: "Gate", Enabled: true, DTMF: "#", Mode: mode, Rest: rest, HoldMilli: 2000, Channel: channel}
		if channel > 0 {
			r.Board = board
		}
		return r
	}
	r := &rig{bench: relaytest.NewBench(), own: relaytest.NewBench(), rows: &rows{}}
	r.gate = domain.Device{ID: domain.DeviceID{4}, Type: domain.DoorPhone, GroupID: group, Relays: []domain.Relay{
		on(1, domain.Momentary, 0, false), on(2, domain.Momentary, 1, false), on(3, domain.Latching, 2, false), on(4, domain.Momentary, 3, true),
	}}
	r.view = &desired.View{
		Groups:  map[domain.GroupID]domain.NetworkGroup{group: {ID: group, Agents: []domain.AgentID{agent}}},
		Boards:  map[domain.BoardID]domain.Board{board: {ID: board, GroupID: group, Address: "10.0.0.9:502", Unit: 1, Channels: 8}},
		Devices: map[domain.DeviceID]domain.Device{r.gate.ID: r.gate},
	}
	logger := slog.New(slog.DiscardHandler)
	r.health = health.New(r.rows, clock.System{}, logger)
	r.doors = door.New(door.Config{
		Agent: agent, View: func() *desired.View { return r.view }, Log: r.rows, Journal: journal, Conditions: r.health, Clock: clock.System{}, Logger: logger,
		Boards:  func(domain.Line, func(int) (relay.Board, bool)) relay.Switch { return r.bench },
		Devices: func(domain.DeviceID) relay.Timer { return relaytest.Timed{Bench: r.own} },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	r.bench.Force(channel(3), true)
	go func() { defer close(ended); _ = r.doors.Run(ctx) }()
	r.stop = func() { cancel(); <-ended }
	return r
}

func ask(r *rig, relay int) door.Ask {
	return door.Ask{DeviceID: r.gate.ID, Relay: relay, Means: domain.MeansRemote, By: "Anna", CommandID: domain.CommandID{9}}
}

// pass lets virtual time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func is(t *testing.T, got door.Outcome, want domain.ActResult, reason domain.Reason) {
	t.Helper()
	if got.Result != want || got.Reason != reason {
		t.Fatalf("outcome %s %q, want %s %q", got.Result, got.Reason, want, reason)
	}
}

// shows EDGE-15 by agent/door/watchdog.go: "return b.driver.Set(ctx, r.channel, r.contact)" => "return nil"
func TestOpen_BoardRelayIsPulsedAndLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		defer r.stop()
		ctx, cancel := context.WithCancel(t.Context())
		is(t, r.doors.Open(ctx, ask(r, 2)), domain.ActDone, "")
		cancel() // the watchdog outlives the asker
		pass(1999 * time.Millisecond)
		if !r.bench.Contact(channel(1)) {
			t.Fatal("let go too early")
		}
		pass(2 * time.Millisecond)
		if r.bench.Contact(channel(1)) || r.bench.Contact(channel(2)) || !r.bench.Contact(channel(3)) {
			t.Fatal("not at rest, or another contact moved")
		}
		is(t, r.doors.Open(t.Context(), ask(r, 4)), domain.ActDone, "")
		if r.bench.Contact(channel(3)) {
			t.Fatal("a contact with a closed rest opens by going off")
		}
		pass(2001 * time.Millisecond)
		if !r.bench.Contact(channel(3)) || len(r.own.Writes()) != 0 {
			t.Fatal("not back at its closed rest, or the device's relay moved")
		}
	})
}

func TestOpen_OwnRelayIsPulsedByTheDevicesTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		defer r.stop()
		is(t, r.doors.Open(t.Context(), ask(r, 1)), domain.ActDone, "")
		w := r.own.Writes()
		if len(w) != 1 || w[0].Hold != 2*time.Second || w[0].Channel.Number != 1 {
			t.Fatalf("%+v", w)
		}
	})
}

func TestOpen_EveryAskLeavesOneRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		defer r.stop()
		for _, c := range []struct {
			ask    door.Ask
			fault  relaytest.Fault
			result domain.ActResult
			reason domain.Reason
		}{
			{ask(r, 2), relaytest.Healthy, domain.ActDone, ""},
			{ask(r, 2), relaytest.Down, domain.ActFailed, domain.ReasonUnreachable},
			{ask(r, 2), relaytest.Refuse, domain.ActFailed, domain.ReasonDevice},
			{ask(r, 2), relaytest.Deaf, domain.ActUnknown, domain.ReasonTimeout},
			{ask(r, 1), relaytest.Swallow, domain.ActUnknown, domain.ReasonTimeout},
			{ask(r, 7), relaytest.Healthy, domain.ActRefused, domain.ReasonUnknownRelay},
			{door.Ask{Relay: 1, Means: domain.MeansLocal}, relaytest.Healthy, domain.ActRefused, domain.ReasonUnknownDevice},
		} {
			r.bench.Break(c.fault)
			r.own.Break(c.fault)
			before := len(r.rows.all())
			is(t, r.doors.Open(t.Context(), c.ask), c.result, c.reason)
			got := r.rows.all()
			if len(got) != before+1 {
				t.Fatalf("%d rows for one ask", len(got)-before)
			}
			last := got[before]
			if last.Result != c.result || last.Reason != c.reason || last.DeviceID != c.ask.DeviceID || last.By != c.ask.By || last.CommandID != c.ask.CommandID {
				t.Fatalf("row %+v", last)
			}
			r.bench.Break(relaytest.Healthy)
			pass(time.Minute)
			synctest.Wait()
		}
	})
}

// shows EDGE-15/R38 by agent/door/job.go: "return Outcome{Result: domain.ActFailed, Reason: domain.ReasonUnreachable}" => "return Outcome{Result: domain.ActDone}"
func TestOpen_DeadBoardFailsAndMovesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		defer r.stop()
		synctest.Wait()
		r.bench.Break(relaytest.Down)
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActFailed, domain.ReasonUnreachable)
		r.bench.Break(relaytest.Healthy)
		pass(time.Minute)
		if w := r.bench.Writes(); len(w) != 0 {
			t.Fatalf("moved later: %+v", w)
		}
	})
}

func TestOpen_LostAnswerIsUnknownAndNeverRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		defer r.stop()
		r.bench.Break(relaytest.Deaf)
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActUnknown, domain.ReasonTimeout)
		r.bench.Break(relaytest.Swallow) // the answer is lost, the contact is seen to have moved
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActDone, "")
		r.bench.Break(relaytest.Healthy)
		pass(time.Minute)
		opened := 0
		for _, w := range r.bench.Writes() {
			if w.On {
				opened++
			}
		}
		if opened != 2 || r.bench.Contact(channel(1)) {
			t.Fatalf("%d openings for two asks", opened)
		}
	})
}

func TestWatchdog_RepeatsTheReleaseAndSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		defer r.stop()
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActDone, "")
		r.bench.Break(relaytest.Down)
		pass(time.Minute)
		if !raised(r, health.RelayStuck) || !r.bench.Contact(channel(1)) {
			t.Fatal("nobody says that the door stands open")
		}
		r.bench.Break(relaytest.Healthy)
		pass(6 * time.Second)
		if r.bench.Contact(channel(1)) || raised(r, health.RelayStuck) || raised(r, health.BoardUnreachable) {
			t.Fatalf("not released after the board came back: %+v", r.health.List())
		}
	})
}

func raised(r *rig, code health.Code) bool {
	for _, c := range r.health.List() {
		if c.Code == code {
			return true
		}
	}
	return false
}

// shows EDGE-16 by agent/door/refresh.go: "b.rest(r)" => "_ = r"
func TestFailure14_MomentaryToRestLatchingUntouched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := build(t, nil)
		synctest.Wait()
		first.stop()
		if w := first.bench.Writes(); len(w) != 0 {
			t.Fatalf("contacts at rest were clicked: %+v", w)
		}
		bench := first.bench
		for n, on := range map[int]bool{1: true, 2: true, 3: false} { // a process died in the middle of everything
			bench.Force(channel(n), on)
		}
		again := door.New(door.Config{
			Agent: domain.AgentID{1}, View: func() *desired.View { return first.view }, Log: first.rows, Conditions: first.health, Clock: clock.System{},
			Logger: slog.New(slog.DiscardHandler), Boards: func(domain.Line, func(int) (relay.Board, bool)) relay.Switch { return bench },
			Devices: func(domain.DeviceID) relay.Timer { return relaytest.Timed{Bench: first.own} },
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); _ = again.Run(ctx) }()
		synctest.Wait()
		if bench.Contact(channel(1)) || !bench.Contact(channel(2)) || !bench.Contact(channel(3)) {
			t.Fatalf("contacts %v %v %v", bench.Contact(channel(1)), bench.Contact(channel(2)), bench.Contact(channel(3)))
		}
		bench.Force(channel(1), true)
		again.Refresh() // an edit moves nothing that was looked at before
		synctest.Wait()
		if !bench.Contact(channel(1)) {
			t.Fatal("an edit released a contact")
		}
		cancel()
		<-ended
	})
}

func TestRun_HeldContactIsLetGoAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		synctest.Wait()
		r.gate.Relays[1].HoldMilli = 60_000
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActDone, "")
		began := time.Now()
		r.stop()
		if r.bench.Contact(channel(1)) || time.Since(began) > 4*time.Second {
			t.Fatalf("after %s: %v", time.Since(began), r.bench.Contact(channel(1)))
		}
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActFailed, domain.ReasonUnreachable)
	})
}

func TestOpen_PulseInAPulseHoldsLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		defer r.stop()
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActDone, "")
		pass(1500 * time.Millisecond)
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActDone, "")
		pass(1500 * time.Millisecond)
		if !r.bench.Contact(channel(1)) {
			t.Fatal("the first pulse ended the second")
		}
		r.bench.Break(relaytest.Down) // a third ask that moves nothing leaves the second's end as it was
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActFailed, domain.ReasonUnreachable)
		r.bench.Break(relaytest.Healthy)
		pass(510 * time.Millisecond)
		if r.bench.Contact(channel(1)) {
			t.Fatal("not released")
		}
	})
}

func TestOpen_LatchingStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		is(t, r.doors.Open(t.Context(), ask(r, 3)), domain.ActDone, "")
		pass(time.Hour)
		r.stop()
		if !r.bench.Contact(channel(2)) {
			t.Fatal("a latching contact was let go")
		}
	})
}

func TestOpen_OneRequestAtATimeOnOneWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		defer r.stop()
		var wg sync.WaitGroup
		for i := range 12 {
			wg.Go(func() { r.doors.Open(t.Context(), ask(r, 2+i%3)) })
		}
		wg.Wait()
		pass(3 * time.Second)
		if n := r.bench.Overlaps(); n != 0 {
			t.Fatalf("%d overlaps", n)
		}
	})
}

// An asker who gives up before anything was sent gets nothing moved; one who gives up later still learns what happened.
func TestOpen_ExpiredBeforeTheWriteMovesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := build(t, nil)
		defer r.stop()
		release := r.bench.Hold()
		first := make(chan door.Outcome, 1)
		late, giveUp := context.WithCancel(t.Context())
		go func() { first <- r.doors.Open(t.Context(), ask(r, 2)) }()
		synctest.Wait()
		second := make(chan door.Outcome, 1)
		go func() { second <- r.doors.Open(late, ask(r, 3)) }()
		synctest.Wait()
		giveUp()
		is(t, <-second, domain.ActExpired, domain.ReasonLate)
		release()
		is(t, <-first, domain.ActDone, "")
		synctest.Wait()
		if r.bench.Contact(channel(2)) {
			t.Fatal("an expired ask moved a relay")
		}
		dead, cancel := context.WithCancel(t.Context())
		cancel()
		is(t, r.doors.Open(dead, ask(r, 1)), domain.ActExpired, domain.ReasonLate)
		if len(r.own.Writes()) != 0 {
			t.Fatal("an expired ask pulsed the device")
		}
	})
}

func TestJournal_InterruptedActIsToldOnceAndNotRepeated(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "acts")
	files, err := door.NewFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	body := domain.DoorBody{DeviceID: domain.DeviceID{4}, Relay: 2, Means: domain.MeansDTMF, By: "Monitor 101", CallID: domain.CallID{5}}
	if _, err := files.Begin(t.Context(), body); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "torn.act"), []byte(`{"Dev`), 0o600); err != nil {
		t.Fatal(err)
	}
	for round := range 2 { // the process that begins after the power cut, and the one after it
		files, err := door.NewFiles(folder)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			r := build(t, files)
			synctest.Wait()
			r.stop()
			got := r.rows.all()
			if round == 1 {
				if len(got) != 0 {
					t.Fatalf("told again: %+v", got)
				}
				return
			}
			body.Result, body.Reason = domain.ActUnknown, domain.ReasonInterrupted
			if len(got) != 1 || got[0] != body || len(r.bench.Writes()) != 0 {
				t.Fatalf("rows %+v", got)
			}
		})
	}
}

func TestJournal_FinishedActsLeaveNothing(t *testing.T) {
	folder := t.TempDir()
	files, err := door.NewFiles(folder)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		r := build(t, files)
		r.rows.err = errors.New("disk full") // the log cannot be written: the door opens all the same
		is(t, r.doors.Open(t.Context(), ask(r, 2)), domain.ActDone, "")
		r.stop()
	})
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Fatalf("%d files left", len(left))
	}
}
