package callrecord_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"vestibule/shared/callrecord"
	"vestibule/shared/domain"
)

func leg(what, why string, more ...domain.LegMark) domain.LegBody {
	return domain.LegBody{Kind: domain.LegDevice, Marks: append(more, domain.LegMark{AtMilli: 100, What: what, Why: why})}
}

var invited = domain.LegMark{What: "invited"}

// whys is every way in which a leg ends without an answer, and what is to blame where the legs decide.
var whys = []struct {
	name string
	leg  domain.LegBody
	want domain.Cause // empty: nobody is to blame for it
}{
	{"left out: nobody rings himself", leg("left_out", "caller"), ""},
	{"left out: no monitor", leg("left_out", "not_a_monitor"), ""},
	{"left out: not in the order", leg("left_out", "not_in_order"), ""},
	{"left out: for visitors alone", leg("left_out", "visitors_only"), ""},
	{"left out: too many", leg("left_out", "too_many"), ""},
	{"left out: the way is down", leg("left_out", "wan_down"), domain.CauseWANDown},
	{"left out: another agent's", leg("left_out", "other_agent"), domain.CauseOtherAgent},
	{"left out: no app", leg("left_out", "no_app_registered"), domain.CauseNoApp},
	{"left out: no line", leg("left_out", "no_trunk"), domain.CauseNoTrunk},
	{"left out: limit of the line", leg("left_out", "trunk_limit"), domain.CauseTrunkLimit},
	{"left out: not allowed", leg("left_out", "not_allowed"), domain.CauseNotAllowed},
	{"left out: residents' calls are off", leg("left_out", "resident_calls_off"), domain.CauseNotAllowed},
	{"left out: no landlines", leg("left_out", "landline_off"), domain.CauseLandlineOff},
	{"left out: no number", leg("left_out", "bad_number"), domain.CauseBadNumber},
	{"left out: no monitor passes on", leg("left_out", "no_transfer_monitor"), domain.CauseNoTransfer},
	{"left out: two pass on", leg("left_out", "transfer_conflict"), domain.CauseNoTransfer},
	{"left out: one elsewhere passes on", leg("left_out", "transfer_group"), domain.CauseNoTransfer},
	{"a telephone that rang out", leg("failed", "no_answer", invited), domain.CauseNobodyHome},
	{"left out: not registered", leg("left_out", "unreachable"), domain.CauseNotRegistered},
	{"left out: a word of a newer agent", leg("left_out", "moon_phase"), domain.CauseUnclear},
	{"nothing could be sent", leg("failed", "transport", invited), domain.CauseNoRoute},
	{"its address is gone", leg("failed", "unreachable", invited), domain.CauseNoRoute},
	{"dead", leg("failed", "no_reply", invited), domain.CauseNoReply},
	{"CANCEL unanswered", leg("failed", "cancel_unanswered", invited), domain.CauseNoReply},
	{"408", leg("failed", "408", invited), domain.CauseNoReply},
	{"a description without sense", leg("failed", "bad_description", invited), domain.CauseCodecs},
	{"488", leg("failed", "488", invited), domain.CauseCodecs},
	{"415", leg("failed", "415", invited), domain.CauseCodecs},
	{"606", leg("failed", "606", invited), domain.CauseCodecs},
	{"482", leg("failed", "482", invited), domain.CauseLoop},
	{"500", leg("failed", "500", invited), domain.CauseDeviceRefused},
	{"403", leg("failed", "403", invited), domain.CauseDeviceRefused},
	{"the agent went down", leg("failed", "stopped", invited), domain.CauseRestarted},
	{"the line did not take it", leg("failed", "trunk_refused", invited), domain.CauseTrunkRefused},
	{"603", leg("declined", "603", invited), domain.CauseDeclined},
	{"480", leg("declined", "480", invited), domain.CauseDeclined},
	{"486", leg("declined", "486", invited), domain.CauseBusy},
	{"600", leg("declined", "600", invited), domain.CauseBusy},
	{"silence until the end", leg("cancelled", "no_answer", invited), domain.CauseNoReply},
}

// byLegs are the ends whose cause is what the legs say, with what holds when no leg says anything.
var byLegs = map[domain.EndReason]domain.Cause{
	domain.EndUnreachable: domain.CauseNoMonitors, domain.EndNoTargets: domain.CauseNoMonitors,
	domain.EndNoAnswer: domain.CauseNobodyHome, domain.EndCallerGone: domain.CauseGaveUp, "brand_new": domain.CauseUnclear,
}

// byEnd are the ends that are a cause whatever the legs say.
var byEnd = map[domain.EndReason]domain.Cause{
	domain.EndAnswered: domain.CauseAnswered, domain.EndOpened: domain.CauseOpened, domain.EndDeclined: domain.CauseDeclined,
	domain.EndUnknownApartment: domain.CauseUnknownNumber, domain.EndRefusedCaller: domain.CauseCallerRefused, domain.EndLoop: domain.CauseLoop, domain.EndNotAllowed: domain.CauseNotAllowed,
	domain.EndInterrupted: domain.CauseRestarted, domain.EndBug: domain.CauseBug,
}

// Each reason for the end of a call with each way in which a leg can fail.
//
// shows BEY-05 by shared/callrecord/diagnose.go: "return worst(b, domain.CauseNoMonitors)" => "return domain.CauseUnclear, 0"
func TestDiagnose_EveryEndWithEveryLeg(t *testing.T) {
	for _, w := range whys {
		record := func(end domain.EndReason) domain.CallBody {
			return domain.CallBody{End: end, LastsMilli: 30_000, Legs: []domain.LegBody{leg("ended", string(end)), w.leg}}
		}
		for end, otherwise := range byLegs {
			want, blame := w.want, 2
			if want == "" {
				want, blame = otherwise, 0
			}
			if got, at := callrecord.Diagnose(record(end)); got != want || at != blame {
				t.Errorf("%s, %s: %s of leg %d, want %s of leg %d", end, w.name, got, at, want, blame)
			}
		}
		for end, want := range byEnd {
			if got, _ := callrecord.Diagnose(record(end)); got != want {
				t.Errorf("%s, %s: %s, want %s", end, w.name, got, want)
			}
		}
		want, blame := domain.CauseTooMany, 1
		if w.want == domain.CauseBusy {
			want, blame = w.want, 2
		}
		if got, at := callrecord.Diagnose(record(domain.EndBusy)); got != want || at != blame {
			t.Errorf("busy, %s: %s of leg %d, want %s of leg %d", w.name, got, at, want, blame)
		}
	}
}

// What the network adds to a record, and what only the caller's line tells.
//
// shows BEY-05 by shared/callrecord/diagnose.go: "case l.Net.OtherGroup && l.Net.Beside" => "case false && l.Net.Beside"
func TestDiagnose_FactsOfTheNetwork(t *testing.T) {
	rings := leg("ringing", "", invited)
	with := func(l domain.LegBody, net domain.LegNet) domain.LegBody { l.Net = net; return l }
	out := leg("left_out", "unreachable")
	landline := leg("failed", "503", invited)
	landline.Kind = domain.LegLandline
	remote := leg("failed", "peer_closed", invited)
	remote.Path = "remote"
	for _, c := range []struct {
		name   string
		end    domain.EndReason
		lasts  int64
		caller domain.LegBody
		leg    domain.LegBody
		want   domain.Cause
		blame  int
	}{
		{"rang until the end", domain.EndNoAnswer, 60_000, leg("ended", ""), rings, domain.CauseNobodyHome, 2},
		{"rang, the visitor went", domain.EndCallerGone, 9_000, leg("cancelled", ""), rings, domain.CauseGaveUp, 1},
		{"the visitor went at once", domain.EndCallerGone, 800, leg("cancelled", ""), leg("cancelled", "caller_gone", invited), domain.CauseGaveUp, 1},
		{"the visitor went, nothing rang", domain.EndCallerGone, 9_000, leg("cancelled", ""), leg("cancelled", "caller_gone", invited), domain.CauseNoReply, 2},
		{"answered after the end", domain.EndNoAnswer, 60_000, leg("ended", ""), leg("ended", "second_answer", invited, domain.LegMark{What: "ringing"}), domain.CauseLateAnswer, 2},
		{"the panel restarted meanwhile", domain.EndNoAnswer, 60_000, with(leg("ended", ""), domain.LegNet{Anew: true}), rings, domain.CausePanelLost, 1},
		{"the panel did not hear the answer", domain.EndAnswered, 60_000, leg("failed", "no_ack"), leg("answered", ""), domain.CausePanelLost, 1},
		{"the answer does not fit the panel", domain.EndAnswered, 900, leg("failed", "bad_description"), leg("answered", ""), domain.CauseCodecs, 2},
		{"talked", domain.EndAnswered, 60_000, leg("ended", "hung_up"), leg("answered", ""), domain.CauseAnswered, 2},
		{"the panel has another password", domain.EndRefusedCaller, 0, leg("failed", callrecord.WrongDigest), domain.LegBody{}, domain.CauseWrongPassword, 1},
		{"the panel is gone before it rings", domain.EndCallerGone, 32_000, leg("failed", "no_prack"), rings, domain.CausePanelLost, 1},
		{"the way to the other agent", domain.EndUnreachable, 900, leg("ended", ""), remote, domain.CauseOtherAgent, 2},
		{"tries with another password", domain.EndUnreachable, 0, leg("ended", ""), with(out, domain.LegNet{SignedIn: domain.RegRefused}), domain.CauseWrongPassword, 2},
		{"here, but of another group", domain.EndUnreachable, 0, leg("ended", ""), with(out, domain.LegNet{OtherGroup: true, Beside: true}), domain.CauseWrongGroup, 2},
		{"of another group and not here", domain.EndUnreachable, 0, leg("ended", ""), with(out, domain.LegNet{OtherGroup: true}), domain.CauseNotRegistered, 2},
		{"the carrier said no", domain.EndUnreachable, 900, leg("ended", ""), landline, domain.CauseTrunkRefused, 2},
	} {
		got, at := callrecord.Diagnose(domain.CallBody{End: c.end, LastsMilli: c.lasts, Legs: []domain.LegBody{c.caller, c.leg}})
		if got != c.want || at != c.blame {
			t.Errorf("%s: %s of leg %d, want %s of leg %d", c.name, got, at, c.want, c.blame)
		}
	}
}

// Of two legs the one that came nearer to somebody's ear is the one to mend.
func TestDiagnose_TheNearestLegIsToBlame(t *testing.T) {
	b := domain.CallBody{End: domain.EndUnreachable, Legs: []domain.LegBody{
		leg("ended", ""), leg("left_out", "no_app_registered"), leg("left_out", "unreachable"), leg("failed", "488", invited), leg("failed", "no_reply", invited),
	}}
	if cause, at := callrecord.Diagnose(b); cause != domain.CauseCodecs || at != 4 {
		t.Errorf("%s of leg %d", cause, at)
	}
}

// Whatever stands in a record, it has one cause of the list, in words, about a leg that it has.
//
// shows BEY-05 by shared/callrecord/diagnose.go: "return cause, min(leg, len(b.Legs))" => "return cause, leg"
func TestDiagnose_EveryRecordHasOneCause(t *testing.T) {
	causes := domain.Causes()
	rapid.Check(t, func(t *rapid.T) {
		b := draw(t)
		cause, at := callrecord.Diagnose(b)
		if n := len(slices.DeleteFunc(slices.Clone(causes), func(c domain.Cause) bool { return c != cause })); n != 1 {
			t.Fatalf("%q stands %d times in the list", cause, n)
		}
		if at < 0 || at > len(b.Legs) {
			t.Fatalf("%s is about leg %d of %d", cause, at, len(b.Legs))
		}
		if again, still := callrecord.Diagnose(b); again != cause || still != at {
			t.Fatal("another cause the second time")
		}
		callrecord.Fill(&b)
		if of, leg := callrecord.Of(b); of != cause || leg != at {
			t.Fatal("not what was written")
		}
		if b.Cause = "of_a_newer_agent"; callrecord.Say(b.Cause) != callrecord.Say(domain.CauseUnclear) {
			t.Fatal("a word without words")
		}
		if of, _ := callrecord.Of(b); of != cause {
			t.Fatal("an unknown word is believed")
		}
	})
	said := map[string]domain.Cause{}
	for _, c := range causes {
		if text := callrecord.Say(c); said[text] != "" {
			t.Errorf("%s and %s are one in words", c, said[text])
		} else {
			said[text] = c
		}
	}
}

func draw(t *rapid.T) domain.CallBody {
	ends := []domain.EndReason{"brand_new", domain.EndBusy}
	for end := range byLegs {
		ends = append(ends, end)
	}
	for end := range byEnd {
		ends = append(ends, end)
	}
	slices.Sort(ends)
	b := domain.CallBody{End: rapid.SampledFrom(ends).Draw(t, "end"), LastsMilli: rapid.Int64Range(-1, 90_000).Draw(t, "lasts"), WAN: rapid.Bool().Draw(t, "wan")}
	for range rapid.IntRange(0, 5).Draw(t, "legs") {
		l := domain.LegBody{
			Kind: rapid.SampledFrom([]domain.LegKind{"", domain.LegDevice, domain.LegApp, domain.LegLandline}).Draw(t, "kind"),
			Net: domain.LegNet{
				Beside: rapid.Bool().Draw(t, "beside"), OtherGroup: rapid.Bool().Draw(t, "group"), Anew: rapid.Bool().Draw(t, "anew"), Address: rapid.SampledFrom([]string{"", "10.0.0.1:5060"}).Draw(t, "address"),
				SignedIn: rapid.SampledFrom([]domain.SignedIn{"", domain.RegLive, domain.RegNone, domain.RegRefused}).Draw(t, "signed in"),
			},
		}
		for range rapid.IntRange(0, 4).Draw(t, "marks") {
			l.Marks = append(l.Marks, domain.LegMark{
				AtMilli: rapid.Int64Range(0, 90_000).Draw(t, "at"), Why: rapid.SampledFrom([]string{"", "486", "488", "no_ack", "no_reply", "wan_down", "second_answer", "unreachable", "x"}).Draw(t, "why"),
				What: rapid.SampledFrom([]string{"invited", "ringing", "answered", "declined", "cancelled", "failed", "left_out", "ended", "digit"}).Draw(t, "what"),
			})
		}
		b.Legs = append(b.Legs, l)
	}
	return b
}
