package live

import (
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

// Message is one thing that happened. Data is JSON-encodable and never changed after Publish. ID rises within one run of the service.
type Message struct {
	ID   string
	Kind string
	Data any

	seq uint64
}

// Hub joins publishers and subscribers of sites and of accounts. The zero value is ready.
type Hub struct {
	once  sync.Once
	run   string // names this run in message ids, so that ids of another run are known as such
	seq   atomic.Uint64
	tell  atomic.Pointer[func(Told)]
	mu    sync.Mutex
	rooms map[topic]*room
}

// topic is what messages are about: a site, or an account.
type topic struct {
	site    domain.SiteID
	account domain.AccountID
}

type room struct {
	subscribers map[*subscriber]struct{}
	past        []Message // at most history; a new one takes the place of the oldest
	oldest      int       // where that is
	lost        uint64    // highest number that past no longer holds
}

// keep adds a message to the history.
func (r *room) keep(m Message) {
	if len(r.past) < history {
		r.past = append(r.past, m)
		return
	}
	r.lost = r.past[r.oldest].seq
	r.past[r.oldest] = m
	r.oldest = (r.oldest + 1) % history
}

type subscriber struct {
	out    chan Message
	behind bool // messages were lost since the last one in out
}

func (h *Hub) start() {
	h.once.Do(func() {
		h.run = strconv.FormatInt(time.Now().UnixMilli(), 36)
		h.rooms = map[topic]*room{}
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
	m := Message{ID: h.run + "-" + strconv.FormatUint(seq, 10), Kind: kind, Data: data, seq: seq}
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
		r = &room{subscribers: map[*subscriber]struct{}{}, lost: h.seq.Load()}
		h.rooms[about] = r
	}
	return r
}

// forget drops the histories that nobody looks at.
func (h *Hub) forget() {
	for about, r := range h.rooms {
		if len(r.subscribers) == 0 {
			delete(h.rooms, about)
		}
	}
}

// Subscribe gives what happens at site from now on, and first what happened since the message with id last, if any. When that is not
// known any more the first message is Reset. The channel stays open; call cancel once.
func (h *Hub) Subscribe(site domain.SiteID, last string) (messages <-chan Message, cancel func()) {
	return h.subscribe(topic{site: site}, last)
}

// SubscribeAccount is Subscribe for what concerns an account.
func (h *Hub) SubscribeAccount(account domain.AccountID, last string) (messages <-chan Message, cancel func()) {
	return h.subscribe(topic{account: account}, last)
}

func (h *Hub) subscribe(about topic, last string) (messages <-chan Message, cancel func()) {
	h.start()
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.room(about)
	s := &subscriber{out: make(chan Message, buffer)}
	r.subscribers[s] = struct{}{}
	if last != "" {
		h.replay(r, s, last)
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
		s.out <- Message{ID: h.run + "-" + strconv.FormatUint(h.seq.Load(), 10), Kind: Reset, seq: h.seq.Load()}
		return
	}
	for i := range r.past {
		if m := r.past[(r.oldest+i)%len(r.past)]; m.seq > seq {
			s.send(m)
		}
	}
}
