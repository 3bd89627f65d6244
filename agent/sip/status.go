package sip

import "vestibule/shared/domain"

// answer is a SIP status with its words.
type answer struct {
	code int
	text string
}

// meaning joins the two sides of a call that was not answered: what the caller hears when a call ends for a reason, and the
// final answers of a device that speak for that reason (RFC 3261 section 21).
type meaning struct {
	reason domain.EndReason
	caller answer
	says   []int // final answers of a leg
}

// meanings is the one table of final answers. What stands in no row's says means that the device could not be reached (unreachable),
// whatever the code: 401 and 403, 408, 488, 5xx. Phones let their owner choose among 404, 480, 486 and 603 for rejecting and for "do
// not disturb", so these are a person's word. 487 is the end of a CANCEL of ours; 3xx is followed or counts as unreachable (moved.go).
var meanings = []meaning{
	{domain.EndDeclined, answer{603, "Decline"}, []int{404, 480, 603, 607, 608}},
	{domain.EndBusy, answer{486, "Busy Here"}, []int{486, 600}},
	{domain.EndUnreachable, answer{480, "Temporarily Unavailable"}, nil},
	{domain.EndNoAnswer, answer{480, "No Answer"}, nil},
	{domain.EndNoTargets, answer{480, "Temporarily Unavailable"}, nil},
	{domain.EndCallerGone, answer{487, "Request Terminated"}, nil},
	{domain.EndUnknownApartment, answer{404, "Not Found"}, nil},
	{domain.EndRefusedCaller, answer{403, "Forbidden"}, nil},
	{domain.EndNotAllowed, answer{403, "Forbidden"}, nil},
	{domain.EndLoop, answer{482, "Loop Detected"}, nil},
	{domain.EndInterrupted, answer{503, "Service Unavailable"}, nil},
	{domain.EndBug, answer{500, "Server Internal Error"}, nil},
	{domain.EndAnswered, answer{480, "Temporarily Unavailable"}, nil}, // not reached: an answered call is hung up
	{domain.EndOpened, answer{480, "Temporarily Unavailable"}, nil},   // not reached
}

// answers and verdicts are the table's two ways of reading.
var answers, verdicts = func() (map[domain.EndReason]answer, map[int]domain.EndReason) {
	toCaller, ofLeg := map[domain.EndReason]answer{}, map[int]domain.EndReason{}
	for _, m := range meanings {
		toCaller[m.reason] = m.caller
		for _, code := range m.says {
			ofLeg[code] = m.reason
		}
	}
	return toCaller, ofLeg
}()

// declines tells whether a final answer of a device means that a person or a setting said no.
func declines(code int) (declined, busy bool) {
	reason, said := verdicts[code]
	return said, reason == domain.EndBusy
}

// inCall says what one side of a conversation hears when the other side did not take its changed description: 491 is asked again,
// everything else leaves the call as it was (RFC 3261 section 14.1).
func inCall(code int) answer {
	switch {
	case code >= 200 && code < 300:
		return answer{200, "OK"}
	case code == 491:
		return answer{491, "Request Pending"}
	}
	return answer{488, "Not Acceptable Here"}
}

// goneCode tells that the other side no longer knows the dialog (RFC 3261 section 12.2.1.2).
func goneCode(code int) bool { return code == 481 || code == 408 }
