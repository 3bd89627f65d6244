package box

import (
	"fmt"
	"net/http"
	"syscall"
	"time"

	"vestibule/agent/outbox"
	agentstore "vestibule/agent/store"
	"vestibule/deploy/stack"
	"vestibule/shared/clock"
	"vestibule/shared/domain"
)

// strike is the death of a cloud or of a node of the broker, and what it fell into.
type strike struct {
	at      time.Time
	waiting uint64 // rows that the agent had written and the cloud had yet to take, of which some had come
	behind  uint64 // versions of the document that the agent had yet to hold
}

// asked counts the doors that somebody had asked for and not yet been told of.
func (s strike) asked(told []ask) int {
	n := 0
	for _, a := range told {
		if a.asked.Before(s.at) && a.answered.After(s.at) {
			n++
		}
	}
	return n
}

// drain is the backlog of an agent: rows from one number to another.
type drain struct {
	agent     domain.AgentID
	epoch     domain.EpochID
	from, end uint64
}

// backlog gives the agent rows that it wrote while it had no cloud.
func (r *replicas) backlog() drain {
	r.t.Helper()
	r.agent.end(syscall.SIGTERM)
	disk, err := agentstore.Open(r.t.Context(), r.ofAgent.Dir)
	if err != nil {
		r.t.Fatal(err)
	}
	o := outbox.New(outbox.Config{Shelf: disk, Agent: func() domain.AgentID { return domain.AgentID{} }, Clock: clock.System{}})
	for n := range drainRows {
		if err := o.Append(r.t.Context(), domain.EventAgent, domain.NoteBody{What: "test", Detail: fmt.Sprint(n)}); err != nil {
			r.t.Fatal(err)
		}
	}
	marks, err := disk.Marks(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	if err := disk.Close(); err != nil {
		r.t.Fatal(err)
	}
	d := drain{epoch: marks.Epoch, end: marks.Audit.Last}
	var list struct{ Items []named }
	err = r.insist(0, func(c *stack.Client) error { return c.Do(r.t.Context(), http.MethodGet, r.path+"/agents", nil, &list) })
	if err != nil || len(list.Items) != 1 {
		r.t.Fatal(err, list)
	}
	if d.agent, err = domain.ParseID[domain.AgentID](list.Items[0].ID); err != nil {
		r.t.Fatal(err)
	}
	d.from = r.acked(d)
	r.startAgent()
	return d
}

// acked is how far the cloud has the agent's audit rows.
func (r *replicas) acked(d drain) uint64 {
	r.t.Helper()
	audit, _, err := r.store.Acked(r.t.Context(), d.agent, d.epoch)
	if err != nil {
		r.t.Fatal(err)
	}
	return audit
}

// strike lets the agent begin to tell a backlog, and kills something in the middle of that.
func (r *replicas) strike(kill func()) {
	r.t.Helper()
	d := r.backlog()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); r.acked(d) < d.from+uint64(drainRows)/4; {
		select {
		case <-tick.C:
		case <-late:
			r.t.Fatal("the agent does not tell its backlog")
		}
	}
	var s strike
	head, held := r.versions()
	if head > held {
		s.behind = head - held
	}
	s.waiting = d.end - min(d.end, r.acked(d))
	s.at = time.Now()
	kill()
	r.strikes = append(r.strikes, s)
}

// versions gives the version of the document in the cloud and the one that the agent holds.
func (r *replicas) versions() (head, held uint64) {
	r.t.Helper()
	mark, err := r.store.ReadHead(r.t.Context(), r.site())
	if err != nil {
		r.t.Fatal(err)
	}
	all, err := r.store.HeldBy(r.t.Context(), r.site())
	if err != nil {
		r.t.Fatal(err)
	}
	for _, v := range all { // there is one agent
		held = v
	}
	return mark.Version, held
}

// inTheMiddle wants that every death came while rows were on their way, and some while doors and edits were.
func (r *replicas) inTheMiddle(told []ask) (asked int, behind, waiting uint64) {
	r.t.Helper()
	for i, s := range r.strikes {
		if s.waiting == 0 {
			r.t.Errorf("death %d came when all rows were told", i)
		}
		asked, behind, waiting = asked+s.asked(told), behind+s.behind, waiting+s.waiting
	}
	if asked == 0 || behind == 0 {
		r.t.Errorf("%d deaths, and %d doors and %d versions were on their way", len(r.strikes), asked, behind)
	}
	return asked, behind, waiting
}
