package sip

import "vestibule/shared/domain"

// answer is a SIP status with its words.
type answer struct {
	code int
	text string
}

// answers says what a caller hears when a call ends before it was answered (RFC 3261 section 21). One row each reason.
var answers = map[domain.EndReason]answer{
	domain.EndAnswered:         {480, "Temporarily Unavailable"}, // not reached: an answered call is hung up
	domain.EndOpened:           {480, "Temporarily Unavailable"}, // not reached
	domain.EndNoAnswer:         {480, "No Answer"},
	domain.EndDeclined:         {603, "Decline"},
	domain.EndCallerGone:       {487, "Request Terminated"},
	domain.EndUnknownApartment: {404, "Not Found"},
	domain.EndNoTargets:        {480, "Temporarily Unavailable"},
	domain.EndUnreachable:      {480, "Temporarily Unavailable"},
	domain.EndRefusedCaller:    {403, "Forbidden"},
	domain.EndBusy:             {486, "Busy Here"},
	domain.EndLoop:             {482, "Loop Detected"},
	domain.EndInterrupted:      {503, "Service Unavailable"},
	domain.EndBug:              {500, "Server Internal Error"},
}

// declines tells whether a final answer of a device means that a person or a setting said no: phones let their owner choose
// among these codes for rejecting and for "do not disturb".
func declines(code int) (declined, busy bool) {
	switch code {
	case 486, 600:
		return true, true
	case 404, 480, 603, 607:
		return true, false
	}
	return false, false
}
