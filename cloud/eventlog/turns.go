package eventlog

import (
	"context"
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
	speaks   = 5 * time.Second  // after a batch of the present, somebody is taken to be there who may wait
	mostRest = time.Second
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
	took   time.Duration // of one batch with its rest, smoothed
	worked time.Duration // of one batch without, smoothed
	spoke  time.Time     // when the last batch came that was none of a backlog
	agents map[domain.AgentID]time.Time
}

// rest lets a batch of a backlog begin later by the time that one takes, while others speak: backlogs take half of their places' time then, and people find the
// database and the processor free. The end of a backlog is short, and none of the present. It gives the time that it took.
func (t *turns) rest(ctx context.Context, agent domain.AgentID, more bool, now time.Time) time.Duration {
	t.mu.Lock()
	if _, ends := t.agents[agent]; !more && !ends {
		t.spoke = now
	}
	rest := min(t.worked, mostRest)
	if now.Sub(t.spoke) > speaks {
		rest = 0
	}
	t.mu.Unlock()
	if !more || rest < time.Millisecond {
		return 0
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return rest
}

// after notes a batch that took some time, its rest included, and gives the wait before the agent's next one; nothing for an agent without a backlog, and for all when few have one.
func (t *turns) after(agent domain.AgentID, more bool, rested, took time.Duration, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !more {
		delete(t.agents, agent)
		return 0
	}
	t.took += (took - t.took) / smooth
	t.worked += (max(0, took-rested) - t.worked) / smooth
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
