package door_test

import (
	"context"
	"log/slog"
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

// told keeps every row.
type told struct {
	mu   sync.Mutex
	rows []any
}

func (l *told) Append(_ context.Context, _ domain.EventKind, body any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows = append(l.rows, body)
	return nil
}

// all gives the rows of one kind of body.
func all[T any](l *told) (out []T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, r := range l.rows {
		if body, ok := r.(T); ok {
			out = append(out, body)
		}
	}
	return out
}

// bus is a line with two boards: unit 1 belongs to a monitor (HF-8000, relays 1 and 2 have names), unit 2 moves a gate whose contact rests closed.
type bus struct {
	doors   *door.Doors
	shelf   *relaytest.Shelf
	told    *told
	health  *health.Conditions
	view    *desired.View
	monitor domain.Device
	gate    domain.Device
	stop    func()
}

var (
	lamp  = relay.Channel{Unit: 1, Number: 2}
	latch = relay.Channel{Unit: 2, Number: 1}
)

func openBus(t *testing.T, shape func(*bus)) *bus {
	agent, group, board := domain.AgentID{1}, domain.GroupID{2}, domain.BoardID{3}
	r := &bus{shelf: relaytest.NewShelf(), told: &told{}}
	r.monitor = domain.Device{ID: domain.DeviceID{5}, Type: domain.Monitor, GroupID: group, Form: domain.DeviceForm{External: &domain.ExternalRelay{
		Type: domain.BoardHF8000, Mode: domain.ModeRS485, Channels: []domain.ExternalChannel{{Number: 1, Name: "Blind"}, {Number: 2, Name: "Lamp"}},
		Wire: &domain.ExternalWire{Profile: domain.ProfileCoils, Unit: 1, Port: "/dev/ttyS1"},
	}}}
	r.gate = domain.Device{ID: domain.DeviceID{4}, Type: domain.DoorPhone, GroupID: group, Relays: []domain.Relay{
		{Number: 1, Name: "Gate", Enabled: true, Mode: domain.Momentary, Rest: true, HoldMilli: 2000, Board: board, Channel: 1},
	}}
	r.view = &desired.View{
		Groups: map[domain.GroupID]domain.NetworkGroup{group: {ID: group, Agents: []domain.AgentID{agent}}},
		Boards: map[domain.BoardID]domain.Board{board: {
			ID: board, GroupID: group, Link: domain.LinkRTU, Address: "/dev/ttyS1", Unit: 2, Channels: 4, Profile: domain.ProfileCoils,
		}},
		Devices: map[domain.DeviceID]domain.Device{r.gate.ID: r.gate, r.monitor.ID: r.monitor},
	}
	r.shelf.Force(latch, true)
	if shape != nil {
		shape(r)
	}
	logger := slog.New(slog.DiscardHandler)
	r.health = health.New(nil, clock.System{}, logger)
	r.doors = door.New(door.Config{
		Agent: agent, View: func() *desired.View { return r.view }, Log: r.told, Conditions: r.health, Clock: clock.System{}, Logger: logger,
		Boards:  func(domain.Line, func(int) (relay.Board, bool)) relay.Switch { return r.shelf },
		Devices: func(domain.DeviceID) relay.Timer { return relaytest.Timed{Bench: relaytest.NewBench()} },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); _ = r.doors.Run(ctx) }()
	r.stop = func() { cancel(); <-ended }
	pass(time.Second)
	return r
}

func (r *bus) turn(channel int, on bool) door.Turn {
	return door.Turn{DeviceID: r.monitor.ID, Channel: channel, On: on, Means: domain.MeansRemote, By: "Anna", CommandID: domain.CommandID{9}}
}

func (r *bus) open() door.Ask {
	return door.Ask{DeviceID: r.gate.ID, Relay: 1, Means: domain.MeansRemote, By: "Anna"}
}

// shown gives what the last row about a board says.
func (r *bus) shown(t *testing.T, id domain.BoardID) domain.BoardStateBody {
	t.Helper()
	rows := all[domain.BoardStateBody](r.told)
	for i := len(rows) - 1; i >= 0; i-- {
		if rows[i].BoardID == id {
			return rows[i]
		}
	}
	t.Fatalf("no row about board %s", id)
	return domain.BoardStateBody{}
}

// shows EDGE-14 EDGE-14/R37 by agent/door/turn.go: "out = d.act(&job{ctx: ctx, board: board, turn: &turn{channel: ask.Channel, on: ask.On}})"
// shows EDGE-17 by agent/door/watched.go: "b.tell(ctx, board, w, true)"
func TestTurn_MovesTheChannelAndItsStateIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := openBus(t, nil)
		defer r.stop()
		is(t, r.doors.Turn(t.Context(), r.turn(2, true)), domain.ActDone, "")
		pass(time.Second)
		if got := r.shown(t, domain.BoardID(r.monitor.ID)); !got.Online || got.Outputs != 0b10 || got.DeviceID != r.monitor.ID || got.Channels != 4 {
			t.Fatalf("shown %+v", got)
		}
		row := all[domain.RelayBody](r.told)
		if len(row) != 1 || row[0].Channel != 2 || !row[0].On || row[0].Result != domain.ActDone || row[0].By != "Anna" {
			t.Fatalf("rows %+v", row)
		}
		r.shelf.Force(lamp, false) // somebody at the board
		pass(time.Second)
		if got := r.shown(t, domain.BoardID(r.monitor.ID)); got.Outputs != 0 {
			t.Fatalf("a change by hand is not told: %+v", got)
		}
		if got := r.shown(t, domain.BoardID{3}); got.Outputs != 1 || !got.DeviceID.IsZero() {
			t.Fatalf("the other board: %+v", got)
		}
	})
}

// shows EDGE-16/R39 EXT-03 by agent/access/turn.go: "return domain.Board{}, domain.ReasonUnknownRelay" => "_ = named"
// shows EXT-01 by agent/access/turn.go: "return domain.Board{}, domain.ReasonRelayOff" => "return board, domain.ReasonNone"
func TestTurn_WhatTheBoardDoesNotHaveIsRefusedBeforeTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := openBus(t, nil)
		defer r.stop()
		for _, c := range []struct {
			channel int
			shape   func()
			reason  domain.Reason
		}{
			{5, func() {}, domain.ReasonUnknownRelay},
			{3, func() {}, domain.ReasonUnknownRelay}, // nobody gave it a name
			{0, func() {}, domain.ReasonUnknownRelay},
			{1, func() { r.monitor.Form.External.Wire = nil }, domain.ReasonRelayOff}, // the monitor drives it itself
			{1, func() { r.monitor.Form.External = nil }, domain.ReasonRelayOff},
			{1, func() { delete(r.view.Devices, r.monitor.ID) }, domain.ReasonUnknownDevice},
		} {
			c.shape()
			if dev, ok := r.view.Devices[r.monitor.ID]; ok {
				dev.Form = r.monitor.Form
				r.view.Devices[dev.ID] = dev
			}
			is(t, r.doors.Turn(t.Context(), r.turn(c.channel, true)), domain.ActRefused, c.reason)
		}
		if w := r.shelf.Writes(); len(w) != 0 {
			t.Fatalf("something reached the line: %+v", w)
		}
	})
}

// shows EDGE-14/R41 EXT-04 by agent/door/watched.go: "w.press(board.Inputs, before, seen)"
func TestInputs_FollowOrToggleAsTheModeSays(t *testing.T) {
	for mode, want := range map[domain.ExternalRelayMode][3]bool{ // after closing, opening, closing again
		domain.ModeRS485: {}, domain.ModeRS485NonLatched: {true, false, true}, domain.ModeRS485Latched: {true, true, false},
	} {
		t.Run(string(mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := openBus(t, func(r *bus) { r.monitor.Form.External.Type, r.monitor.Form.External.Mode = domain.BoardMK485, mode })
				defer r.stop()
				for i, on := range []bool{true, false, true} {
					r.shelf.Input(lamp, on)
					pass(time.Second)
					if got := r.shelf.Contact(lamp); got != want[i] {
						t.Fatalf("step %d: relay %v, want %v", i, got, want[i])
					}
				}
				if r.shelf.Contact(relay.Channel{Unit: 1, Number: 1}) || !r.shelf.Contact(latch) {
					t.Fatal("another relay moved")
				}
			})
		})
	}
}

func TestInputs_EdgeTurnsOverTwiceAndABoardThatCanIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		edge := func(r *bus) {
			b := r.view.Boards[domain.BoardID{3}]
			b.Inputs = []domain.ChannelMode{{Number: 3, Mode: domain.InputEdge}}
			r.view.Boards[b.ID] = b
		}
		ch := relay.Channel{Unit: 2, Number: 3}
		r := openBus(t, edge)
		for i, want := range []bool{true, false} {
			r.shelf.Input(ch, i == 0)
			pass(time.Second)
			if r.shelf.Contact(ch) != want {
				t.Fatalf("edge %d: %v", i, r.shelf.Contact(ch))
			}
		}
		r.stop()
		r = openBus(t, func(r *bus) { edge(r); r.shelf.Own = true })
		defer r.stop()
		r.shelf.Input(ch, true)
		pass(time.Second)
		if r.shelf.Modes[2][3] != domain.InputEdge || r.shelf.Contact(ch) {
			t.Fatal("the agent did what the board does by itself")
		}
	})
}

// shows EDGE-15/R38 by agent/door/watched.go: "w.away, w.seen, w.modes = true, false, false"
func TestBoards_AwayIsAConditionAndTheReturnBringsContactsToRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := openBus(t, nil)
		defer r.stop()
		r.shelf.Quiet(2, true)
		pass(10 * time.Second)
		away := func() bool {
			for _, c := range r.health.List() {
				if c.Code == health.BoardUnreachable && c.About.Board == (domain.BoardID{3}) {
					return true
				}
			}
			return false
		}
		if !away() || r.shown(t, domain.BoardID{3}).Online {
			t.Fatal("a board that is gone is shown as there")
		}
		is(t, r.doors.Turn(t.Context(), r.turn(2, true)), domain.ActDone, "") // the other board of the line works on
		r.shelf.Force(latch, false)                                           // its power went: a contact that rests closed stands open
		r.shelf.Quiet(2, false)
		pass(10 * time.Second)
		if away() || !r.shelf.Contact(latch) || !r.shown(t, domain.BoardID{3}).Online {
			t.Fatalf("after the return: away %v, contact %v", away(), r.shelf.Contact(latch))
		}
	})
}

// Asks that wait for a silent board end together: the other board waits for one time-out at most.
func TestBoards_SilentOneDoesNotHoldTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := openBus(t, nil)
		defer r.stop()
		r.shelf.Quiet(2, true)
		var dead sync.WaitGroup
		for range 8 {
			dead.Go(func() { r.doors.Open(t.Context(), r.open()) })
		}
		synctest.Wait()
		began := time.Now()
		is(t, r.doors.Turn(t.Context(), r.turn(1, true)), domain.ActDone, "")
		if took := time.Since(began); took > 2*time.Second {
			t.Fatalf("waited %s behind a dead board", took)
		}
		dead.Wait()
	})
}

func TestPulse_ByTheBoardsOwnClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := openBus(t, func(r *bus) { r.shelf.Timed = true })
		is(t, r.doors.Open(t.Context(), r.open()), domain.ActDone, "")
		r.stop() // nobody is left to let go
		pass(1900 * time.Millisecond)
		if r.shelf.Contact(latch) {
			t.Fatal("the stop cut the pulse short")
		}
		pass(200 * time.Millisecond)
		if w := r.shelf.Writes(); !r.shelf.Contact(latch) || len(w) != 1 || w[0].Hold != 2*time.Second {
			t.Fatalf("contact %v, writes %+v", r.shelf.Contact(latch), w)
		}
	})
}

func TestPulse_BoardThatDoesNotLetGoIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := openBus(t, func(r *bus) { r.shelf.Timed, r.shelf.Stuck = true, true })
		defer r.stop()
		is(t, r.doors.Open(t.Context(), r.open()), domain.ActDone, "")
		pass(3 * time.Second)
		if w := r.shelf.Writes(); !r.shelf.Contact(latch) || len(w) != 2 {
			t.Fatalf("contact %v, writes %+v", r.shelf.Contact(latch), w)
		}
	})
}
