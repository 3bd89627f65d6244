package txn

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// quickly are times in which a test sees everything happen.
var quickly = Times{T1: 40 * time.Millisecond, T2: 80 * time.Millisecond, T4: 60 * time.Millisecond, GiveUp: 400 * time.Millisecond, Repeats: 100 * time.Millisecond}

// enough is far more than anything here takes on a loaded machine.
const enough = 20 * time.Second

// tape is a way that remembers what was sent.
type tape struct {
	mu       sync.Mutex
	sent     []string
	fails    error
	reliable bool
	closed   int
}

func (w *tape) Send(text []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, string(text))
	return w.fails
}

func (w *tape) Reliable() bool { return w.reliable }

func (w *tape) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed++
}

// ends is how often the way was closed.
func (w *tape) ends() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed
}

func (w *tape) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sent)
}

func (w *tape) times(text string) (n int) {
	for _, one := range w.all() {
		if one == text {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(enough); !ok(); {
		if time.Now().After(end) {
			t.Fatalf("%s did not come", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

func invite(branch string) Key { return Key{Branch: branch, Method: "INVITE"} }

func ackText(s string) []byte { return []byte("ACK " + s) }

func TestClient_RepeatsUntilAnsweredAndGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, w := New[string](quickly), &tape{}
		c, err := l.Ask(Key{Branch: "a", Method: "BYE"}, w, []byte("BYE"), ackText)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "a repetition", func() bool { return w.times("BYE") >= 3 })
		select {
		case <-c.Done():
		case <-time.After(enough):
			t.Fatal("it never ends")
		}
		eventually(t, "the end", func() bool { return l.Count() == 0 && w.ends() == 1 })
	})
}

func TestClient_RefusalIsAcknowledgedEachTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, w := New[string](quickly), &tape{}
		c, err := l.Ask(invite("a"), w, []byte("INVITE"), ackText)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			l.Answered(invite("a"), 486, "busy")
		}
		if got := <-c.Answers(); got != "busy" || len(c.Answers()) != 0 || w.times("ACK busy") != 3 {
			t.Errorf("%s, %d more, sent %q", got, len(c.Answers()), w.all())
		}
		eventually(t, "the end", func() bool { return l.Count() == 0 })
		select {
		case <-c.Done():
			t.Error("done, although there was an answer")
		default:
		}
		if l.Answered(invite("a"), 486, "busy") {
			t.Error("it is not forgotten")
		}
	})
}

// A 2xx goes to the user once; each that comes again calls for its ACK.
func TestClient_SuccessIsAcknowledgedByItsUser(t *testing.T) {
	l, w, anew := New[string](quickly), &tape{}, 0
	c, err := l.Ask(invite("a"), w, []byte("INVITE"), ackText)
	if err != nil {
		t.Fatal(err)
	}
	c.OnAnew(func() { anew++ })
	for range 20 { // nobody listens: what is too much is dropped, and the last word is kept
		l.Answered(invite("a"), 180, "ringing")
	}
	for range 3 {
		l.Answered(invite("a"), 200, "ok")
	}
	var last string
	for len(c.Answers()) > 0 {
		last = <-c.Answers()
	}
	if last != "ok" || anew != 2 || len(w.all()) != 1 {
		t.Errorf("%s, acknowledged anew %d times, sent %q", last, anew, w.all())
	}
}

func TestClient_WayFails(t *testing.T) {
	l, w := New[string](quickly), &tape{fails: errors.New("no way")}
	if _, err := l.Ask(invite("a"), w, nil, ackText); err == nil || l.Count() != 0 || w.ends() != 1 {
		t.Errorf("%v, %d left, closed %d times", err, l.Count(), w.ends())
	}
	if _, err := l.Ask(invite("b"), &tape{}, nil, ackText); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Ask(invite("b"), &tape{}, nil, ackText); !errors.Is(err, ErrTaken) {
		t.Error(err)
	}
}

func TestServer_RepeatsARefusalUntilItsACK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, w := New[string](quickly), &tape{}
		tx, first := l.Serve(invite("a"), func() Way { return w })
		if !first || tx.Respond(180, []byte("180")) != nil {
			t.Fatal("not taken")
		}
		if _, first := l.Serve(invite("a"), nil); first || w.times("180") != 2 {
			t.Errorf("a repetition is answered as before: %q", w.all())
		}
		if err := tx.Respond(486, []byte("486")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "a repetition", func() bool { return w.times("486") >= 3 })
		if !l.Acked(invite("a")) {
			t.Error("the ACK belongs to it")
		}
		if err := tx.Respond(200, nil); !errors.Is(err, ErrOver) {
			t.Error(err)
		}
		eventually(t, "the end", func() bool { return l.Count() == 0 })
		if l.Acked(invite("a")) {
			t.Error("it is not forgotten")
		}
	})
}

func TestServer_SuccessAndItsACK(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, w := New[string](quickly), &tape{}
		tx, _ := l.Serve(invite("a"), func() Way { return w })
		for range 2 {
			if err := tx.Respond(200, []byte("200")); err != nil {
				t.Fatal(err)
			}
		}
		if _, first := l.Serve(invite("a"), nil); first || w.times("200") != 2 {
			t.Errorf("its user repeats a 2xx: %q", w.all())
		}
		l.Acked(invite("a"))
		l.Acked(invite("a"))
		<-tx.Acks()
		eventually(t, "the end", func() bool { return l.Count() == 0 })
	})
}

// A CANCEL before its INVITE is held, one after, and one that comes too late.
func TestServer_Cancel(t *testing.T) {
	for name, when := range map[string]int{"before": 0, "after": 1, "late": 2} {
		l, w, told := New[string](quickly), &tape{}, 0
		tx, _ := l.Serve(invite("a"), func() Way { return w })
		if when == 2 {
			_ = tx.Respond(200, []byte("200"))
		}
		if when != 1 {
			tx.Cancel()
		}
		live := tx.Hold(func() []byte { return []byte("487") }, func() { told++ })
		if when == 1 {
			tx.Cancel()
			tx.Cancel()
		}
		wanted := map[int]struct {
			live bool
			told int
			sent string
		}{0: {false, 0, "487"}, 1: {true, 1, "487"}, 2: {true, 0, "200"}}[when]
		if live != wanted.live || told != wanted.told || w.all()[0] != wanted.sent {
			t.Errorf("%s: held %v, told %d times, sent %q", name, live, told, w.all())
		}
		if err := tx.Respond(200, nil); when < 2 && !errors.Is(err, ErrCancelled) {
			t.Errorf("%s: %v", name, err)
		}
		l.Close()
	}
}

func TestServer_DropAndHold(t *testing.T) {
	l := New[string](quickly)
	ignored, _ := l.Serve(Key{Branch: "a", Method: "OPTIONS"}, func() Way { return &tape{} })
	ignored.Drop()
	held, _ := l.Serve(invite("b"), func() Way { return &tape{} })
	held.Hold(func() []byte { return nil }, nil)
	held.Drop()
	over, _ := l.Serve(Key{Branch: "c", Method: "BYE"}, func() Way { return &tape{reliable: true} })
	if err := over.Respond(200, nil); err != nil || l.Count() != 1 {
		t.Errorf("%v, %d left: the ignored one and that over a connection are over", err, l.Count())
	}
	l.Close()
	if tx, _ := l.Serve(invite("d"), nil); tx != nil || l.Count() != 0 {
		t.Error("a closed layer takes something")
	}
	if _, err := l.Ask(invite("d"), &tape{}, nil, ackText); !errors.Is(err, ErrOver) {
		t.Error(err)
	}
}

// Whatever comes in whatever order, from many sides at once: nothing stays behind, each way is closed once, and an answer is given once.
func TestLayer_AnyOrder(t *testing.T) {
	l := New[string](Times{T1: 20 * time.Millisecond, T2: 20 * time.Millisecond, T4: 20 * time.Millisecond, GiveUp: 60 * time.Millisecond, Repeats: 40 * time.Millisecond})
	var all sync.WaitGroup
	ways := make([]*tape, 200)
	for i := range ways {
		w := &tape{reliable: i%5 == 0}
		ways[i] = w
		key := Key{Branch: string(rune('a' + i)), Method: []string{"INVITE", "BYE"}[i%2]}
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 7)) //nolint:gosec // a test that can be played again
			if i%4 < 2 {
				playClient(t, l, r, key, w)
			} else {
				playServer(l, r, key, w)
			}
		})
	}
	all.Wait()
	eventually(t, "the end of all", func() bool { return l.Count() == 0 })
	l.Close()
	eventually(t, "the end of all ways", func() bool { return !slices.ContainsFunc(ways, func(w *tape) bool { return w.ends() == 0 }) })
	for i, w := range ways {
		if n := w.ends(); n != 1 {
			t.Errorf("way %d was closed %d times", i, n)
		}
	}
}

func playClient(t *testing.T, l *Layer[string], r *rand.Rand, key Key, w *tape) {
	c, err := l.Ask(key, w, []byte("ask"), ackText)
	if err != nil {
		t.Error(err)
		return
	}
	var side sync.WaitGroup
	for range 3 {
		status := []int{100, 180, 200, 486}[r.IntN(4)]
		pause := time.Duration(r.IntN(60)) * time.Millisecond
		side.Go(func() {
			<-time.After(pause)
			l.Answered(key, status, map[bool]string{true: "final", false: "provisional"}[status >= 200])
		})
	}
	if r.IntN(4) == 0 {
		side.Go(c.End)
	}
	side.Wait()
	finals := 0
	for len(c.Answers()) > 0 {
		if <-c.Answers() == "final" {
			finals++
		}
	}
	if finals > 1 {
		t.Errorf("%d final answers", finals)
	}
	<-time.After(50 * time.Millisecond)
	c.End() // a client that heard a provisional answer to its INVITE waits for as long as its user
}

func playServer(l *Layer[string], r *rand.Rand, key Key, w *tape) {
	tx, _ := l.Serve(key, func() Way { return w })
	var side sync.WaitGroup
	for range 6 {
		pause, what := time.Duration(r.IntN(60))*time.Millisecond, r.IntN(6)
		side.Go(func() {
			<-time.After(pause)
			switch what {
			case 0:
				l.Acked(key)
			case 1:
				tx.Cancel()
			case 2:
				tx.Hold(func() []byte { return []byte("487") }, nil)
			case 3:
				_ = tx.Respond(180, []byte("180"))
			default:
				if known := l.Find(key); known != nil {
					known.take(again)
				}
			}
		})
	}
	side.Wait()
	_ = tx.Respond(486, []byte("486"))
	tx.Drop()
}
