package callrecord

import (
	"slices"
	"strconv"

	"vestibule/shared/domain"
)

// silent is how long a leg may say nothing before its silence is what kept a visitor waiting: a device that is there answers within a second.
const silent = 2000 // ms

// caller is the number of the caller's line.
const caller = 1

// Fill writes cause and blame into the record of a finished call.
func Fill(b *domain.CallBody) { b.Cause, b.Blame = Diagnose(*b) }

// Of gives the cause of a record and the number of the leg that it is about, 0 for none: those that the agent wrote, else those of Diagnose.
func Of(b domain.CallBody) (domain.Cause, int) {
	if slices.Contains(domain.Causes(), b.Cause) && b.Blame >= 0 && b.Blame <= len(b.Legs) {
		return b.Cause, b.Blame
	}
	return Diagnose(b)
}

// Diagnose finds the one cause of a record and the leg that it is about.
func Diagnose(b domain.CallBody) (domain.Cause, int) {
	cause, leg := find(b)
	return cause, min(leg, len(b.Legs))
}

func find(b domain.CallBody) (domain.Cause, int) {
	switch b.End {
	case domain.EndAnswered, domain.EndOpened:
		return talked(b)
	case domain.EndNoAnswer, domain.EndCallerGone:
		return waited(b)
	case domain.EndDeclined:
		return domain.CauseDeclined, first(b, domain.CauseDeclined)
	case domain.EndBusy:
		if leg := first(b, domain.CauseBusy); leg > 0 {
			return domain.CauseBusy, leg
		}
		return domain.CauseTooMany, caller
	case domain.EndUnreachable, domain.EndNoTargets:
		return worst(b, domain.CauseNoMonitors)
	case domain.EndUnknownApartment:
		return domain.CauseUnknownNumber, caller
	case domain.EndRefusedCaller:
		if m, ok := line(b).Has("failed"); ok && m.Why == WrongDigest {
			return domain.CauseWrongPassword, caller
		}
		return domain.CauseCallerRefused, caller
	case domain.EndNotAllowed:
		return domain.CauseNotAllowed, caller
	case domain.EndLoop:
		return domain.CauseLoop, caller
	case domain.EndInterrupted:
		return domain.CauseRestarted, 0
	case domain.EndBug:
		return domain.CauseBug, 0
	}
	return worst(b, domain.CauseUnclear)
}

// WrongDigest is why the line of a caller failed that named itself as a device and could not prove it.
const WrongDigest = "wrong_digest"

// line is the caller's line.
func line(b domain.CallBody) domain.LegBody {
	if len(b.Legs) == 0 {
		return domain.LegBody{}
	}
	return b.Legs[0]
}

// talked looks at a call that somebody answered: whether the caller was still there to hear it.
func talked(b domain.CallBody) (domain.Cause, int) {
	if b.End == domain.EndOpened {
		return domain.CauseOpened, answered(b)
	}
	switch m, _ := line(b).Has("failed"); m.Why {
	case "no_ack", "session_expired", "dialog_lost":
		return domain.CausePanelLost, caller
	case "bad_description":
		return domain.CauseCodecs, answered(b)
	}
	return domain.CauseAnswered, answered(b)
}

// answered is the leg that talked with the caller.
func answered(b domain.CallBody) int {
	return number(b, func(l domain.LegBody) bool { _, ok := l.Has("answered"); return ok })
}

// number finds the first leg that fits; the caller's line is none.
func number(b domain.CallBody, fits func(l domain.LegBody) bool) int {
	for i, l := range b.Legs {
		if i > 0 && fits(l) {
			return i + 1
		}
	}
	return 0
}

// waited looks at a call that rang until the visitor or the clock ended it: where nothing rang, no person is the cause.
func waited(b domain.CallBody) (domain.Cause, int) {
	if m, ok := line(b).Has("failed"); ok && (m.Why == "no_prack" || m.Why == "no_ack") {
		return domain.CausePanelLost, caller
	}
	late := number(b, func(l domain.LegBody) bool { m, ok := l.Has("ended"); return ok && m.Why == "second_answer" })
	rang := number(b, func(l domain.LegBody) bool { _, ok := l.Has("ringing"); return ok })
	switch {
	case late > 0:
		return domain.CauseLateAnswer, late
	case line(b).Net.Anew && b.End == domain.EndNoAnswer:
		return domain.CausePanelLost, caller
	case rang > 0 && b.End == domain.EndNoAnswer:
		return domain.CauseNobodyHome, rang
	case b.End == domain.EndNoAnswer:
		return worst(b, domain.CauseNobodyHome)
	case rang > 0 || b.LastsMilli < silent:
		return domain.CauseGaveUp, caller
	}
	return worst(b, domain.CauseGaveUp)
}

// first gives the first leg with a cause.
func first(b domain.CallBody, cause domain.Cause) int {
	return number(b, func(l domain.LegBody) bool { return causeOf(l, b.LastsMilli) == cause })
}

// ranks orders what can keep legs from ringing: the leg that came nearest to somebody's ear is the one to mend first.
var ranks = []domain.Cause{
	domain.CauseDeclined, domain.CauseBusy, domain.CauseNobodyHome, domain.CauseCodecs, domain.CauseDeviceRefused, domain.CauseLoop, domain.CauseNoReply, domain.CauseNoRoute,
	domain.CauseWrongPassword, domain.CauseWrongGroup, domain.CauseNotRegistered, domain.CauseTrunkRefused, domain.CauseTrunkLimit,
	domain.CauseOtherAgent, domain.CauseWANDown, domain.CauseBadNumber, domain.CauseNoTransfer,
	domain.CauseNotAllowed, domain.CauseNoApp, domain.CauseLandlineOff, domain.CauseNoTrunk, domain.CauseRestarted, domain.CauseUnclear,
}

// worst gives the first of ranks that a leg has, with that leg; otherwise what is given for a record without any.
func worst(b domain.CallBody, otherwise domain.Cause) (domain.Cause, int) {
	for _, cause := range ranks {
		if leg := first(b, cause); leg > 0 {
			return cause, leg
		}
	}
	return otherwise, 0
}

// causeOf tells what kept one leg from answering; empty for one that rang, was not called yet, or was never meant to ring.
func causeOf(l domain.LegBody, lasts int64) domain.Cause {
	if m, ok := l.Has("left_out"); ok {
		return leftOut(l, m.Why)
	}
	if m, ok := l.Has("declined"); ok {
		if m.Why == "486" || m.Why == "600" {
			return domain.CauseBusy
		}
		return domain.CauseDeclined
	}
	if m, ok := l.Has("failed"); ok {
		return failed(l, m.Why)
	}
	_, rang := l.Has("ringing")
	if invited, ok := l.Has("invited"); ok && !rang && lasts-invited.AtMilli >= silent {
		if _, ok := l.Has("answered"); !ok {
			return domain.CauseNoReply
		}
	}
	return ""
}

// neverMeant are reasons for leaving a leg out that are as they should be.
var neverMeant = []string{"caller", "not_a_monitor", "not_in_order", "too_many", "visitors_only"}

// leftOut tells why the plan did not call a leg.
func leftOut(l domain.LegBody, why string) domain.Cause {
	if slices.Contains(neverMeant, why) {
		return ""
	}
	switch {
	case l.Net.OtherGroup && l.Net.Beside && (why == "unreachable" || why == "other_agent" || why == "wan_down"):
		return domain.CauseWrongGroup
	case why != "unreachable":
		return word(l, why)
	case l.Net.SignedIn == domain.RegRefused:
		return domain.CauseWrongPassword
	}
	return domain.CauseNotRegistered
}

// words are the reasons that plan and carriers of legs give.
var words = map[string]domain.Cause{
	"wan_down": domain.CauseWANDown, "no_app_registered": domain.CauseNoApp, "no_trunk": domain.CauseNoTrunk, "trunk_limit": domain.CauseTrunkLimit,
	"resident_calls_off": domain.CauseNotAllowed, "landline_off": domain.CauseLandlineOff,
	"no_transfer_monitor": domain.CauseNoTransfer, "transfer_conflict": domain.CauseNoTransfer, "transfer_group": domain.CauseNoTransfer,
	"trunk_refused": domain.CauseTrunkRefused, "other_agent": domain.CauseOtherAgent, "not_allowed": domain.CauseNotAllowed,
	"transport": domain.CauseNoRoute, "unreachable": domain.CauseNoRoute, "no_reply": domain.CauseNoReply, "cancel_unanswered": domain.CauseNoReply,
	"bad_description": domain.CauseCodecs, "stopped": domain.CauseRestarted, "no_answer": domain.CauseNobodyHome, "bad_number": domain.CauseBadNumber,
}

// word reads the reason of a leg. What goes wrong on the way to another agent is that way, whatever it is called.
func word(l domain.LegBody, why string) domain.Cause {
	cause, ok := words[why]
	switch {
	case l.Path == "remote" && (!ok || cause == domain.CauseNoRoute):
		return domain.CauseOtherAgent
	case ok:
		return cause
	}
	return domain.CauseUnclear
}

// failed tells why a leg that was called did not ring or answer.
func failed(l domain.LegBody, why string) domain.Cause {
	code, err := strconv.Atoi(why)
	switch {
	case err != nil:
		return word(l, why)
	case code == 488 || code == 415 || code == 606:
		return domain.CauseCodecs
	case l.Kind == domain.LegLandline:
		return domain.CauseTrunkRefused
	case code == 408:
		return domain.CauseNoReply
	case code == 482 || code == 483:
		return domain.CauseLoop
	}
	return domain.CauseDeviceRefused
}
