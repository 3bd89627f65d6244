package main

import (
	"container/heap"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"time"

	"vestibule/shared/desired"
	"vestibule/shared/domain"
)

var ctx = context.Background()

// settings say which world it is.
type settings struct {
	seed   uint64
	sites  int           // the first has two agents, every other one
	storms time.Duration // how long chance plays
	story  io.Writer     // every event in words; nil: nobody listens
	plant  bug           // a bug that is put in on purpose
}

// bug is a rule taken out of the agent, so that a test sees the world find it.
type bug string

// Bugs that can be planted.
const (
	noBug        bug = ""
	forgetful    bug = "forgetful"     // neither memory nor journal keep a command
	ageless      bug = "ageless"       // every command looks fresh
	acksTooEarly bug = "acks_too_soon" // the cloud acknowledges rows that it then does not store
)

// beginning is when every world begins: the true time, which is the database's.
var beginning = time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)

// event is one thing that happens at an instant; order keeps those of one instant as they were added.
type event struct {
	at    time.Time
	order int
	what  string
	do    func()
}

type queue []*event

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].order < q[j].order
	}
	return q[i].at.Before(q[j].at)
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(*event)) } //nolint:forcetypeassert // only add pushes
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// world is everything there is.
type world struct {
	settings
	now    time.Time
	chance *rand.Rand
	queue  queue
	added  int
	events int
	digest hash.Hash
	calm   bool // no faults any more

	base   *base
	cloud  *cloud
	broker *broker
	all    []*site
	agents []*agent
	truth  *truth
	fault  error // the first broken promise

	backup   *base // of the database
	restored int
}

// site is one building.
type site struct {
	id      domain.SiteID
	number  int
	group   domain.GroupID
	agents  []*agent
	devices []*device
	edits   int
	homes   []domain.BuildingID
	first   []desired.Op // its first version
}

// device is a door phone.
type device struct {
	noun  domain.Device
	agent *agent
}

// outcome is what a world came to.
type outcome struct {
	Digest   string
	Events   int
	Rows     int // stored in the cloud
	Commands int
	Doors    int // moved
	Edits    int
	Crashes  int
	Restored int // times that the cloud was put back from a backup
	Broken   error
}

// play runs one world to its end.
func play(s settings) outcome {
	w := &world{settings: s, now: beginning, chance: rand.New(rand.NewPCG(s.seed, 0x5eed)), digest: sha256.New()}
	w.truth = newTruth(w)
	w.base = newBase(w)
	w.broker = newBroker(w)
	w.cloud = &cloud{w: w}
	w.base.before, w.base.after = w.cloud.beforeCommit, w.cloud.afterCommit
	w.build()
	w.calm = true
	w.cloud.start()
	for _, s := range w.all {
		w.cloud.edit(s, s.first)
	}
	w.calm = false
	for _, a := range w.agents {
		a.start()
	}
	w.storm()
	w.run(beginning.Add(s.storms))
	w.rest()
	out := outcome{
		Digest: hex.EncodeToString(w.digest.Sum(nil)[:12]), Events: w.events, Rows: len(w.base.order), Commands: len(w.base.issued),
		Doors: w.truth.moved, Crashes: w.truth.crashes, Restored: w.restored, Broken: w.fault,
	}
	for _, b := range w.all {
		out.Edits += b.edits
	}
	return out
}

// in has f done after a while.
func (w *world) in(d time.Duration, what string, f func()) {
	w.added++
	heap.Push(&w.queue, &event{w.now.Add(max(0, d)), w.added, what, f})
}

// run lets everything happen that is due before until, or until a promise is broken.
func (w *world) run(until time.Time) {
	for len(w.queue) > 0 && w.fault == nil && w.queue[0].at.Before(until) {
		e := heap.Pop(&w.queue).(*event) //nolint:forcetypeassert // only add pushes
		w.now = e.at
		w.events++
		e.do()
	}
	if w.fault == nil {
		w.now = until
	}
}

// tell adds a line to the story, and to its digest.
func (w *world) tell(format string, args ...any) {
	line := fmt.Sprintf("%11.3f %s\n", w.now.Sub(beginning).Seconds(), fmt.Sprintf(format, args...))
	_, _ = io.WriteString(w.digest, line)
	if w.story != nil {
		_, _ = io.WriteString(w.story, line)
	}
}

// broke notes the first broken promise; the world ends with it.
func (w *world) broke(format string, args ...any) {
	if w.fault == nil {
		w.fault = fmt.Errorf("seed %d at %s: %s", w.seed, w.now.Sub(beginning), fmt.Sprintf(format, args...))
		w.tell("BROKEN %s", fmt.Sprintf(format, args...))
	}
}

// number is how the story calls an agent.
func (w *world) number(id domain.AgentID) int {
	for i, a := range w.agents {
		if a.id == id {
			return i
		}
	}
	return -1
}

// one tells with a probability of p that something happens.
func (w *world) one(p float64) bool { return w.chance.Float64() < p }

// between draws a duration.
func (w *world) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.chance.Int64N(int64(most-least)+1))
}

// newID draws an id.
func newID[T ~[16]byte](w *world) T {
	var id T
	for i := range id {
		id[i] = byte(w.chance.Uint32())
	}
	return id
}
