package command_test

import (
	"crypto/ed25519"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/veraison/go-cose"
	"pgregory.net/rapid"

	"vestibule/cloud/account"
	"vestibule/cloud/audit"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/command"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// patience is how long a test waits for what must happen.
const patience = 15 * time.Second

type door struct {
	*linktest.Cloud
	box    *linktest.Box
	device domain.Device
}

func newDoor(t *testing.T, s *store.Store) *door {
	t.Helper()
	c := linktest.New(t, s)
	b := c.NewBox(c.Site)
	d := &door{Cloud: c, box: b, device: c.DoorPhone(b.ID, "Gate")}
	b.Join()
	return d
}

// asked is an Open under way.
type asked struct {
	outcome command.Outcome
	err     error
	done    chan struct{}
}

func (d *door) ask(relay int, key string) *asked {
	a := &asked{done: make(chan struct{})}
	go func() {
		defer close(a.done)
		a.outcome, a.err = d.Commands.Open(d.Person(), d.Site, d.device.ID, relay, d.Caller, key)
	}()
	return a
}

func (a *asked) wait(t *testing.T) command.Outcome {
	t.Helper()
	select {
	case <-a.done:
	case <-time.After(patience):
		t.Fatal("no answer")
	}
	if a.err != nil {
		t.Fatal(a.err)
	}
	return a.outcome
}

// next waits for a command at the box and opens it as an agent does.
func (d *door) next(t *testing.T) wire.Command {
	t.Helper()
	late, tick := time.After(patience), time.NewTicker(2*time.Millisecond)
	defer tick.Stop()
	for {
		if signed, ok := linktest.Take[wire.SignedCommand](d.box, wire.KindCommand); ok {
			return d.verify(t, signed, d.Enroll.CommandKeys()[0])
		}
		select {
		case <-late:
			t.Fatal("no command arrives")
		case <-tick.C:
		}
	}
}

func (d *door) verify(t *testing.T, signed wire.SignedCommand, key ed25519.PublicKey) wire.Command {
	t.Helper()
	var m cose.Sign1Message
	if err := m.UnmarshalCBOR(signed.Sign1); err != nil {
		t.Fatal(err)
	}
	verifier, err := cose.NewVerifier(cose.AlgorithmEdDSA, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Verify([]byte(wire.CommandContext), verifier); err != nil {
		t.Fatal(err)
	}
	if m.Verify([]byte("another context"), verifier) == nil {
		t.Error("the signature holds in another context")
	}
	var cmd wire.Command
	if err := wire.Unmarshal(m.Payload, &cmd); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func (d *door) sweep(t *testing.T) {
	t.Helper()
	if err := d.Commands.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// shows LOG-04 by cloud/command/record.go: "return s.Store.Record(ctx, account.Stamp(ctx, e))" => "_ = account.Stamp(ctx, e); return nil"
func TestOpen_IsRecordedOnceWithItsDoor(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDoor(t, s)
		recorded := func() []audit.Entry {
			t.Helper()
			all, err := d.Store.Audit(d.Person(), d.Site, 100)
			if err != nil {
				t.Fatal(err)
			}
			return slices.DeleteFunc(all, func(e audit.Entry) bool { return e.Action != audit.Opened })
		}
		if _, err := d.Commands.Open(d.Person(), d.Site, d.device.ID, 2, d.Caller, "key-2"); err == nil || len(recorded()) != 0 {
			t.Errorf("a relay that is off: %v, %+v", err, recorded())
		}
		a := d.ask(1, "key-1")
		cmd := d.next(t)
		d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Result: domain.ActDone})
		a.wait(t)
		d.ask(1, "key-1").wait(t) // the same press
		acts := recorded()
		if len(acts) != 1 {
			t.Fatalf("recorded %+v", acts)
		}
		if e := acts[0]; e.Object != "relay" || e.ObjectName != "Gate" || e.ObjectID != d.device.ID || e.Actor != "Ina Installer" || e.Site != d.Site ||
			!strings.Contains(string(e.After), cmd.ID.String()) {
			t.Errorf("recorded %+v", e)
		}
	})
}

func TestOpen_TellsTheResultOfTheAgent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDoor(t, s)
		a := d.ask(1, "")
		cmd := d.next(t)
		now, _ := d.Time.Now()
		want := wire.Command{
			ID: cmd.ID, Agent: d.box.ID, Conn: d.box.Conn, Kind: wire.CommandDoorOpen, DeviceID: d.device.ID, Relay: 1,
			IssuedMilli: now.UnixMilli(), BoundMilli: 5, TTLMilli: 8000, Actor: "Ina Installer",
		}
		if cmd != want {
			t.Fatalf("%+v\nwant %+v", cmd, want)
		}
		d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Accepted: true})
		d.Time.Move(300 * time.Millisecond)
		d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Result: domain.ActDone})
		if o := a.wait(t); o.Result != domain.ActDone || o.Reason != "" || o.TookMilli != 300 || o.ID != cmd.ID {
			t.Errorf("%+v", o)
		}
		stored, err := d.Commands.Read(d.Person(), d.Site, cmd.ID)
		if err != nil || stored.Result != domain.ActDone {
			t.Errorf("%+v %v", stored, err)
		}
		_, stranger := d.NewSite("Elsewhere")
		if _, err := d.Commands.Read(account.With(t.Context(), stranger), d.Site, cmd.ID); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a stranger: %v", err)
		}
		if n := len(d.Live.Of("command")); n != 2 {
			t.Errorf("%d told", n)
		}
	})
}

func TestOpen_RefusesBeforeAnythingIsSent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDoor(t, s)
		_, stranger := d.NewSite("Elsewhere")
		open := func(by account.Caller, device domain.DeviceID, relay int, key string) error {
			_, err := d.Commands.Open(account.With(t.Context(), by), d.Site, device, relay, by, key)
			return err
		}
		for name, c := range map[string]struct {
			err  error
			want fault.Code
		}{
			"a stranger":         {open(stranger, d.device.ID, 1, ""), fault.NotFound},
			"an unknown device":  {open(d.Caller, domain.DeviceID{9}, 1, ""), fault.NotFound},
			"an unknown relay":   {open(d.Caller, d.device.ID, 3, ""), fault.NotFound},
			"a relay that's off": {open(d.Caller, d.device.ID, 2, ""), fault.Conflict},
			"a key without end":  {open(d.Caller, d.device.ID, 1, fmt.Sprintf("%200d", 1)), fault.Invalid},
		} {
			if fault.CodeOf(c.err) != c.want {
				t.Errorf("%s: %v", name, c.err)
			}
		}
		d.box.HangUp(true) // quiet is not online
		if err := open(d.Caller, d.device.ID, 1, ""); fault.CodeOf(err) != fault.Offline {
			t.Errorf("agent offline: %v", err)
		}
		d.box.Join()
		d.Time.Move(wire.OfflineAfter) // silent, and the sweeper has not looked yet
		if err := open(d.Caller, d.device.ID, 1, ""); fault.CodeOf(err) != fault.Offline {
			t.Errorf("agent silent: %v", err)
		}
		if n := d.box.Count(wire.KindCommand); n != 0 {
			t.Errorf("%d commands were sent", n)
		}
	})
}

// Double click, proxy retry, republish: ten copies of one request are one command with one result.
//
// shows BEY-04 by cloud/command/service.go: "if first, ok, err := s.first(ctx, by, c.Key, now); err != nil || ok {" => "if first, ok, err := s.first(ctx, by, \"\", now); err != nil || ok {"
func TestFailure12_TenCopiesAreOneCommand(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDoor(t, s)
		var copies []*asked
		for range 10 {
			copies = append(copies, d.ask(1, "key-1"))
		}
		cmd := d.next(t)
		d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Accepted: true})
		d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Result: domain.ActDone})
		for _, a := range copies {
			if o := a.wait(t); o.ID != cmd.ID || o.Result != domain.ActDone {
				t.Errorf("%+v", o)
			}
		}
		if d.box.Count(wire.KindCommand) != 0 {
			t.Error("a second command was sent")
		}
		d.box.HangUp(true) // the first outcome is told even when nobody could open now
		if o := d.ask(1, "key-1").wait(t); o.ID != cmd.ID {
			t.Errorf("%+v", o)
		}
		d.box.Join()
		if _, err := d.Commands.Open(d.Person(), d.Site, d.device.ID, 2, d.Caller, "key-1"); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("the key for another door: %v", err)
		}
		other := d.Caller
		other.Account = domain.NewID[domain.AccountID](time.Now())
		second := &asked{done: make(chan struct{})}
		go func() {
			defer close(second.done)
			second.outcome, second.err = d.Commands.Open(d.Person(), d.Site, d.device.ID, 1, other, "key-1")
		}()
		next := d.next(t)
		d.box.Send(wire.KindResult, wire.Result{ID: next.ID, Result: domain.ActDone})
		if o := second.wait(t); o.ID == cmd.ID {
			t.Error("the key of another account led to this one's command")
		}
		d.Time.Move(25 * time.Hour)
		d.box.Join()
		a := d.ask(1, "key-1")
		if again := d.next(t); again.ID == cmd.ID {
			t.Error("the key lives longer than a day")
		} else {
			d.box.Send(wire.KindResult, wire.Result{ID: again.ID, Result: domain.ActDone})
		}
		a.wait(t)
	})
}

func TestSweep_SendsAgainUntilAccepted(t *testing.T) {
	d := newDoor(t, storetest.SQLite(t))
	a := d.ask(1, "")
	cmd := d.next(t)
	d.sweep(t)
	if d.box.Count(wire.KindCommand) != 0 {
		t.Error("sent again at once")
	}
	d.Time.Move(wire.ResendEvery)
	d.sweep(t)
	if again := d.next(t); again != cmd {
		t.Errorf("another command: %+v", again)
	}
	d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Accepted: true})
	d.Time.Move(wire.ResendEvery)
	d.sweep(t)
	if d.box.Count(wire.KindCommand) != 0 {
		t.Error("sent again after it was accepted")
	}
	d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Result: domain.ActFailed, Reason: domain.ReasonUnreachable})
	if o := a.wait(t); o.Result != domain.ActFailed || o.Reason != domain.ReasonUnreachable {
		t.Errorf("%+v", o)
	}
}

// Nobody answers: the cloud says that it does not know, never that nothing happened, and the agent's own word stands beside it when it comes.
//
// shows BEY-04 EDGE-13/R36 by cloud/command/step.go: "f.Result, f.Reason, f.EndedAt = domain.ActUnknown, domain.ReasonNoAnswer, now" => "f.Result, f.Reason, f.EndedAt = domain.ActExpired, domain.ReasonNoAnswer, now"
func TestSweep_IsHonestAboutSilence(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(d *door, cmd wire.Command)
		want    domain.ActResult
		reason  domain.Reason
	}{
		"never accepted on a standing link": {func(*door, wire.Command) {}, domain.ActUnknown, domain.ReasonNoAnswer},
		"accepted, then nothing": {func(d *door, cmd wire.Command) {
			d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Accepted: true})
		}, domain.ActUnknown, domain.ReasonNoAnswer},
		"the link broke":          {func(d *door, _ wire.Command) { d.box.HangUp(true) }, domain.ActUnknown, domain.ReasonAgentOffline},
		"the link is another one": {func(d *door, _ wire.Command) { d.box.Join() }, domain.ActUnknown, domain.ReasonAgentOffline},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				d := newDoor(t, s)
				a := d.ask(1, "")
				cmd := d.next(t)
				c.happens(d, cmd)
				d.Time.Move(wire.DoorTTL + 2*time.Second)
				d.sweep(t)
				if o := a.wait(t); o.Result != c.want || o.Reason != c.reason {
					t.Fatalf("%+v", o)
				}
				// The agent's journal speaks later, as an audit row.
				d.box.Join()
				row := d.box.Row(domain.EventCommand, domain.CommandBody{CommandID: cmd.ID, Kind: "door_open", Result: domain.ActUnknown, Reason: domain.ReasonInterrupted})
				if _, ok := d.box.Upload(row); !ok {
					t.Fatal("not taken")
				}
				o, err := d.Commands.Read(d.Person(), d.Site, cmd.ID)
				if err != nil || o.Result != c.want || o.LateResult != domain.ActUnknown || o.LateReason != domain.ReasonInterrupted {
					t.Errorf("%+v %v", o, err)
				}
				if d.box.Count(wire.KindCommand) != 0 {
					t.Error("it was sent again")
				}
			})
		})
	}
}

// A cloud that starts anew finds its open commands and ends them; it never sends them again.
func TestSweep_AfterARestartNothingIsSentAgain(t *testing.T) {
	d := newDoor(t, storetest.SQLite(t))
	d.ask(1, "")
	cmd := d.next(t)
	restarted := command.New(command.Config{
		Store: d.Store, Presence: d.Presence, Sender: d.Lines, Clock: d.Time, Key: d.Enroll.CommandKey(), Logger: linktest.Logger(),
	})
	d.Time.Move(wire.ResendEvery)
	if err := restarted.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d.box.Count(wire.KindCommand) != 0 {
		t.Error("sent again")
	}
	d.Time.Move(wire.DoorTTL)
	if err := restarted.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if o, err := restarted.Read(d.Person(), d.Site, cmd.ID); err != nil || o.Result != domain.ActUnknown {
		t.Errorf("%+v %v", o, err)
	}
}

// An agent that opened right before the deadline is heard after it, within the grace: what the person is told is what happened.
//
// shows BEY-04 by cloud/command/step.go: "wait := f.Deadline().Add(grace)" => "wait := f.Deadline()"
func TestSweep_TheWordOfASlowLineIsHeard(t *testing.T) {
	d := newDoor(t, storetest.SQLite(t))
	a := d.ask(1, "")
	cmd := d.next(t)
	d.Time.Move(wire.DoorTTL + time.Second)
	d.sweep(t)
	d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Result: domain.ActDone})
	if o := a.wait(t); o.Result != domain.ActDone || o.LateResult != "" {
		t.Errorf("%+v", o)
	}
}

func TestResult_OfAnotherAgentCountsForNothing(t *testing.T) {
	d := newDoor(t, storetest.SQLite(t))
	a := d.ask(1, "")
	cmd := d.next(t)
	other := d.NewBox(d.Site)
	other.Join()
	other.Send(wire.KindResult, wire.Result{ID: cmd.ID, Result: domain.ActDone})
	d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Result: "splendid"})
	if o, err := d.Commands.Read(d.Person(), d.Site, cmd.ID); err != nil || o.Result != "" {
		t.Errorf("%+v %v", o, err)
	}
	d.box.Send(wire.KindResult, wire.Result{ID: cmd.ID, Result: domain.ActRefused, Reason: domain.ReasonNotAllowed})
	if o := a.wait(t); o.Result != domain.ActRefused {
		t.Errorf("%+v", o)
	}
}

// Two waiters of one command in two processes: the poll is the net under a lost hint.
//
// shows BEY-04 by cloud/command/service.go: "poll := time.NewTicker(pollEvery)" => "poll := time.NewTicker(time.Hour)"
func TestFailure24_ResultStoredByAnotherReplica(t *testing.T) {
	d := newDoor(t, storetest.SQLite(t))
	a := d.ask(1, "")
	cmd := d.next(t)
	replica := command.New(command.Config{
		Store: d.Store, Presence: d.Presence, Sender: d.Lines, Clock: d.Time, Key: d.Enroll.CommandKey(), Logger: linktest.Logger(),
	})
	if err := replica.Result(t.Context(), d.box.ID, wire.Result{ID: cmd.ID, Result: domain.ActDone}); err != nil {
		t.Fatal(err)
	}
	if o := a.wait(t); o.Result != domain.ActDone {
		t.Errorf("%+v", o)
	}
}

// Whatever is answered in whatever order: a told result never changes, done and expired are only told when the agent said so, and nothing is sent
// after the deadline or after it was accepted.
func TestStep_HoldsForAnyOrder(t *testing.T) {
	start := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		f := command.Flight{Command: command.Command{ID: domain.CommandID{1}, IssuedAt: start, TTL: wire.DoorTTL}, SentAt: start}
		now, said := start, map[domain.ActResult]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "ms")) * time.Millisecond)
			before := f
			var in command.Input = command.Tick{Linked: rapid.Bool().Draw(t, "linked")}
			if rapid.IntRange(0, 3).Draw(t, "answer") == 0 {
				r := wire.Result{ID: f.ID, Accepted: rapid.Bool().Draw(t, "accepted")}
				r.Result = rapid.SampledFrom([]domain.ActResult{"", domain.ActDone, domain.ActFailed, domain.ActExpired, "nonsense"}).Draw(t, "result")
				said[r.Result] = true
				in = command.Answered{Result: r}
			}
			var effects []command.Effect
			f, effects = command.Step(f, in, now)
			if !before.Open() && (f.Result != before.Result || f.Reason != before.Reason) {
				t.Fatalf("told %s, then %s", before.Result, f.Result)
			}
			if (f.Result == domain.ActDone || f.Result == domain.ActExpired) && !said[f.Result] {
				t.Fatalf("%s, and nobody said so", f.Result)
			}
			for _, e := range effects {
				if _, ok := e.(command.Send); ok && (!now.Before(f.Deadline()) || !before.AcceptedAt.IsZero()) {
					t.Fatal("sent too late")
				}
			}
		}
		f, _ = command.Step(f, command.Tick{}, now.Add(wire.MaxDoorTTL+time.Minute))
		if f.Open() {
			t.Fatal("never ended")
		}
	})
}
