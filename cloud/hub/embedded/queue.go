package embedded

import (
	"context"
	"sync"

	"vestibule/shared/domain"
)

// queue holds messages of agents until the handler takes them: in order for each agent, agents side by side, bounded in all.
type queue struct {
	perAgent int // messages of one agent
	total    int // bytes of all
	handle   func(agent domain.AgentID, data []byte)
	slots    chan struct{} // handlers at work

	mu      sync.Mutex
	waiting map[domain.AgentID][][]byte
	bytes   int
	closed  bool
	workers sync.WaitGroup
}

func newQueue(perAgent, total, handlers int, handle func(domain.AgentID, []byte)) *queue {
	return &queue{perAgent: perAgent, total: total, handle: handle, slots: make(chan struct{}, handlers), waiting: map[domain.AgentID][][]byte{}}
}

// put adds a message; false when there is no room or the queue is closed.
func (q *queue) put(agent domain.AgentID, data []byte) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	list, working := q.waiting[agent]
	if q.closed || len(list) >= q.perAgent || q.bytes+len(data) > q.total {
		return false
	}
	q.waiting[agent] = append(list, data)
	q.bytes += len(data)
	if !working {
		q.workers.Add(1)
		go q.work(agent)
	}
	return true
}

// work handles one agent's messages until none waits. The entry in waiting tells that a worker is there.
func (q *queue) work(agent domain.AgentID) {
	defer q.workers.Done()
	for {
		q.mu.Lock()
		list := q.waiting[agent]
		if len(list) == 0 || q.closed {
			q.bytes -= size(list)
			delete(q.waiting, agent)
			q.mu.Unlock()
			return
		}
		data := list[0]
		q.waiting[agent] = list[1:]
		q.bytes -= len(data)
		q.mu.Unlock()
		q.slots <- struct{}{}
		q.handle(agent, data)
		<-q.slots
	}
}

func size(list [][]byte) int {
	n := 0
	for _, data := range list {
		n += len(data)
	}
	return n
}

// close refuses new messages, forgets waiting ones and returns when the handlers at work are done, or ctx ends.
func (q *queue) close(ctx context.Context) {
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
	}
}
