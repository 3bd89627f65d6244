package main

import (
	"slices"
	"strings"
	"testing"

	"vestibule/shared/wire"
)

func TestOutbox_EveryFigureIsTakenOfEventsOfThatSize(t *testing.T) {
	figures, err := measureOutbox(t.Context(), t.TempDir(), amounts{appended: 100})
	if err != nil {
		t.Fatal(err)
	}
	if missing := report(&strings.Builder{}, wantedOutbox, figures); len(missing) != 0 {
		t.Errorf("missing %v", missing)
	}
	var bodies []int
	for range 20 {
		raw, err := wire.Marshal(door())
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, len(raw))
	}
	if slices.Min(bodies) != eventBytes || slices.Max(bodies) != eventBytes {
		t.Errorf("events of %v bytes", bodies)
	}
}
