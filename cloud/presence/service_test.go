package presence_test

import (
	"context"
	"testing"
	"time"

	"vestibule/cloud/account"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/presence"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
	"vestibule/shared/domain"
	"vestibule/shared/fault"
	"vestibule/shared/wire"
)

func only(t *testing.T, c *linktest.Cloud) presence.Agent {
	t.Helper()
	list, err := c.Presence.Of(c.Person(), c.Site)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v, %d agents", err, len(list))
	}
	return list[0]
}

// shows EDGE-24 by cloud/presence/service.go: "if err := s.Store.SaveLink(ctx, agent, l, facts); err != nil {" => "if err := error(nil); err != nil {"
func TestService_ShowsWhoIsThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		if a := only(t, c); a.Presence.State != presence.Never {
			t.Fatalf("%+v", a)
		}
		w := b.Join()
		if now, _ := c.Time.Now(); w.ServerMilli != now.UnixMilli() || w.BoundMilli != 5 || w.BeatMilli != 30_000 || w.Config != 1 {
			t.Errorf("welcome %+v", w)
		}
		if a := only(t, c); a.Presence.State != presence.Online || a.LANURL != "https://192.168.1.5:8081" || a.FilesURL != "http://192.168.1.5:8082/" || a.Version != "test" {
			t.Errorf("%+v", a)
		}
		if ack, ok := b.Beat(); !ok || ack.Config != 1 {
			t.Errorf("beat: %+v %v", ack, ok)
		}
		b.HangUp(true)
		if a := only(t, c); a.Presence.State != presence.Quiet {
			t.Errorf("%+v", a)
		}
		c.Time.Move(wire.QuietFor)
		if err := c.Presence.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if a := only(t, c); a.Presence.State != presence.Offline {
			t.Errorf("%+v", a)
		}
		var states []presence.State
		for _, m := range c.Live.Of("presence") {
			states = append(states, m.Data.(presence.Agent).Presence.State)
		}
		if len(states) != 3 || states[0] != presence.Online || states[1] != presence.Quiet || states[2] != presence.Offline {
			t.Errorf("told %v", states)
		}
	})
}

// Only the connection in force may say anything: events, pulls and reports of another are dropped and counted.
//
// shows EDGE-32 by cloud/hub/route.go: "ok, err := r.jobs.Presence.InForce(ctx, agent, e.Conn)" => "ok, err := true, error(nil)"
func TestService_OtherConnectionsSayNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Dial()
		b.Send(wire.KindPull, wire.Pull{})
		b.Join()
		twin := b.Copy()
		if w := twin.Hello(); w.Refuse != wire.RefuseStale && w.Refuse != "" {
			t.Fatalf("twin: %+v", w)
		}
		b.Dial() // a connection that never said hello
		b.Send(wire.KindPull, wire.Pull{})
		if _, ok := b.Upload(b.Row(domain.EventAgent, domain.NoteBody{What: "started"})); ok {
			t.Error("events were taken")
		}
		if b.Count(wire.KindChunk) != 0 {
			t.Error("configuration was given")
		}
		if d := c.Router.Dropped(); d.NotHere != 3 {
			t.Errorf("%+v", d)
		}
	})
}

// A box restored from a backup learns its fence, jumps above it once, and sees from the welcome that the cloud knows more of its log.
//
// shows EDGE-31 by cloud/presence/step.go: "case !above(in, l):" => "case false:"
func TestFailure18_RestoredBackupJumpsAboveTheFence(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		backup := b.Copy()
		for range 3 {
			b.Join()
		}
		if _, ok := b.Upload(b.Row(domain.EventAgent, domain.NoteBody{What: "started"})); !ok {
			t.Fatal("not taken")
		}
		w := backup.Hello()
		if w.Refuse != wire.RefuseStale || w.Fence != b.Counter || w.Generation != 1 || w.RetryMilli == 0 {
			t.Fatalf("%+v", w)
		}
		backup.Counter = w.Fence
		if w = backup.Join(); w.AckedAudit != 1 {
			t.Errorf("acked %d: the box cannot know that its disk is old", w.AckedAudit)
		}
	})
}

// shows EDGE-13 by cloud/presence/service.go: "if s.tokens < 1 {" => "if false {"
func TestFailure08_TooManyHellosAreToldWhenToComeBack(t *testing.T) {
	c := linktest.New(t, storetest.SQLite(t), linktest.Hooks{Presence: func(p *presence.Config) { p.HellosPerSecond = 2 }})
	busy := 0
	for range 10 {
		b := c.NewBox(c.Site)
		if w := b.Hello(); w.Refuse == wire.RefuseBusy && w.RetryMilli >= 1000 {
			busy++
		} else if w.Refuse != "" {
			t.Fatalf("%+v", w)
		}
	}
	if busy != 6 {
		t.Errorf("%d were sent away", busy)
	}
	c.Time.Move(10 * time.Second)
	c.NewBox(c.Site).Join()
}

// An agent that says hello again and again spends its own share: the others are heard all the same.
//
// shows BEY-22 by cloud/presence/service.go: "if _, ok := s.share.Take(agent, now); !ok {" => "if false {"
func TestService_OneAgentCannotSpendTheHellosOfOthers(t *testing.T) {
	c := linktest.New(t, storetest.SQLite(t), linktest.Hooks{Presence: func(p *presence.Config) { p.HellosPerSecond = 10 }})
	b := c.NewBox(c.Site)
	busy := 0
	for range 40 {
		if w := b.Hello(); w.Refuse == wire.RefuseBusy {
			busy++
		}
	}
	if busy != 30 {
		t.Errorf("sent away %d times", busy)
	}
	c.NewBox(c.Site).Join()
}

// shows EDGE-01 by cloud/presence/step.go: "case l.Revoked:" => "case false:"
func TestFailure31_RevokedWhileOffline(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		b := c.NewBox(c.Site)
		b.Join()
		b.HangUp(false)
		if err := c.Enroll.Revoke(c.Person(), c.Site, b.ID); err != nil {
			t.Fatal(err)
		}
		if w := b.Hello(); w.Refuse != wire.RefuseRevoked {
			t.Errorf("%+v", w)
		}
		b.Send(wire.KindPull, wire.Pull{})
		if b.Count(wire.KindChunk) != 0 {
			t.Error("a revoked agent was given configuration")
		}
		if list, err := c.Presence.Of(c.Person(), c.Site); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
	})
}

func TestService_AgentsAreOfTheCallersSitesAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		c.NewBox(c.Site)
		_, stranger := c.NewSite("Elsewhere")
		for name, ctx := range map[string]context.Context{"stranger": account.With(t.Context(), stranger), "nobody": t.Context()} {
			if _, err := c.Presence.Of(ctx, c.Site); fault.CodeOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// shows EDGE-24 by cloud/presence/service.go: "return s.current[agent].conn == conn" => "return true"
func TestService_StartsWithNobodyOnline(t *testing.T) {
	c := linktest.New(t, storetest.SQLite(t))
	b := c.NewBox(c.Site)
	b.Join()
	c.Time.Move(time.Second)
	restarted := presence.New(presence.Config{Store: c.Store, Clock: c.Time, OwnBroker: true, Logger: linktest.Logger()})
	if _, online, err := restarted.Reachable(t.Context(), b.ID); online || err != nil {
		t.Errorf("before anybody has come back: reachable %v %v", online, err)
	}
	ctx, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- restarted.Run(ctx) }()
	late, tick := time.After(10*time.Second), time.NewTicker(5*time.Millisecond)
	defer tick.Stop()
	for only(t, c).Presence.State != presence.Quiet {
		select {
		case <-late:
			t.Fatal("still online")
		case <-tick.C:
		}
	}
	end()
	<-done
	if _, online, err := restarted.Reachable(t.Context(), b.ID); online || err != nil {
		t.Errorf("reachable %v %v", online, err)
	}
}

// All links begin anew by one statement, which must say what Step says of each.
//
// shows BEY-22 by cloud/presence/service.go: "return s.Store.RestartLinks(ctx, s.began, now)" => "return nil"
func TestService_BeginsEveryLinkAsStepDoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := linktest.New(t, s)
		now, _ := c.Time.Now()
		want := map[domain.AgentID]presence.Link{}
		for _, state := range []presence.State{presence.Never, presence.Online, presence.Quiet, presence.Offline, presence.Refused} {
			for _, beat := range []time.Time{{}, now.Add(-time.Millisecond), now} {
				b := c.NewBox(c.Site)
				l := presence.Link{
					State: state, Since: now.Add(-time.Hour), Generation: 1, Counter: 7, Conn: domain.NewID[domain.ConnID](now), BeatAt: beat, QuietUntil: now.Add(-time.Minute),
				}
				if err := s.SaveLink(t.Context(), b.ID, l, nil); err != nil {
					t.Fatal(err)
				}
				want[b.ID], _ = presence.Step(l, presence.Restarted{Began: now}, now.Add(time.Second))
			}
		}
		restarted := presence.New(presence.Config{Store: s, Clock: c.Time, OwnBroker: true, Logger: linktest.Logger()})
		c.Time.Move(time.Second)
		if err := restarted.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		for agent, l := range want {
			if _, got, err := s.ReadLink(t.Context(), agent); err != nil || got != l {
				t.Errorf("%v\nis   %+v\nnot  %+v", err, got, l)
			}
		}
	})
}

func TestClock_FollowsTheDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := presence.NewClock(s)
		if _, bound := c.Now(); bound < time.Minute {
			t.Errorf("sure before asking: %v", bound)
		}
		if err := c.Sample(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		now, bound := c.Now()
		if far := max(before.Sub(now), time.Until(now)); far > bound+50*time.Millisecond || bound > 5*time.Second {
			t.Errorf("%v away, bound %v", far, bound)
		}
	})
}
