package sip

import (
	"slices"
	"strconv"
	"strings"
	"time"

	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/sip/txn"
)

// timing is the agreement on how long a dialog lives without a refresh (RFC 4028); the zero value is none.
type timing struct {
	every time.Duration
	ours  bool   // we refresh
	who   string // refresher as the answer to a request of theirs names it
}

// timingOf decides about the timing that a request of the other side asks for. tooShort: it must ask again with more (422).
// Who does not know session timers gets none: a conversation is bounded by its longest time anyway.
func (s *Server) timingOf(req *sipgo.Request) (t timing, tooShort bool) {
	t, asked := readTiming(req)
	if !slices.Contains(tags(req, "supported"), timerTag) && !slices.Contains(tags(req, "require"), timerTag) {
		return timing{}, false
	}
	if asked && t.every < s.cfg.Timers.LeastSession {
		return timing{}, true
	}
	if !asked {
		t.every = s.cfg.Timers.Session
	}
	least, _ := seconds(value(req, "min-se"))
	t.every = max(min(t.every, s.cfg.Timers.Session), time.Duration(least)*time.Second, s.cfg.Timers.LeastSession)
	if t.who != "uac" { // theirs only if they said so
		t.who, t.ours = "uas", true
	}
	return t, false
}

// timingFrom reads what an answer to our own request agreed to.
func (s *Server) timingFrom(res *sipgo.Response) timing {
	t, agreed := readTiming(res)
	if !agreed || t.every < time.Second {
		return timing{}
	}
	t.ours = t.who == "uac"
	return t
}

func readTiming(m headed) (timing, bool) {
	text := value(m, "session-expires")
	if text == "" {
		text = value(m, "x")
	}
	first, params, _ := strings.Cut(text, ";")
	n, ok := seconds(first)
	if !ok {
		return timing{}, false
	}
	t := timing{every: time.Duration(n) * time.Second}
	for part := range strings.SplitSeq(params, ";") {
		if k, v, _ := strings.Cut(part, "="); strings.EqualFold(strings.TrimSpace(k), "refresher") {
			t.who = strings.ToLower(strings.TrimSpace(v))
		}
	}
	return t, true
}

// write says in a 2xx of ours what was agreed.
func (t timing) write(res *reply) {
	if t.every == 0 {
		return
	}
	header(res, "Session-Expires", wholeSeconds(t.every)+";refresher="+t.who)
	if t.who == "uac" {
		header(res, "Require", timerTag)
	}
}

// ask says in a request of ours what we would like.
func (t timing) ask(req *sipgo.Request, least time.Duration) {
	if t.every == 0 {
		return
	}
	who := "uas"
	if t.ours {
		who = "uac"
	}
	header(req, "Session-Expires", wholeSeconds(t.every)+";refresher="+who)
	header(req, "Min-SE", wholeSeconds(least))
}

func wholeSeconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// tooBrief is the 422 to who wants more refreshes than we take.
func (s *Server) tooBrief(req *sipgo.Request, tx *txn.Server) {
	res := respond(req, 422, "Session Interval Too Small", "", nil)
	header(res, "Min-SE", wholeSeconds(s.cfg.Timers.LeastSession))
	s.send(tx, res)
}

// retime sets a new agreement; the first one starts the watch over it.
func (d *dialog) retime(t timing) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.timing = t
	switch {
	case d.over:
	case d.retimed != nil:
		select {
		case d.retimed <- struct{}{}:
		default:
		}
	case t.every > 0:
		d.retimed, d.ended = make(chan struct{}, 1), make(chan struct{})
		retimed, ended := d.retimed, d.ended
		d.s.spawn(func() { d.watch(retimed, ended) })
	}
}

// due is when something must be done about a timing: half the time for our own refresh, and for theirs a little before the end
// (RFC 4028 section 10).
func (t timing) due() time.Duration {
	switch {
	case t.every == 0:
		return 24 * time.Hour
	case t.ours:
		return t.every / 2
	}
	return t.every - min(32*time.Second, t.every/3)
}

// watch refreshes the dialog, or ends it when the refresh of the other side does not come.
func (d *dialog) watch(retimed, ended <-chan struct{}) {
	for {
		d.mu.Lock()
		t := d.timing
		d.mu.Unlock()
		timer := time.NewTimer(t.due())
		select {
		case <-timer.C:
			if t.every > 0 && (!t.ours || !d.refresh()) {
				d.lose("session_expired")
				return
			}
		case <-retimed:
		case <-ended:
			timer.Stop()
			return
		case <-d.s.quit:
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// refresh asks the other side whether it is still there; false when it is not. A refusal for the moment (491, 500) is tried again at the next turn.
func (d *dialog) refresh() bool {
	method, body := sipgo.INVITE, []byte(nil)
	if d.understands(sipgo.UPDATE) {
		method = sipgo.UPDATE
	} else {
		d.mu.Lock()
		body = d.sent
		d.mu.Unlock()
	}
	res := d.ask(method, body)
	if res != nil && res.StatusCode == 422 {
		if n, ok := seconds(value(res, "min-se")); ok {
			d.mu.Lock()
			d.timing.every = max(d.timing.every, time.Duration(n)*time.Second)
			d.mu.Unlock()
			res = d.ask(method, body)
		}
	}
	return res != nil && !goneCode(res.StatusCode)
}
