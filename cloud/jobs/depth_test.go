package jobs_test

import (
	"context"
	"testing"
	"time"

	"vestibule/cloud/jobs"
	"vestibule/cloud/store"
	"vestibule/cloud/store/storetest"
)

// counts are tries by name and outcome.
type counts chan string

func (c counts) Job(name, outcome string, _ time.Duration) { c <- name + " " + outcome }

// What waits is counted with how long it waits, and each try with what became of it.
func TestDepth_TellsWhatWaitsAndMeterWhatBecameOfIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		q, _ := open(t, s)
		heard := make(counts, 100)
		q.Measure(heard)
		q.Handle("good", jobs.Options{}, func(context.Context, []byte) error { return nil })
		q.Handle("bad", jobs.Options{Tries: 1}, func(context.Context, []byte) error { return context.DeadlineExceeded })
		q.Handle("hopeless", jobs.Options{}, func(context.Context, []byte) error { return jobs.GiveUp(context.DeadlineExceeded) })
		for _, name := range []string{"good", "bad", "hopeless"} {
			if err := q.Insert(t.Context(), name, nil); err != nil {
				t.Fatal(err)
			}
		}
		late := time.After(patience)
		for {
			d, err := q.Depth(t.Context())
			if err != nil || d.States["available"] != 3 || d.States["running"] != 0 {
				t.Fatalf("%+v %v", d, err)
			}
			if d.Oldest > 0 && d.Oldest < time.Hour {
				break
			}
			select {
			case <-late:
				t.Fatalf("it waits for %v", d.Oldest)
			case <-time.After(50 * time.Millisecond):
			}
		}
		run(t, q)
		want := map[string]bool{"good done": true, "bad failed": true, "hopeless given_up": true}
		for len(want) > 0 {
			select {
			case told := <-heard:
				if !want[told] {
					t.Errorf("%q was told", told)
				}
				delete(want, told)
			case <-late:
				t.Fatalf("never told: %v", want)
			}
		}
	})
}
