package box

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vestibule/agent/outbox"
	agentstore "vestibule/agent/store"
	"vestibule/cloud/cloudtest/linktest"
	"vestibule/cloud/eventlog"
	"vestibule/cloud/seal"
	"vestibule/cloud/store"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// openCloud opens a database file with a cloud on it.
func openCloud(t *testing.T, file string) (*store.Store, *linktest.Cloud) {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+file)
	if err != nil {
		t.Fatal(err)
	}
	s.Unlock(seal.New([32]byte{7}))
	return s, linktest.New(t, s)
}

func shut(t *testing.T, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// wireTo joins an agent's outbox to the log of a cloud without a network between them.
type wireTo struct {
	t     *testing.T
	agent domain.AgentID
	log   *eventlog.Service
	acks  []wire.Ack
}

func (w *wireTo) Conn() domain.ConnID                         { return domain.ConnID{1} }
func (w *wireTo) Reconnect(why string)                        { w.t.Error(why) }
func (w *wireTo) CloudTime() (time.Time, time.Duration, bool) { return time.Time{}, 0, false }

func (w *wireTo) Send(_ wire.Kind, body any) error {
	ack, err := w.log.Take(w.t.Context(), w.agent, body.(wire.Events))
	if err != nil {
		w.t.Fatal(err)
	}
	w.acks = append(w.acks, ack)
	return nil
}

// upload lets an agent tell a cloud everything that waits.
func upload(t *testing.T, o *outbox.Outbox, log *eventlog.Service, agent domain.AgentID) {
	t.Helper()
	epoch, _, _, err := o.Position(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w := &wireTo{t: t, agent: agent, log: log}
	var welcome wire.Welcome
	if welcome.AckedAudit, welcome.AckedStatus, err = log.Acked(t.Context(), agent, epoch); err != nil {
		t.Fatal(err)
	}
	o.Opened(w, welcome)
	for {
		o.Turn(t.Context())
		if len(w.acks) == 0 {
			break
		}
		data, err := wire.Seal(wire.KindAck, w.Conn(), w.acks[0])
		if err != nil {
			t.Fatal(err)
		}
		e, err := wire.Open(data)
		if err != nil {
			t.Fatal(err)
		}
		w.acks = w.acks[1:]
		o.Received(e)
		o.Turn(t.Context())
	}
	if waiting, _, err := o.Depth(t.Context()); err != nil || waiting != 0 {
		t.Fatalf("%d rows wait (%v)", waiting, err)
	}
	o.Closed()
	o.Turn(t.Context())
}

// The cloud's database is put back as it was before some rows came. Rows that the agent still holds arrive; those it was told were safe leave a hole that
// everybody sees; nothing is called altered, and nothing goes into quarantine. It is the promise of deploy/docs/backup.md.
//
// shows EDGE-06 by cloud/eventlog/step.go: "fits = fits || beginsAnew(agent, b.Epoch, b.Stream, row)"
// shows EDGE-06 by cloud/eventlog/verify.go: "if !beginsAnew(w.key.Agent, w.key.Epoch, w.key.Stream, r) {" => "if true {"
func TestRestore_AgentsBringWhatTheyHoldOrAVisibleHole(t *testing.T) {
	folder := t.TempDir()
	file, copied := filepath.Join(folder, "vestibule.db"), filepath.Join(folder, "backup.db")
	s, c := openCloud(t, file)
	agent, site, caller := c.NewBox(c.Site).ID, c.Site, c.Person()
	disk, err := agentstore.Open(t.Context(), filepath.Join(folder, "agent"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = disk.Close() }()
	o := outbox.New(outbox.Config{Shelf: disk, Agent: func() domain.AgentID { return agent }, Clock: clock.System{}})
	add := func(n int) {
		for range n {
			if err := o.Append(t.Context(), domain.EventAgent, domain.NoteBody{What: "test"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	add(5)
	upload(t, o, c.Events, agent)
	shut(t, s)
	copyFile(t, file, copied)

	s, c = openCloud(t, file)
	add(4)
	upload(t, o, c.Events, agent) // told that they are safe, and removed
	shut(t, s)
	add(3)

	s, c = openCloud(t, copied)
	defer shut(t, s)
	upload(t, o, c.Events, agent)
	list, _, err := c.Events.List(caller, site, eventlog.Query{Limit: 20})
	if err != nil || len(list) != 9 { // 5, a hole, 3
		t.Fatalf("%d rows: %+v %v", len(list), list, err)
	}
	if hole := list[3]; hole.Kind != domain.EventGap || hole.Body["reason"] != domain.GapNotWithCloud || hole.Seq != 9 {
		t.Errorf("the hole is %+v", hole)
	}
	found, err := c.Events.Verify(caller, site)
	if err != nil || len(found) != 1 || found[0].Bad != "" || found[0].Anew != 1 || found[0].Rows != 9 {
		t.Errorf("%+v %v", found, err)
	}
	if n, err := disk.Quarantined(context.Background()); err != nil || n != 0 {
		t.Errorf("%d rows in quarantine (%v)", n, err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
