package live

import (
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"vestibule/shared/domain"
)

// Kinds of messages that the hub itself sends.
const (
	// Reset says that messages were lost: read the lists again.
	Reset = "reset"
)

// Limits of the hub.
const (
	buffer  = 256  // messages a subscriber may lag behind
	history = 512  // messages of a site kept for a subscriber that comes back
	maxSeen = 4096 // topics with a history
)

// never is long before the hub began.
const never = time.Duration(math.MinInt64)

// Message is one thing that happened. Data is JSON-encodable and never changed after Publish. ID rises within one run of the service.
type Message struct {
	ID   string
	Kind string
	Data any

	seq uint64
	at  time.Duration // since the hub began
}

// From says where a subscriber begins; the zero value is now.
type From struct {
	Last   string        // id of the last message that a returning reader has seen
	Recent time.Duration // begin with what this run told in this time before; it counts without Last
}

// Hub joins publishers and subscribers of sites and of accounts. The zero value is ready.
type Hub struct {
	once  sync.Once
	run   string // names this run in message ids, so that ids of another run are known as such
	began time.Time
	seq   atomic.Uint64
	tell  atomic.Pointer[func(Told)]
	mu    sync.Mutex
	rooms map[topic]*room
	swept time.Duration // when histories were dropped last
}

// topic is what messages are about: a site, or an account.
type topic struct {
	site    domain.SiteID
	account domain.AccountID
}

type room struct {
	subscribers map[*subscriber]struct{}
	past        []Message     // at most history; a new one takes the place of the oldest
	oldest      int           // where that is
	lost        uint64        // highest number that past no longer holds
	lostAt      time.Duration // when that was told
}

// keep adds a message to the history.
func (r *room) keep(m Message) {
	if len(r.past) < history {
		r.past = append(r.past, m)
		return
	}
	r.lost, r.lostAt = r.past[r.oldest].seq, r.past[r.oldest].at
	r.past[r.oldest] = m
	r.oldest = (r.oldest + 1) % history
}

type subscriber struct {
	out    chan Message
	behind bool // messages were lost since the last one in out
}

func (h *Hub) start() {
	h.once.Do(func() {
		h.began = time.Now()
		h.run = strconv.FormatInt(h.began.UnixMilli(), 36)
		h.rooms, h.swept = map[topic]*room{}, never
	})
}

// Publish tells everybody who looks at site. It never blocks.
func (h *Hub) Publish(site domain.SiteID, kind string, data any) {
	h.publish(topic{site: site}, kind, data)
	h.relay(topic{site: site}, kind, data)
}

// PublishAccount tells every stream of an account. It never blocks.
func (h *Hub) PublishAccount(account domain.AccountID, kind string, data any) {
	h.publish(topic{account: account}, kind, data)
	h.relay(topic{account: account}, kind, data)
}

func (h *Hub) publish(about topic, kind string, data any) {
	h.start()
	h.mu.Lock()
	defer h.mu.Unlock()
	seq := h.seq.Add(1)
	m := Message{ID: h.run + "-" + strconv.FormatUint(seq, 10), Kind: kind, Data: data, seq: seq, at: time.Since(h.began)}
	r := h.room(about)
	r.keep(m)
	for s := range r.subscribers {
		s.send(m)
	}
}

// send keeps one place free for the reset, so that a slow reader always learns of its loss.
func (s *subscriber) send(m Message) {
	if s.behind && len(s.out) > 0 {
		return // the reset waits to be read; everything since is covered by it
	}
	s.behind = false
	if len(s.out) < cap(s.out)-1 {
		s.out <- m
		return
	}
	s.behind = true
	s.out <- Message{ID: m.ID, Kind: Reset, seq: m.seq}
}

func (h *Hub) room(about topic) *room {
	r := h.rooms[about]
	if r == nil {
		if len(h.rooms) >= maxSeen {
			h.forget()
		}
		r = &room{subscribers: map[*subscriber]struct{}{}, lost: h.seq.Load(), lostAt: h.swept}
		h.rooms[about] = r
	}
	return r
}

// forget drops the histories that nobody looks at.
func (h *Hub) forget() {
	h.swept = time.Since(h.began)
	for about, r := range h.rooms {
		if len(r.subscribers) == 0 {
			delete(h.rooms, about)
		}
	}
}

// Subscribe gives what happens at site from now on, and first what from asks for. When that is not known any more the first message is
// Reset. The channel stays open; call cancel once.
func (h *Hub) Subscribe(site domain.SiteID, from From) (messages <-chan Message, cancel func()) {
	return h.subscribe(topic{site: site}, from)
}

// SubscribeAccount is Subscribe for what concerns an account.
func (h *Hub) SubscribeAccount(account domain.AccountID, from From) (messages <-chan Message, cancel func()) {
	return h.subscribe(topic{account: account}, from)
}

func (h *Hub) subscribe(about topic, from From) (messages <-chan Message, cancel func()) {
	h.start()
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.room(about)
	s := &subscriber{out: make(chan Message, buffer)}
	r.subscribers[s] = struct{}{}
	switch {
	case from.Last != "":
		h.replay(r, s, from.Last)
	case from.Recent > 0:
		h.repeat(r, s, time.Since(h.began)-from.Recent)
	}
	return s.out, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(r.subscribers, s)
	}
}

func (h *Hub) replay(r *room, s *subscriber, last string) {
	var seq uint64
	if number, ours := strings.CutPrefix(last, h.run+"-"); ours {
		seq, _ = strconv.ParseUint(number, 10, 64)
	}
	if seq == 0 || seq < r.lost || seq > h.seq.Load() {
		h.reset(s)
		return
	}
	r.sendWhere(s, func(m Message) bool { return m.seq > seq })
}

// repeat tells what happened since an instant.
func (h *Hub) repeat(r *room, s *subscriber, since time.Duration) {
	if r.lostAt > since {
		h.reset(s)
		return
	}
	r.sendWhere(s, func(m Message) bool { return m.at > since })
}

func (h *Hub) reset(s *subscriber) {
	s.out <- Message{ID: h.run + "-" + strconv.FormatUint(h.seq.Load(), 10), Kind: Reset, seq: h.seq.Load()}
}

func (r *room) sendWhere(s *subscriber, wanted func(Message) bool) {
	for i := range r.past {
		if m := r.past[(r.oldest+i)%len(r.past)]; wanted(m) {
			s.send(m)
		}
	}
}
