package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"vestibule/agent/link"
	"vestibule/deploy/measure"
)

// crowd is a cloud and its agents.
type crowd struct {
	cloud  *cloud
	places []place
	boxes  []*box
	seen   *seen
	work   sync.WaitGroup
	life   context.Context // of the agents
	stop   context.CancelFunc
	worst  use // the busiest time so far

	behind    int     // the first agents, that have a backlog
	replaying bool    // they have come
	empty     float64 // MiB of the cloud before anybody came
}

// use is what both programs used in a span of time.
type use struct {
	span        time.Duration
	cloud, load float64 // share of one processor
	resident    float64 // MiB of the cloud at its end
	database    share   // of PostgreSQL
	files       [2]int  // of the cloud and of the load
}

// share is what a program beside the cloud used.
type share struct{ processor, memory float64 }

// hurried is a pace without back-off.
var hurried = link.Pace{LeastBackoff: 10 * time.Millisecond, MostBackoff: 10 * time.Millisecond}

// newCrowd makes the agents; the first behind of them have rows waiting.
func newCrowd(ctx context.Context, c *cloud, places []place, pace link.Pace, behind int, rows uint64) (*crowd, error) {
	g := &crowd{cloud: c, places: places, seen: newSeen(len(places)), behind: behind}
	g.life, g.stop = context.WithCancel(ctx)
	for i, p := range places {
		device, err := p.device()
		if err != nil {
			return nil, err
		}
		p.Identity.Broker = c.ports.MQTT
		s := newShelf(p.Identity.Generation)
		s.counter = uint64(time.Now().Unix()) // above every number of an earlier run
		if i < behind {
			if err := s.pile(rows, device); err != nil {
				return nil, err
			}
		}
		b, err := newBox(i, p.Identity, pace, s, g.seen)
		if err != nil {
			return nil, err
		}
		g.boxes = append(g.boxes, b)
	}
	return g, nil
}

// start lets the boxes from up to to live.
func (g *crowd) start(from, to int) {
	for _, b := range g.boxes[from:to] {
		g.work.Go(func() { b.run(g.life) })
	}
}

// happen gives each agent an event now and then until ctx ends: every so often on average.
func (g *crowd) happen(ctx context.Context, every time.Duration) {
	gap := every / time.Duration(len(g.boxes))
	tick := time.NewTicker(max(gap, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = g.boxes[rand.IntN(len(g.boxes))].happens(ctx) //nolint:gosec // any will do
		}
	}
}

// watch measures what both programs use while do runs.
func (g *crowd) watch(do func() error) (use, error) {
	before, err := g.cloud.uses()
	if err != nil {
		return use{}, err
	}
	mine, began := ownTime(), time.Now()
	failed := do()
	u := use{span: time.Since(began)}
	after, err := g.cloud.uses()
	if err != nil {
		return u, err
	}
	if after.cpu < before.cpu {
		before.cpu = 0 // it was started again
	}
	u.cloud, u.load = (after.cpu-before.cpu)/milliseconds(u.span), (ownTime()-mine)/milliseconds(u.span)
	u.resident = after.resident
	u.database = share{(after.database.processor - before.database.processor) / milliseconds(u.span), after.database.memory}
	open, err := os.ReadDir("/proc/self/fd")
	u.files = [2]int{after.files, len(open)}
	if u.cloud+u.database.processor > g.worst.cloud+g.worst.database.processor {
		g.worst = u
	}
	if failed != nil {
		return u, failed
	}
	return u, err
}

// ownTime is the processor time of this program in milliseconds.
func ownTime() float64 {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e6
}

// limits says in a sentence what was nearest to its end.
func (g *crowd) limits() string {
	var files syscall.Rlimit
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files)
	memory, err := measure.MachineMemory()
	if err != nil {
		memory = 1
	}
	u := g.worst
	best, words := 0.0, ""
	for _, l := range []struct {
		share float64
		words string
	}{
		{u.cloud + u.database.processor, g.cloud.busy(u)},
		{u.load / float64(runtime.GOMAXPROCS(0)), fmt.Sprintf("the processor of the load (%.0f %% of its core), so that the cloud may bear more", 100*u.load/float64(runtime.GOMAXPROCS(0)))},
		{(u.resident + u.database.memory) / memory, fmt.Sprintf("memory (%.0f of %.0f MiB)", u.resident+u.database.memory, memory)},
		{float64(max(u.files[0], u.files[1])) / float64(files.Cur), fmt.Sprintf("file descriptors (%d of %d)", max(u.files[0], u.files[1]), files.Cur)},
	} {
		if l.share > best {
			best, words = l.share, l.words
		}
	}
	if best < 0.85 {
		return fmt.Sprintf("Nothing ran out; nearest to its end was %s.", words)
	}
	return fmt.Sprintf("What ran out first was %s.", words)
}

// end stops the agents.
func (g *crowd) end() {
	g.stop()
	g.work.Wait()
}
