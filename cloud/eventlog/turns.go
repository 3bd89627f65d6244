package eventlog

import (
	"sync"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/wire"
)

// Numbers of the fairness between agents that bring a backlog.
const (
	stands   = 10 * time.Second // after its next batch was due, an agent counts no more among those with a backlog
	mostWait = time.Minute      // an agent believes no more (agent/outbox)
	smooth   = 8                // batches over which the time of one is smoothed
)

// backlog tells whether an agent that sends this batch has more to send.
func backlog(b wire.Events) bool {
	bytes := 0
	for _, r := range b.Rows {
		bytes += len(r.Body)
	}
	return len(b.Rows) >= wire.MaxBatchRows/2 || bytes >= wire.MaxBatchBytes/2
}

// turns says how long an agent with a backlog waits before its next batch, so that all of them together keep few places busy, however many
// they are, and no batch waits for longer than an agent waits for its acknowledgement: weeks offline, then everybody at once, must not hold up the ring of a building that was never away.
type turns struct {
	atOnce int // batches of backlogs at work at the same time

	mu     sync.Mutex
	took   time.Duration // of one batch, smoothed
	agents map[domain.AgentID]time.Time
}

// after notes a batch that took some time and gives the wait before the agent's next one; nothing for an agent without a backlog, and for all when few have one.
func (t *turns) after(agent domain.AgentID, more bool, took time.Duration, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !more {
		delete(t.agents, agent)
		return 0
	}
	t.took += (took - t.took) / smooth
	if t.agents == nil {
		t.agents = map[domain.AgentID]time.Time{}
	}
	t.agents[agent] = now.Add(stands)
	for other, until := range t.agents {
		if !now.Before(until) {
			delete(t.agents, other)
		}
	}
	// n agents that each work for took and wait for w keep n·took/(took+w) places busy. A quarter of that wait they spend in the queue, so that it is never empty.
	wait := min(mostWait, (t.took*time.Duration(len(t.agents))/time.Duration(t.atOnce)-t.took)*3/4)
	if wait < time.Millisecond {
		return 0
	}
	t.agents[agent] = now.Add(wait + stands)
	return wait
}
