package stack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"vestibule/shared/sim"
	"vestibule/shared/sim/relaybank"
)

// Times that the story insists on.
const (
	ringsWithin  = 2 * time.Second
	stepWithin   = 5 * time.Second
	logWithin    = 2 * time.Second
	returnWithin = 15 * time.Second
)

const (
	living = "Monitor 101 living room"
	hall   = "Monitor 101 hall"
)

// teller carries one telling of the story.
type teller struct {
	*Stack
	tell  func(format string, args ...any)
	pulse int // commands that the entrance's own relay must have taken so far
	board int // how often the board's first coil must have gone on so far
	doors []string
}

// Story lets a visitor ring, somebody answer and open, cuts the link, rings and opens again, restores the link and checks that every event
// arrived once. tell is told every step. The stack must be fresh.
func Story(ctx context.Context, s *Stack, tell func(format string, args ...any)) error {
	t := &teller{Stack: s, tell: tell, pulse: s.Phone().Relays().Commands}
	for _, chapter := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"with the link", t.together},
		{"a door from afar", t.remote},
		{"without the link", t.alone},
		{"a restart without the link", t.restarted},
		{"a door from afar that cannot be", t.unreachable},
		{"the link is back", t.back},
	} {
		if err := chapter.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", chapter.name, err)
		}
	}
	return nil
}

func (t *teller) together(ctx context.Context) error {
	if err := t.call(ctx, living, hall); err != nil {
		return err
	}
	if err := t.opens(ctx, living); err != nil {
		return err
	}
	if err := t.hangUp(ctx, living); err != nil {
		return err
	}
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, logWithin)
	defer cancel()
	if err := t.logHolds(within, 1); err != nil {
		return err
	}
	t.tell("the log of the portal has the call and the door, %s later", since(began))
	return nil
}

// call rings 101, lets one answer, and expects that the other is told to stop.
func (t *teller) call(ctx context.Context, answers, other string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*stepWithin)
	defer cancel()
	began := time.Now()
	cancelled, neighbours := t.Monitor(other).Cancels(), len(t.Monitor("Monitor 102").State().Calls)
	if err := t.Phone().Press("101"); err != nil {
		return fmt.Errorf("press 101: %w", err)
	}
	t.tell("a visitor presses 101 at the %s", Entrance)
	for _, name := range []string{living, hall} {
		ringing, stop := context.WithTimeout(ctx, ringsWithin)
		err := t.Monitor(name).WaitRinging(ringing)
		stop()
		if err != nil {
			return fmt.Errorf("%s does not ring: %w", name, err)
		}
		t.tell("%s rings after %s", name, since(began))
	}
	began = time.Now()
	if err := t.Monitor(answers).Answer(ctx); err != nil {
		return fmt.Errorf("%s answers: %w", answers, err)
	}
	if err := t.Phone().WaitAnswered(ctx); err != nil {
		return fmt.Errorf("the visitor is not connected: %w", err)
	}
	t.tell("%s answers; the visitor is connected after %s", answers, since(began))
	if err := t.Monitor(other).Wait(ctx, func(s sim.State) bool { return !s.InCall() && s.Cancels == cancelled+1 }); err != nil {
		return fmt.Errorf("%s is not told to stop: %w", other, err)
	}
	t.tell("%s is told to stop after %s", other, since(began))
	if err := errors.Join(t.Phone().WaitMedia(ctx, 5), t.Monitor(answers).WaitMedia(ctx, 5)); err != nil {
		return fmt.Errorf("no sound: %w", err)
	}
	t.tell("both hear each other")
	if len(t.Monitor("Monitor 102").State().Calls) != neighbours {
		return errors.New("the monitor of apartment 102 rang, too")
	}
	return nil
}

// opens presses # and expects that the entrance's own relay moves exactly once.
func (t *teller) opens(ctx context.Context, monitor string) error {
	ctx, cancel := context.WithTimeout(ctx, stepWithin)
	defer cancel()
	began := time.Now()
	if err := t.Monitor(monitor).SendDigit(ctx, EntryCode, t.DigitBy(monitor)); err != nil {
		return fmt.Errorf("%s presses %s: %w", monitor, EntryCode, err)
	}
	t.pulse++
	if err := t.Phone().WaitRelays(ctx, func(s relaybank.Status) bool { return s.Commands >= t.pulse }); err != nil {
		return fmt.Errorf("the door stays shut: %w", err)
	}
	t.doors = append(t.doors, "dtmf done 1")
	t.tell("%s presses %s: the entrance door opens after %s", monitor, EntryCode, since(began))
	return t.untouched()
}

// opensGarage presses * and expects one pulse of the relay board.
func (t *teller) opensGarage(ctx context.Context, monitor string) error {
	ctx, cancel := context.WithTimeout(ctx, stepWithin)
	defer cancel()
	began := time.Now()
	if err := t.Monitor(monitor).SendDigit(ctx, GarageKey, t.DigitBy(monitor)); err != nil {
		return fmt.Errorf("%s presses %s: %w", monitor, GarageKey, err)
	}
	t.board++
	if err := t.Relays().WaitRelay(ctx, 0, true); err != nil {
		return fmt.Errorf("the board does not move: %w", err)
	}
	t.tell("%s presses %s: the relay board opens the garage after %s", monitor, GarageKey, since(began))
	if err := t.Relays().WaitRelay(ctx, 0, false); err != nil {
		return fmt.Errorf("the board does not let go: %w", err)
	}
	t.tell("the relay board lets the garage go after %s", since(began))
	t.doors = append(t.doors, "dtmf done 2")
	return t.untouched()
}

// untouched checks that no relay moved more often than somebody asked.
func (t *teller) untouched() error {
	if n := t.Phone().Relays().Commands; n != t.pulse {
		return fmt.Errorf("the entrance's relay took %d commands, not %d", n, t.pulse)
	}
	on := 0
	for _, c := range t.Relays().State().History {
		if c.On {
			on++
		}
	}
	if on != t.board {
		return fmt.Errorf("the board's relays went on %d times, not %d", on, t.board)
	}
	return nil
}

func (t *teller) hangUp(ctx context.Context, monitor string) error {
	ctx, cancel := context.WithTimeout(ctx, stepWithin)
	defer cancel()
	if err := t.Monitor(monitor).Hangup(ctx); err != nil {
		return fmt.Errorf("%s hangs up: %w", monitor, err)
	}
	if err := t.Phone().WaitIdle(ctx); err != nil {
		return fmt.Errorf("the visitor is still connected: %w", err)
	}
	t.tell("%s hangs up; the call is over for both", monitor)
	return nil
}

// remote opens through the API.
func (t *teller) remote(ctx context.Context) error {
	out, err := t.Open(ctx, 1, fmt.Sprintf("story-%d", t.pulse))
	if err != nil {
		return err
	}
	if out.Result != "done" {
		return fmt.Errorf("the answer is %s %s", out.Result, out.Reason)
	}
	t.pulse++
	t.doors = append(t.doors, "remote done 1")
	t.tell("the portal opens the entrance door: %s in %d ms", out.Result, out.TookMS)
	return t.untouched()
}

func (t *teller) alone(ctx context.Context) error {
	t.Cut()
	t.tell("the link to the cloud is cut, both ways, without a word")
	if err := t.call(ctx, hall, living); err != nil {
		return err
	}
	if err := t.opensGarage(ctx, hall); err != nil {
		return err
	}
	if err := t.opens(ctx, hall); err != nil {
		return err
	}
	return t.hangUp(ctx, hall)
}

// restarted restarts the agent while the link is cut: the next visitor is served although no phone registers again.
func (t *teller) restarted(ctx context.Context) error {
	before, began := t.registrations(), time.Now()
	if err := t.RestartAgent(ctx); err != nil {
		return err
	}
	t.tell("the agent is restarted while the link is cut")
	answers, cancel := context.WithTimeout(ctx, stepWithin)
	defer cancel()
	if err := t.registrarListens(answers); err != nil {
		return fmt.Errorf("the agent does not come back: %w", err)
	}
	if err := t.call(ctx, living, hall); err != nil {
		return err
	}
	if err := t.opens(ctx, living); err != nil {
		return err
	}
	if n := t.registrations(); n != before {
		return fmt.Errorf("phones registered %d times in between", n-before)
	}
	t.tell("%s after the restart; no phone has registered again", since(began))
	return t.hangUp(ctx, living)
}

// unreachable opens through the API while the link is cut and expects an honest answer and no movement.
func (t *teller) unreachable(ctx context.Context) error {
	began := time.Now()
	out, err := t.Open(ctx, 1, "story-cut")
	var refusal *Problem
	switch {
	case errors.As(err, &refusal) && refusal.Status == http.StatusConflict && refusal.Code == "offline":
		t.tell("the portal refuses to open: the agent is offline")
	case err != nil:
		return err
	case out.Result != "expired" && out.Result != "unknown" && out.Result != "refused":
		return fmt.Errorf("the answer is %s %s", out.Result, out.Reason)
	default:
		t.tell("the portal tries to open and says after %s: %s, %s", since(began), out.Result, out.Reason)
	}
	if err := t.untouched(); err != nil {
		return err
	}
	t.tell("no relay has moved")
	rows, err := t.Log(ctx)
	if err != nil {
		return err
	}
	if n := len(OfKind(rows, "call")); n != 1 {
		return fmt.Errorf("the log has %d calls while the link is cut, not 1", n)
	}
	t.tell("the log of the portal knows nothing of the calls since the cut")
	return nil
}

func (t *teller) back(ctx context.Context) error {
	t.Restore()
	began := time.Now()
	t.tell("the link is restored")
	within, cancel := context.WithTimeout(ctx, returnWithin)
	defer cancel()
	if err := t.logHolds(within, 3); err != nil {
		return err
	}
	t.tell("all three calls and their doors are in the log after %s", since(began))
	if err := t.untouched(); err != nil {
		return err
	}
	t.tell("the opening of before has moved nothing since")
	if err := t.remote(ctx); err != nil {
		return err
	}
	if err := t.logHolds(within, 3); err != nil {
		return err
	}
	rows, err := t.Log(ctx)
	if err != nil {
		return err
	}
	t.tell("%d events, each there once, in order and without a hole", len(rows))
	return nil
}

// logHolds waits until the log has that many calls and every door that was opened, and checks that nothing is there twice.
func (t *teller) logHolds(ctx context.Context, calls int) error {
	var last error
	err := poll(ctx, func() (bool, error) {
		rows, err := t.Log(ctx)
		if err == nil {
			last = t.compare(rows, calls)
		}
		return err == nil && last == nil, err
	})
	if err != nil {
		return errors.Join(last, err)
	}
	return nil
}

func (t *teller) compare(rows []Row, calls int) error {
	var doors []string
	for _, r := range OfKind(rows, "door_log") {
		doors = append(doors, fmt.Sprintf("%s %s %v", r.Says("means"), r.Says("result"), r.Body["relay"]))
	}
	if !slices.Equal(doors, t.doors) {
		return fmt.Errorf("the log has the doors %q, not %q", doors, t.doors)
	}
	ended := OfKind(rows, "call")
	if len(ended) != calls {
		return fmt.Errorf("the log has %d calls, not %d", len(ended), calls)
	}
	for _, c := range ended {
		if c.Says("end") != "opened" {
			return fmt.Errorf("a call ended as %q", c.Says("end"))
		}
	}
	return Whole(rows)
}

func since(t time.Time) time.Duration { return time.Since(t).Round(time.Millisecond) }
