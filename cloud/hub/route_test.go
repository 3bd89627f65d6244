package hub_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/hub"
	"vestibule/shared/desired"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

// jobs answers everything, or fails with err.
type jobs struct {
	heard []string
	force bool
	err   error
}

func (j *jobs) note(what string) error {
	j.heard = append(j.heard, what)
	return j.err
}

func (j *jobs) Hello(_ context.Context, _ domain.AgentID, _ domain.ConnID, h wire.Hello) (wire.Welcome, error) {
	if h.Generation == 0 {
		return wire.Welcome{Refuse: wire.RefuseStale}, j.note("hello")
	}
	return wire.Welcome{}, j.note("hello")
}

func (j *jobs) Gone(context.Context, domain.AgentID, domain.ConnID) error { return j.note("gone") }

func (j *jobs) InForce(context.Context, domain.AgentID, domain.ConnID) (bool, error) {
	return j.force, nil
}

func (j *jobs) HeadFor(context.Context, domain.AgentID) (uint64, desired.Hash, error) {
	return 7, desired.Hash{7}, j.err
}

func (j *jobs) Greet(context.Context, domain.AgentID) (uint64, desired.Hash, uint64, error) {
	return 7, desired.Hash{7}, 0, j.err
}

func (j *jobs) Joined(context.Context, domain.AgentID, domain.ConnID, wire.Hello) error {
	return j.note("joined")
}

func (j *jobs) Pull(context.Context, domain.AgentID, domain.ConnID, wire.Pull) (wire.Chunk, error) {
	return wire.Chunk{}, j.note("pull")
}

func (j *jobs) Report(context.Context, domain.AgentID, domain.ConnID, wire.Report) (wire.Reported, error) {
	return wire.Reported{}, j.note("report")
}

func (j *jobs) Take(context.Context, domain.AgentID, wire.Events) (wire.Ack, error) {
	return wire.Ack{}, j.note("events")
}

func (j *jobs) Acked(context.Context, domain.AgentID, domain.EpochID) (uint64, uint64, error) {
	return 3, 4, j.err
}

func (j *jobs) Result(context.Context, domain.AgentID, wire.Result) error { return j.note("result") }

func (j *jobs) Renew(context.Context, domain.AgentID, wire.Renew) wire.Renewed {
	_ = j.note("renew")
	return wire.Renewed{}
}

func (j *jobs) Signal(context.Context, domain.AgentID, domain.ConnID, wire.Signal) error {
	return j.note("signal")
}

func (j *jobs) AskTurn(context.Context, domain.AgentID) (wire.TurnLogin, error) {
	return wire.TurnLogin{}, j.note("ask_turn")
}

// beats is presence's and desiredstate's half of the same word.
type presence struct{ *jobs }

func (p presence) Beat(context.Context, domain.AgentID, domain.ConnID, wire.Beat) (wire.BeatAck, bool, error) {
	return wire.BeatAck{}, p.force, p.note("beat")
}

type documents struct{ *jobs }

func (d documents) Beat(context.Context, domain.AgentID, domain.ConnID, wire.Beat, wire.BeatAck) error {
	return d.note("compared")
}

// line keeps what is answered.
type line struct{ sent []wire.Envelope }

func (l *line) Run(context.Context) error { return nil }
func (l *line) Serving() bool             { return true }
func (l *line) Figures() hub.Figures      { return hub.Figures{} }
func (l *line) Kick(domain.AgentID)       {}
func (l *line) Publish(_ domain.AgentID, conn domain.ConnID, data []byte) error {
	e, err := wire.Open(data)
	if err == nil && e.Conn != conn {
		err = errors.New("envelope of another connection")
	}
	l.sent = append(l.sent, e)
	return err
}

func router(j *jobs) (*hub.Router, *line) {
	r, l := hub.NewRouter(linktest.Logger()), &line{}
	r.Connect(l, hub.Jobs{Presence: presence{j}, Desired: documents{j}, Events: j, Commands: j, Certificates: j, Signals: j})
	return r, l
}

// Every kind goes to its job and is answered on its own connection, after the job; a job that fails is not answered.
func TestRouter_EveryKindReachesItsJob(t *testing.T) {
	for _, c := range []struct {
		kind   wire.Kind
		body   any
		heard  string
		answer wire.Kind
		always bool // needs no connection in force
	}{
		{wire.KindHello, wire.Hello{Generation: 1}, "hello", wire.KindWelcome, true},
		{wire.KindHello, wire.Hello{}, "hello", wire.KindWelcome, true}, // refused
		{wire.KindGone, wire.Gone{}, "gone", 0, true},
		{wire.KindBeat, wire.Beat{}, "beat", wire.KindBeatAck, false},
		{wire.KindPull, wire.Pull{}, "pull", wire.KindChunk, false},
		{wire.KindReport, wire.Report{}, "report", wire.KindReported, false},
		{wire.KindEvents, wire.Events{}, "events", wire.KindAck, false},
		{wire.KindSignal, wire.Signal{}, "signal", 0, false},
		{wire.KindAskTurn, wire.AskTurn{}, "ask_turn", wire.KindTurn, false},
		{wire.KindResult, wire.Result{}, "result", 0, false},
		{wire.KindRenew, wire.Renew{}, "renew", wire.KindRenewed, false},
	} {
		for _, force := range []bool{true, false} {
			for _, broken := range []error{nil, errors.New("broken"), fault.New(fault.Invalid, "bad")} {
				j := &jobs{force: force, err: broken}
				r, l := router(j)
				data, err := wire.Seal(c.kind, domain.ConnID{5}, c.body)
				if err != nil {
					t.Fatal(err)
				}
				r.Handle(t.Context(), domain.AgentID{1}, data)
				if taken := len(j.heard) > 0; taken != (force || c.always) {
					t.Errorf("%s in force %v: heard %v", c.kind, force, j.heard)
				} else if taken && j.heard[0] != c.heard {
					t.Errorf("%s went to %v", c.kind, j.heard)
				}
				answered := len(l.sent) > 0
				want := (force || c.always) && c.answer != 0 && (broken == nil || c.kind == wire.KindRenew)
				if answered != want || answered && l.sent[0].Kind != c.answer {
					t.Errorf("%s in force %v, job %v: answered %v", c.kind, force, broken, l.sent)
				}
				if d := r.Dropped(); !force && !c.always && d.NotHere != 1 {
					t.Errorf("%s: %+v", c.kind, d)
				}
			}
		}
	}
}

func TestRouter_WelcomeHoldsTheHeads(t *testing.T) {
	j := &jobs{}
	r, l := router(j)
	data, err := wire.Seal(wire.KindHello, domain.ConnID{5}, wire.Hello{Generation: 1})
	if err != nil {
		t.Fatal(err)
	}
	r.Handle(t.Context(), domain.AgentID{1}, data)
	w, err := wire.Body[wire.Welcome](l.sent[0])
	if err != nil || w.Config != 7 || w.AckedAudit != 3 || w.AckedStatus != 4 || j.heard[1] != "joined" {
		t.Errorf("%+v %v %v", w, err, j.heard)
	}
}

// Whatever arrives: no panic, and at most one answer.
func FuzzRouter_Handle(f *testing.F) {
	for _, kind := range []wire.Kind{wire.KindHello, wire.KindBeat, wire.KindReport, wire.KindEvents, wire.KindResult, wire.KindPull, wire.KindRenew, wire.KindGone, 99} {
		data, err := wire.Seal(kind, domain.ConnID{5}, wire.Hello{Generation: 1, Counter: 2})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, l := router(&jobs{force: true})
		r.Handle(t.Context(), domain.AgentID{1}, data)
		if len(l.sent) > 1 {
			t.Errorf("%d answers", len(l.sent))
		}
	})
}

// A hello that waited too long is sent away before it costs anything, and one whose agent has left is dropped.
//
// shows BEY-22 by cloud/hub/route.go: "case waited >= helloPatience:" => "case waited >= 100*helloPatience:"
func TestRouter_AHelloThatWaitedLongIsSentAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := &jobs{}
		r, l := router(j)
		data, err := wire.Seal(wire.KindHello, domain.ConnID{5}, wire.Hello{Generation: 1})
		if err != nil {
			t.Fatal(err)
		}
		q := hub.NewQueue(hub.Limits{PerAgent: 64, Bytes: 1 << 20, Handlers: 1}, func(ctx context.Context, agent domain.AgentID, data []byte) {
			r.Handle(ctx, agent, data)
			<-time.After(4 * time.Second) // one handler, and the next in line waits
		}, linktest.Logger())
		for i := range 4 {
			q.Put(domain.AgentID{byte(i + 1)}, data)
		}
		synctest.Wait()
		<-time.After(20 * time.Second)
		q.Close(t.Context())
		var refused []wire.Refusal
		for _, e := range l.sent {
			w, err := wire.Body[wire.Welcome](e)
			if err != nil {
				t.Fatal(err)
			}
			refused = append(refused, w.Refuse)
		}
		if !slices.Equal(refused, []wire.Refusal{wire.RefuseNone, wire.RefuseBusy, wire.RefuseBusy}) || r.Dropped().NotHere != 1 {
			t.Errorf("answered %q, dropped %+v", refused, r.Dropped())
		}
	})
}
