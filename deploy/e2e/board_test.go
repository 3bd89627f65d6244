package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vestibule/deploy/e2e/lab"
)

// board is an independent Modbus server that tells every write.
type board struct {
	*process
	addr string
}

// write is one write of a coil as the board saw it. At is its Unix time in seconds.
type write struct {
	Coil *int    `json:"coil"`
	On   bool    `json:"on"`
	At   float64 `json:"at"`
}

func startBoard(t *testing.T, host *lab.Host) *board {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("testdata", "board.py"))
	if err != nil {
		t.Fatal(err)
	}
	addr := host.IP + ":502"
	b := &board{launch(t, "board", host.Command(t.Context(), "/usr/bin/python3", script, addr)), addr}
	b.says(20*time.Second, "ready")
	eventually(t, 10*time.Second, "the board listens", func() bool { return host.Listens("tcp", 502) })
	return b
}

// writes gives what was written to a coil, in order.
func (b *board) writes(coil int) []write {
	var out []write
	for line := range strings.Lines(b.Said.String()) {
		var w write
		if json.Unmarshal([]byte(line), &w) == nil && w.Coil != nil && *w.Coil == coil {
			out = append(out, w)
		}
	}
	return out
}

// pulses counts how often a coil went from off to on.
func (b *board) pulses(coil int) int {
	n, on := 0, false
	for _, w := range b.writes(coil) {
		if w.On && !on {
			n++
		}
		on = w.On
	}
	return n
}

// on tells whether a coil is on now.
func (b *board) on(coil int) bool {
	w := b.writes(coil)
	return len(w) > 0 && w[len(w)-1].On
}

// pulsed waits until a coil has been on n times in all and is released again, and gives the length of the last pulse.
func (b *board) pulsed(coil, n int, within time.Duration) time.Duration {
	b.t.Helper()
	eventually(b.t, within, "the coil is written and released", func() bool { return b.pulses(coil) >= n && !b.on(coil) })
	if got := b.pulses(coil); got != n {
		b.t.Fatalf("the coil was on %d times, want %d", got, n)
	}
	var began, length float64
	on := false
	for _, w := range b.writes(coil) {
		switch {
		case w.On && !on:
			began, on = w.At, true
		case !w.On && on:
			length, on = w.At-began, false
		}
	}
	return time.Duration(length * float64(time.Second))
}
