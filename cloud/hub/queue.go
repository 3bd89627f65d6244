package hub

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/shared/domain"
	"vestibule/shared/logkey"
	"vestibule/shared/wire"
)

// Limits bound what a hub holds of agents, whatever the broker is. Zero numbers take the defaults.
type Limits struct {
	PerAgent int // messages of one agent that wait; 64
	Bytes    int // of all messages that wait; 64 MiB
	Handlers int // at work at once with usual messages, and as many with urgent ones; 32
	Bulky    int // of bulky messages at work at once, beside the others; BulkyAtOnce()
}

// A message so large is bulky: a batch of a backlog, or the report of a large site. Few of them are at work at once, they wait apart and take half of the room
// at most, so that neither another agent nor the same one waits for them with what is short: a beat, a result, a receipt, the ring of this minute.
const bulkyFrom = 16 << 10

// class is how messages wait: each with those of its own alone, in order for each agent.
type class uint8

const (
	usual  class = iota
	urgent       // somebody waits for what it says: an agent for its welcome, a person for a door, a call for its media
	bulky
	classes
)

func classOf(data []byte) class {
	if len(data) >= bulkyFrom {
		return bulky
	}
	switch wire.KindOf(data) {
	case wire.KindHello, wire.KindResult, wire.KindSignal, wire.KindAskTurn:
		return urgent
	}
	return usual
}

// BulkyAtOnce is how many bulky messages are at work at once where nobody says otherwise: they never take every processor.
func BulkyAtOnce() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// DrainWithin is how long handlers may go on after the end.
const DrainWithin = 5 * time.Second

func (l Limits) filled() Limits {
	return Limits{PerAgent: cmp.Or(l.PerAgent, 64), Bytes: cmp.Or(l.Bytes, 64<<20), Handlers: cmp.Or(l.Handlers, 32), Bulky: cmp.Or(l.Bulky, BulkyAtOnce())}
}

// Queue holds messages of agents until the handler takes them: in order for each agent, agents side by side, bounded in all. Urgent and bulky ones have an order
// of their own each.
type Queue struct {
	limits Limits
	handle Handler
	logger *slog.Logger
	slots  [classes]chan struct{} // handlers at work
	ctx    atomic.Pointer[context.Context]
	panics atomic.Int64
	lag    [classes]atomic.Int64 // how long the message waited that was taken last

	mu      sync.Mutex
	waiting map[way][]waiting
	room    map[way]chan struct{} // hear that one of a full way was taken
	bytes   int
	closed  bool // nothing new is taken
	forget  bool // nor is what waits
	workers sync.WaitGroup
}

// way is that of an agent's messages of a class.
type way struct {
	agent domain.AgentID
	class class
}

// waiting is a message and since when.
type waiting struct {
	data  []byte
	since time.Time
}

type waitedKey struct{}

// Waited is how long the message of a handler's context was in the queue.
func Waited(ctx context.Context) time.Duration {
	waited, _ := ctx.Value(waitedKey{}).(time.Duration)
	return waited
}

// NewQueue makes a queue; Serve gives it the context of its handlers.
func NewQueue(limits Limits, handle Handler, logger *slog.Logger) *Queue {
	limits = limits.filled()
	q := &Queue{limits: limits, handle: handle, logger: logger, waiting: map[way][]waiting{}, room: map[way]chan struct{}{}}
	for c, places := range [classes]int{usual: limits.Handlers, urgent: limits.Handlers, bulky: limits.Bulky} {
		q.slots[c] = make(chan struct{}, places)
	}
	q.Serve(context.Background())
	return q
}

// Serve sets the context that handlers get.
func (q *Queue) Serve(ctx context.Context) { q.ctx.Store(&ctx) }

// Panics counts the handlers that failed by a bug.
func (q *Queue) Panics() int64 { return q.panics.Load() }

// Depth tells how many messages wait, and their bytes.
func (q *Queue) Depth() (messages, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, list := range q.waiting {
		messages += len(list)
	}
	return messages, q.bytes
}

// usualPatience is how much longer a usual message may wait than an urgent one: an agent asks again after five seconds.
const usualPatience = 6

// Lag tells how far the handlers are behind: how long the urgent message waited that was taken last, or the part of the usual one's wait that weighs as much.
func (q *Queue) Lag() time.Duration {
	return time.Duration(max(q.lag[urgent].Load(), q.lag[usual].Load()/usualPatience))
}

// Wait returns when no handler is at work.
func (q *Queue) Wait() { q.workers.Wait() }

// take gives a message to the handler; a bug in it ends this message alone.
func (q *Queue) take(agent domain.AgentID, m waiting) {
	defer func() {
		if p := recover(); p != nil {
			q.panics.Add(1)
			q.logger.Error("message ended by a bug", logkey.Agent, agent, logkey.Err, fmt.Sprint(p), logkey.Reason, string(debug.Stack()))
		}
	}()
	q.handle(context.WithValue(*q.ctx.Load(), waitedKey{}, time.Since(m.since)), agent, m.data)
}

// Put adds a message; false when there is no room or the queue is closed.
func (q *Queue) Put(agent domain.AgentID, data []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.put(way{agent, classOf(data)}, data)
}

// PutWithin is Put for who can let an agent wait: when too many of its messages wait it waits for room, at most so long.
func (q *Queue) PutWithin(patience time.Duration, agent domain.AgentID, data []byte) bool {
	w := way{agent, classOf(data)}
	var end <-chan time.Time
	for {
		q.mu.Lock()
		if q.put(w, data) {
			q.mu.Unlock()
			return true
		}
		if q.closed || len(q.waiting[w]) < q.limits.PerAgent {
			q.mu.Unlock()
			return false // there is no room for anybody
		}
		taken := q.room[w]
		if taken == nil {
			taken = make(chan struct{})
			q.room[w] = taken
		}
		q.mu.Unlock()
		if end == nil {
			end = time.After(patience)
		}
		select {
		case <-taken:
		case <-end:
			return false
		}
	}
}

// put is Put under the lock.
func (q *Queue) put(w way, data []byte) bool {
	room := q.limits.Bytes
	if w.class == bulky {
		room /= 2
	}
	list, working := q.waiting[w]
	if q.closed || len(list) >= q.limits.PerAgent || q.bytes+len(data) > room {
		return false
	}
	q.waiting[w] = append(list, waiting{data, time.Now()})
	q.bytes += len(data)
	if !working {
		q.workers.Add(1)
		go q.work(w)
	}
	return true
}

// told lets those try again that wait for room, under the lock.
func (q *Queue) told(w way) {
	if taken := q.room[w]; taken != nil {
		close(taken)
		delete(q.room, w)
	}
}

// work handles one agent's messages of one way until none waits. The entry in waiting tells that a worker is there.
func (q *Queue) work(w way) {
	defer q.workers.Done()
	slots := q.slots[w.class]
	for {
		q.mu.Lock()
		list := q.waiting[w]
		if len(list) == 0 || q.forget {
			q.bytes -= size(list)
			delete(q.waiting, w)
			q.told(w)
			q.mu.Unlock()
			return
		}
		next := list[0]
		q.waiting[w] = list[1:]
		q.bytes -= len(next.data)
		q.told(w)
		q.mu.Unlock()
		slots <- struct{}{}
		q.lag[w.class].Store(int64(time.Since(next.since)))
		q.take(w.agent, next)
		<-slots
	}
}

func size(list []waiting) int {
	n := 0
	for _, m := range list {
		n += len(m.data)
	}
	return n
}

// Close refuses new messages and returns when those that wait are handled. When ctx ends before, what still waits is forgotten.
func (q *Queue) Close(ctx context.Context) {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	done := make(chan struct{})
	go func() {
		q.workers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		q.mu.Lock()
		q.forget = true
		q.mu.Unlock()
	}
}
