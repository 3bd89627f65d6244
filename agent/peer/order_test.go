package peer

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A pipe may lose, repeat and mix up what two sides say to each other: what is said is taken once, in order, and all of it in the end.
//
// shows EDGE-09/R19 by agent/peer/order.go: "if seq != o.got+1 {" => "if seq <= o.got {"
func TestOrder_OnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(0, 0)
		var from, to order
		var pipe []uint32
		var taken []uint32
		deliver := func(i int) {
			if to.take(pipe[i]) {
				taken = append(taken, pipe[i])
			}
		}
		resay := func() {
			for _, d := range from.due(now) {
				pipe = append(pipe, d.(uint32))
			}
		}
		for range rapid.IntRange(0, 100).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				if seq, ok := from.number(); ok {
					from.said(seq, seq, now)
					pipe = append(pipe, seq)
				}
			case 1:
				if len(pipe) > 0 {
					deliver(rapid.IntRange(0, len(pipe)-1).Draw(t, "which")) // and stays: it may come again
				}
			case 2:
				if len(pipe) > 0 { // lost
					i := rapid.IntRange(0, len(pipe)-1).Draw(t, "lost")
					pipe = slices.Delete(pipe, i, i+1)
				}
			case 3:
				from.acked(rapid.Uint32Range(0, to.got).Draw(t, "ack"))
			case 4:
				now = now.Add(again)
				resay()
			}
		}
		for from.acked(to.got); len(from.waiting) > 0; from.acked(to.got) {
			now, pipe = now.Add(again), nil
			resay()
			for i := range pipe {
				deliver(i)
			}
		}
		for i, seq := range taken {
			if seq != uint32(i+1) {
				t.Fatalf("taken %v", taken)
			}
		}
		if uint32(len(taken)) != from.sent {
			t.Fatalf("%d of %d were taken", len(taken), from.sent)
		}
	})
}

func TestOrder_WhatNobodyHearsIsBounded(t *testing.T) {
	var o order
	for i := range mostWaiting {
		seq, ok := o.number()
		if !ok {
			t.Fatalf("%d", i)
		}
		o.said(seq, nil, time.Time{})
	}
	if _, ok := o.number(); ok {
		t.Error("no bound")
	}
}
