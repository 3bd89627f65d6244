package live_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vestibule/cloud/live"
	"vestibule/shared/domain"
)

var (
	here  = domain.NewID[domain.SiteID](time.Now())
	there = domain.NewID[domain.SiteID](time.Now())
)

// drain reads what waits.
func drain(in <-chan live.Message) []live.Message {
	var out []live.Message
	for {
		select {
		case m := <-in:
			out = append(out, m)
		default:
			return out
		}
	}
}

func TestHub_TellsTheSiteAlone(t *testing.T) {
	var h live.Hub
	mine, cancel := h.Subscribe(here, live.From{})
	others, cancelOthers := h.Subscribe(there, live.From{})
	defer cancelOthers()
	h.Publish(here, "event", 1)
	if got := drain(mine); len(got) != 1 || got[0].Kind != "event" || got[0].Data != 1 {
		t.Errorf("%+v", got)
	}
	if got := drain(others); len(got) != 0 {
		t.Errorf("another site was told %+v", got)
	}
	cancel()
	h.Publish(here, "event", 2)
	if got := drain(mine); len(got) != 0 {
		t.Errorf("told after the end: %+v", got)
	}
}

func TestHub_SlowReaderIsReset(t *testing.T) {
	var h live.Hub
	in, cancel := h.Subscribe(here, live.From{})
	defer cancel()
	for i := range 1000 {
		h.Publish(here, "event", i)
	}
	got := drain(in)
	if n := len(got); n == 0 || got[n-1].Kind != live.Reset {
		t.Fatalf("%d messages, the last %+v", n, got[n-1])
	}
	h.Publish(here, "event", "after")
	if got := drain(in); len(got) != 1 || got[0].Data != "after" {
		t.Errorf("after the reset: %+v", got)
	}
}

func TestHub_ReturningReaderGetsWhatItMissed(t *testing.T) {
	var h live.Hub
	in, cancel := h.Subscribe(here, live.From{})
	h.Publish(here, "event", 1)
	last := drain(in)[0].ID
	cancel()
	h.Publish(here, "event", 2)
	h.Publish(there, "event", 3)
	in, cancel = h.Subscribe(here, live.From{Last: last})
	if got := drain(in); len(got) != 1 || got[0].Data != 2 {
		t.Errorf("missed one: %+v", got)
	}
	cancel()
	for i := range 600 { // more than the history holds
		h.Publish(here, "event", i)
	}
	for name, id := range map[string]string{"too old": last, "another run": "x-5", "nonsense": "%%", "of the future": last + "999"} {
		in, cancel := h.Subscribe(here, live.From{Last: id})
		if got := drain(in); len(got) != 1 || got[0].Kind != live.Reset {
			t.Errorf("%s: %d messages", name, len(got))
		}
		cancel()
	}
}

// However many messages went through a history, what is younger than a reader's last comes once and in order.
func TestHub_HistoryThatWentRoundIsReadFromItsOldest(t *testing.T) {
	var h live.Hub
	in, cancel := h.Subscribe(here, live.From{})
	var ids []string
	for i := range 1300 {
		h.Publish(here, "event", i)
		for _, m := range drain(in) {
			ids = append(ids, m.ID)
		}
	}
	cancel()
	for _, back := range []int{1, 100, 200} {
		in, cancel := h.Subscribe(here, live.From{Last: ids[len(ids)-1-back]})
		got := drain(in)
		cancel()
		for i, m := range got {
			if m.Data != 1300-back+i {
				t.Fatalf("%d back: message %d is %v", back, i, m.Data)
			}
		}
		if len(got) != back {
			t.Errorf("%d back: %d messages", back, len(got))
		}
	}
}

func TestHub_PublishesFromManyAtOnce(t *testing.T) {
	var h live.Hub
	var work sync.WaitGroup
	for i := range 8 {
		work.Go(func() {
			in, cancel := h.Subscribe(here, live.From{})
			defer cancel()
			for n := range 100 {
				h.Publish(here, strconv.Itoa(i), n)
				drain(in)
			}
		})
	}
	work.Wait()
}

// Who read the lists while the stream opened is told what happened meanwhile; who asks for nothing hears nothing of before.
//
// shows BEY-07 by cloud/live/hub.go: "r.sendWhere(s, func(m Message) bool { return m.at > since })" => "_ = since"
func TestHub_BeginsWithWhatWasRecent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h live.Hub
		begin := func(recent time.Duration) (got []any) {
			in, cancel := h.Subscribe(here, live.From{Recent: recent})
			defer cancel()
			for _, m := range drain(in) {
				if m.Kind == live.Reset {
					return []any{live.Reset}
				}
				got = append(got, m.Data)
			}
			return got
		}
		h.Publish(here, "event", "old")
		<-time.After(time.Minute)
		h.Publish(here, "event", "a")
		h.Publish(there, "event", "of another site")
		h.Publish(here, "event", "b")
		<-time.After(5 * time.Second)
		if got := begin(10 * time.Second); !slices.Equal(got, []any{"a", "b"}) {
			t.Errorf("within 10 s: %v", got)
		}
		if got := begin(0); len(got) != 0 {
			t.Errorf("from now on: %v", got)
		}
		for i := range 600 { // more than the history holds
			h.Publish(here, "event", i)
		}
		if got := begin(10 * time.Second); !slices.Equal(got, []any{live.Reset}) {
			t.Errorf("what is lost: %d messages", len(got))
		}
		<-time.After(time.Minute)
		if got := begin(10 * time.Second); len(got) != 0 {
			t.Errorf("a minute later: %v", got)
		}
	})
}
