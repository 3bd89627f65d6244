package txn

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Every transaction comes to its end: from each state that it can reach, the bell of the end or a final answer leads on, and nothing leads back.
func TestStep_OnlyForward(t *testing.T) {
	for _, r := range rows {
		if r.to < r.at {
			t.Errorf("%d: %v leads %v back to %v", r.kind, r.in, r.at, r.to)
		}
		if r.at == over {
			t.Errorf("%d: something happens after the end", r.kind)
		}
	}
	for k := range kinds {
		for _, in := range []input{provisional, success, refusal, again, ack, pulse, late} {
			if _, _, ok := step(k, over, in); ok {
				t.Errorf("%d: %v after the end", k, in)
			}
		}
	}
}

// The figures of RFC 3261 section 17 and RFC 6026, played as words.
func TestStep_Figures(t *testing.T) {
	for _, c := range []struct {
		kind  kind
		at    state
		story []input
		want  string
	}{
		{clientInvite, trying, []input{pulse, pulse, provisional, pulse, provisional, success, success, refusal, late}, "trying trying proceeding - proceeding accepted accepted - over"},
		{clientInvite, trying, []input{refusal, refusal, success, pulse, late}, "completed completed - - over"},
		{clientInvite, trying, []input{late}, "over"},
		{clientOther, trying, []input{pulse, provisional, pulse, success, success, pulse, late}, "trying proceeding proceeding completed - - over"},
		{clientOther, proceeding, []input{late}, "over"},
		{serverInvite, proceeding, []input{again, provisional, success, again, success, refusal, ack, late}, "proceeding proceeding accepted - accepted - accepted over"},
		{serverInvite, proceeding, []input{refusal, again, pulse, success, ack, ack, again, late}, "completed completed completed - confirmed - - over"},
		{serverInvite, completed, []input{late}, "over"},
		{serverOther, trying, []input{again, provisional, again, success, again, refusal, late}, "- proceeding proceeding completed completed - over"},
	} {
		at, got := c.at, []string{}
		for _, in := range c.story {
			to, _, ok := step(c.kind, at, in)
			if !ok {
				got = append(got, "-")
				continue
			}
			at = to
			got = append(got, at.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%d %v: %v, want %s", c.kind, c.story, got, c.want)
		}
	}
}

// Each final answer is passed on once, and each state that nobody ends rests or waits.
func TestStep_PassesOnceAndAlwaysEnds(t *testing.T) {
	for _, r := range rows {
		final := r.in == success || r.in == refusal
		client := r.kind == clientInvite || r.kind == clientOther
		if client && final && (r.do&pass != 0) != (r.at < accepted) {
			t.Errorf("%d: %v in %v", r.kind, r.in, r.at)
		}
		if final && r.at < accepted && r.do&(rest|patience) == 0 {
			t.Errorf("%d: %v in %v never ends", r.kind, r.in, r.at)
		}
	}
}

func TestTimes(t *testing.T) {
	var times Times
	times.defaults()
	var pauses []string
	p := time.Duration(0)
	for range 6 {
		p = times.longer(clientOther, p)
		pauses = append(pauses, fmt.Sprint(p))
	}
	if got := strings.Join(pauses, " "); got != "500ms 1s 2s 4s 4s 4s" {
		t.Error(got)
	}
	if got := times.longer(clientInvite, 4*time.Second); got != 8*time.Second {
		t.Error("timer A is bounded by timer B alone", got)
	}
	for _, c := range []struct {
		kind     kind
		at       state
		reliable bool
		want     time.Duration
	}{
		{clientInvite, completed, false, times.Repeats},
		{clientInvite, completed, true, 0},
		{clientInvite, accepted, true, times.Repeats},
		{clientOther, completed, false, times.T4},
		{serverInvite, confirmed, false, times.T4},
		{serverInvite, accepted, true, times.Repeats},
		{serverOther, completed, false, times.Repeats},
		{serverOther, completed, true, 0},
	} {
		if got := times.rest(c.kind, c.at, c.reliable); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
