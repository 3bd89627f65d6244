package sip

import (
	"slices"
	"strings"
	"testing"
	"time"

	"vestibule/shared/domain"
)

func TestStatus_EveryReasonHasAnAnswer(t *testing.T) {
	for _, reason := range []domain.EndReason{
		domain.EndAnswered, domain.EndOpened, domain.EndNoAnswer, domain.EndDeclined, domain.EndCallerGone, domain.EndUnknownApartment,
		domain.EndNoTargets, domain.EndUnreachable, domain.EndRefusedCaller, domain.EndNotAllowed, domain.EndLoop, domain.EndBusy, domain.EndInterrupted, domain.EndBug,
	} {
		if a := answers[reason]; a.code < 400 || a.code > 699 || a.text == "" {
			t.Errorf("%s: %+v", reason, a)
		}
	}
	if len(answers) != 14 {
		t.Errorf("%d rows", len(answers))
	}
}

// Every final answer of a device means one thing, and a code that nobody wrote down means that the device was not reached.
func TestStatus_EveryFinalAnswerOfADevice(t *testing.T) {
	said := map[int]string{404: "no", 480: "no", 603: "no", 607: "no", 608: "no", 486: "busy", 600: "busy"}
	for code := 300; code < 700; code++ {
		declined, busy := declines(code)
		if word := said[code]; declined != (word != "") || busy != (word == "busy") {
			t.Errorf("%d: declined %v, busy %v", code, declined, busy)
		}
	}
	for code, want := range map[int]int{200: 200, 202: 200, 491: 491, 488: 488, 606: 488, 408: 488, 503: 488} {
		if got := inCall(code); got.code != want {
			t.Errorf("inside a call %d is passed on as %d, want %d", code, got.code, want)
		}
	}
}

func TestInfo_Keys(t *testing.T) {
	for _, c := range []struct {
		kind, body, key string
		known           bool
	}{
		{"application/dtmf-relay", "Signal=#\r\nDuration=160\r\n", "#", true},
		{"Application/DTMF-Relay; charset=x", "Duration=1\nsignal = 5 \n", "5", true},
		{"application/dtmf-relay", "Signal=11", "#", true},
		{"application/dtmf-relay", "Signal=10", "*", true},
		{"application/dtmf", "*", "*", true},
		{"application/dtmf", " 7\r\n", "7", true},
		{"application/dtmf", "12", "", true},
		{"application/dtmf", "A", "", true},
		{"application/dtmf-relay", "", "", true},
		{"application/dtmf-relay", "Signal=##", "", true},
		{"application/dtmf-relay", strings.Repeat("x", 300) + "\nSignal=#", "", true},
		{"application/media_control+xml", "#", "", false},
		{"", "#", "", false},
	} {
		if key, known := keyOf(c.kind, []byte(c.body)); key != c.key || known != c.known {
			t.Errorf("%q %q: %q %v", c.kind, c.body, key, known)
		}
	}
}

func FuzzInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=#\r\n"))
	f.Add("application/dtmf", []byte("11"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if key, _ := keyOf(kind, body); key != "" && (len(key) != 1 || !strings.Contains("0123456789*#", key)) {
			t.Errorf("key %q", key)
		}
	})
}

func TestBuckets_BoundedInNumber(t *testing.T) {
	b := newBuckets[string](2, 1)
	now := time.Unix(1000, 0)
	var got []bool
	for _, after := range []time.Duration{0, 0, 0, time.Second} {
		got = append(got, b.take("a", now.Add(after)))
	}
	if !slices.Equal(got, []bool{true, true, false, true}) {
		t.Errorf("two at once, then one a second: %v", got)
	}
	for i := range 3 * mostBuckets {
		b.take(strings.Repeat("x", i%97)+string(rune(i)), now)
	}
	if len(b.all) > mostBuckets {
		t.Errorf("%d buckets", len(b.all))
	}
	if !b.take("later", now.Add(time.Hour)) {
		t.Error("old buckets keep their place for ever")
	}
}

func TestNames_CannotBreakALine(t *testing.T) {
	if got := nameAddr("A \"B\"\\\r\nVia: x", "sip:1@h"); got != `"A BVia: x" <sip:1@h>` {
		t.Errorf("%q", got)
	}
}
