package live_test

import (
	"strconv"
	"sync"
	"testing"
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
	mine, cancel := h.Subscribe(here, "")
	others, cancelOthers := h.Subscribe(there, "")
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
	in, cancel := h.Subscribe(here, "")
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
	in, cancel := h.Subscribe(here, "")
	h.Publish(here, "event", 1)
	last := drain(in)[0].ID
	cancel()
	h.Publish(here, "event", 2)
	h.Publish(there, "event", 3)
	in, cancel = h.Subscribe(here, last)
	if got := drain(in); len(got) != 1 || got[0].Data != 2 {
		t.Errorf("missed one: %+v", got)
	}
	cancel()
	for i := range 600 { // more than the history holds
		h.Publish(here, "event", i)
	}
	for name, id := range map[string]string{"too old": last, "another run": "x-5", "nonsense": "%%", "of the future": last + "999"} {
		in, cancel := h.Subscribe(here, id)
		if got := drain(in); len(got) != 1 || got[0].Kind != live.Reset {
			t.Errorf("%s: %d messages", name, len(got))
		}
		cancel()
	}
}

// However many messages went through a history, what is younger than a reader's last comes once and in order.
func TestHub_HistoryThatWentRoundIsReadFromItsOldest(t *testing.T) {
	var h live.Hub
	in, cancel := h.Subscribe(here, "")
	var ids []string
	for i := range 1300 {
		h.Publish(here, "event", i)
		for _, m := range drain(in) {
			ids = append(ids, m.ID)
		}
	}
	cancel()
	for _, back := range []int{1, 100, 200} {
		in, cancel := h.Subscribe(here, ids[len(ids)-1-back])
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
			in, cancel := h.Subscribe(here, "")
			defer cancel()
			for n := range 100 {
				h.Publish(here, strconv.Itoa(i), n)
				drain(in)
			}
		})
	}
	work.Wait()
}
