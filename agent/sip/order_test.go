package sip

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vestibule/agent/media"
	"vestibule/shared/domain"
)

// soak tells whether this is the long run.
func soak() bool { return os.Getenv("VESTIBULE_SOAK") == "1" }

// orders is how many calls of random order are played: few in every run, all of them in a soak.
func orders() int {
	if soak() {
		return 10_000
	}
	return 60
}

// moment is at most how long a random step waits; a stage rings for ringFor, so that some of them come before and some after it.
const (
	moment  = 30 * time.Millisecond
	ringFor = 25 * time.Millisecond
)

// monitorActor is a monitor that does what it is dealt: rings early or late, answers, declines, hangs up, and always does what a
// CANCEL or BYE says.
type monitorActor struct {
	p    *phone
	deal func() hand

	mu    sync.Mutex
	calls map[string]*ringer // by Call-ID
	bad   []string
}

// hand is what a monitor does with one call.
type hand struct {
	ring, act, bye time.Duration
	code           int // final answer; 0 rings until it is told to stop
	hangs          bool
	key            string
}

// ringer is one call as the monitor sees it.
type ringer struct {
	d       *talk
	final   int // final answer that was sent
	over    bool
	told    bool // hung up by the agent
	byeSent bool
}

func dealer(r *rand.Rand) func() hand {
	var mu sync.Mutex
	return func() hand {
		mu.Lock()
		defer mu.Unlock()
		some := func() time.Duration { return time.Duration(r.Int64N(int64(moment))) }
		h := hand{ring: some() / 4, act: some(), bye: some(), hangs: r.IntN(3) == 0}
		h.code = []int{200, 200, 200, 486, 603, 500, 0}[r.IntN(7)]
		h.key = []string{"", "", "#", "5"}[r.IntN(4)]
		return h
	}
}

// serve plays until quit.
func (a *monitorActor) serve(quit <-chan struct{}) {
	for {
		select {
		case m := <-a.p.in:
			a.mu.Lock()
			a.take(m)
			a.mu.Unlock()
		case <-quit:
			return
		}
	}
}

// later does something with a call unless it is over.
func (a *monitorActor) later(after time.Duration, c *ringer, f func()) {
	time.AfterFunc(after, func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if !c.over {
			f()
		}
	})
}

// take is called with mu held, as everything a monitor does.
func (a *monitorActor) take(m message) {
	c := a.calls[m.get("call-id")]
	switch {
	case m.method() == "INVITE" && c == nil:
		a.invited(m)
	case m.method() == "BYE" && c == nil: // it crossed the monitor's own, whose answer was faster (RFC 3261 section 15.1.2)
		(&talk{p: a.p}).replyTo(m, 481, "Call/Transaction Does Not Exist", "")
	case c == nil || m.method() == "ACK" || m.method() == "INVITE":
	case m.method() == "CANCEL":
		c.d.replyTo(m, 200, "OK", "")
		if c.final == 0 {
			c.final, c.over = 487, true
			c.d.reply(487, "Request Terminated", "")
		}
	case m.method() == "BYE":
		c.d.replyTo(m, 200, "OK", "")
		if c.final != 200 {
			a.bad = append(a.bad, "BYE for a call that was not answered")
		}
		c.over, c.told = true, true
	case m.of() == "BYE" && m.status() >= 200:
		c.over = true
	}
}

func (a *monitorActor) invited(m message) {
	tag := fmt.Sprintf("p%d", serial.Add(1))
	c := &ringer{d: &talk{
		p: a.p, callID: m.get("call-id"), localTag: tag, ours: m.get("to") + ";tag=" + tag, theirs: m.get("from"),
		target: strings.Trim(m.get("contact"), "<>"), seq: 100, invite: m,
	}}
	a.calls[c.d.callID] = c
	h := a.deal()
	a.later(h.ring, c, func() {
		if c.final == 0 {
			c.d.reply(180, "Ringing", "")
		}
	})
	if h.code == 0 {
		return
	}
	a.later(h.ring+h.act, c, func() {
		if c.final != 0 {
			return
		}
		c.final = h.code
		if h.code != 200 {
			c.over = true
			c.d.reply(h.code, "No", "")
			return
		}
		c.d.reply(200, "OK", offer(a.p.addr()))
		if h.key != "" {
			a.later(h.bye/2, c, func() { c.d.info(h.key) })
		}
		if h.hangs {
			a.later(h.bye, c, func() { c.byeSent = true; c.d.request("BYE", "", "") })
		}
	})
}

// open counts calls that have not ended, and forgets those that have.
func (a *monitorActor) open() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := 0
	for id, c := range a.calls {
		if c.over {
			delete(a.calls, id)
		} else {
			n++
		}
	}
	return n
}

// wrongs are what the agent did that it must not.
func (a *monitorActor) wrongs() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.bad)
}

// visitor plays one call at the door phone and gives the final answers that came.
func visitor(door *phone, r *rand.Rand) (finals []int, bodies map[string]bool) {
	d := door.invite("101", offer(door.addr()))
	bodies = map[string]bool{}
	gone := time.After(time.Duration(r.Int64N(int64(3 * moment))))
	cancelled, hung, over := false, false, false
	if r.IntN(3) > 0 {
		gone = time.After(4 * moment)
	}
	giveUp := time.After(2 * patience)
	for !over {
		select {
		case m := <-door.in:
			if m.get("call-id") != d.callID {
				continue
			}
			switch {
			case m.of() == "INVITE" && m.seq() == d.seq && m.status() >= 200:
				d.ackOf(m)
				finals, bodies[m.body] = append(finals, m.status()), true
				over = m.status() >= 300
			case m.method() == "BYE":
				over = true
			case hung && m.of() == "BYE" && m.status() >= 200:
				over = true
			}
		case <-gone:
			switch {
			case d.answered:
				hung = true
				d.raw("BYE", d.seq+1, "", "")
			case !cancelled:
				cancelled = true
				d.cancelCall()
			}
			gone = time.After(moment)
		case <-giveUp:
			return finals, bodies
		}
	}
	return finals, bodies
}

// playOrders is one agent with its door phone and monitors.
func playOrders(t *testing.T, worker, calls int, seed uint64) {
	h := newHouse(t, 3, domain.DTMFInfo)
	events := h.mons[2]
	events.DTMF = domain.DTMFEvents // its sound runs over the agent
	h.view.Devices[events.ID] = events
	first := uint16(24000 + 200*worker)
	h.media = media.NewPool(media.Config{First: first, Last: first + 199, Rest: time.Millisecond})
	h.doors.done = make(chan Ask, 2*calls)
	h.cfg = func(c *Config) {
		c.Timers.Ring, c.Timers.Settle, c.Timers.Late = ringFor, moment, moment
		c.Limits = Limits{PerSec: 1 << 20, StrangerPerSec: 1 << 20, StrangersPerSec: 1 << 20, RefusalsBurst: 1 << 20, RefusalsPerSec: 1 << 20}
	}
	h.start()
	r := rand.New(rand.NewPCG(seed, uint64(worker)))
	door := h.signedIn(h.door)
	door.polite.Store(true) // a BYE may cross the visitor's own and come when he has left
	quit := make(chan struct{})
	var serving sync.WaitGroup
	defer func() { close(quit); serving.Wait() }()
	var actors []*monitorActor
	for _, d := range h.mons {
		a := &monitorActor{p: h.signedIn(d), deal: dealer(rand.New(rand.NewPCG(r.Uint64(), r.Uint64()))), calls: map[string]*ringer{}}
		a.p.stubborn.Store(true) // an INVITE that comes again, because its answer waited to be read, is the call of before and no new one
		actors = append(actors, a)
		serving.Go(func() { a.serve(quit) })
	}
	for n := range calls {
		finals, bodies := visitor(door, r)
		distinct := map[int]bool{}
		for _, f := range finals {
			distinct[f] = true
		}
		if len(distinct) != 1 || len(bodies) != 1 {
			t.Fatalf("seed %d, worker %d, call %d: the caller got the final answers %v with %d descriptions", seed, worker, n, finals, len(bodies))
		}
		for i, a := range actors {
			if !within(patience, func() bool { return a.open() == 0 }) {
				t.Fatalf("seed %d, worker %d, call %d: monitor %d is left ringing or talking", seed, worker, n, i+1)
			}
			if bad := a.wrongs(); len(bad) > 0 {
				t.Fatalf("seed %d, worker %d, call %d: monitor %d: %v", seed, worker, n, i+1, bad)
			}
		}
	}
	h.mem.call(t, calls)
	s := h.server
	empty := func() bool { // a leg ends a moment after its dialog
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.sessions) == 0 && len(s.dialogs) == 0 && len(s.inbound) == 0 && s.legs.Load() == 0 && h.media.InUse() == 0
	}
	if !within(patience, empty) {
		t.Errorf("seed %d, worker %d: left behind: %d calls, %d dialogs, %d legs, %d port pairs", seed, worker, len(s.sessions), len(s.dialogs), s.legs.Load(), h.media.InUse())
	}
	h.mem.until(t, "no stored leg is left", func() bool { return len(h.mem.legs) == 0 })
}

// within polls until something holds.
func within(d time.Duration, holds func() bool) bool {
	deadline := time.Now().Add(d)
	for !holds() {
		if time.Now().After(deadline) {
			return false
		}
		<-time.After(time.Millisecond)
	}
	return true
}

// Random orders of ringing, answer, decline, CANCEL, time-out, digit and BYE with phones on real sockets: never two answers, never a
// monitor left ringing or talking, never a dialog, a leg, a port or (TestMain) a goroutine left behind.
// shows CALL-06 EDGE-09/R19 by agent/call/step.go: "st.do(HangupLeg{Leg: in.Leg})"
func TestOrder_NeverTwoAnswersNeverLeftRinging(t *testing.T) {
	const workers = 6
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for worker := range workers {
		t.Run(fmt.Sprintf("building %d", worker), func(t *testing.T) {
			t.Parallel()
			playOrders(t, worker, orders()/workers, seed)
		})
	}
}
