package callrecord

import "vestibule/shared/domain"

// said is each cause in a few English words, for the agent's own page and logs; the portal has its own words in every language.
var said = map[domain.Cause]string{
	domain.CauseAnswered: "answered", domain.CauseOpened: "answered and opened", domain.CauseNobodyHome: "rang, nobody answered",
	domain.CauseDeclined: "declined", domain.CauseBusy: "busy", domain.CauseGaveUp: "the visitor gave up", domain.CauseLateAnswer: "answered too late",
	domain.CauseUnknownNumber: "no such apartment", domain.CauseNoMonitors: "nothing there that could ring", domain.CauseNotAllowed: "not allowed by the site",
	domain.CauseLandlineOff: "the landline service is off", domain.CauseBadNumber: "the telephone number cannot be called", domain.CauseNoTransfer: "no monitor passes the calls on",
	domain.CauseNoApp: "no app is signed in", domain.CauseNoTrunk: "the site has no telephone line", domain.CauseWrongGroup: "the device is in the wrong network group",
	domain.CauseNotRegistered: "the device is not signed in", domain.CauseWrongPassword: "wrong SIP password", domain.CauseCodecs: "no sound format in common",
	domain.CauseDeviceRefused: "the device answered with an error", domain.CauseNoReply: "the device did not answer", domain.CauseNoRoute: "no way to the device",
	domain.CauseWANDown: "needs the internet, which was down", domain.CauseOtherAgent: "the other agent could not be reached",
	domain.CauseTrunkLimit: "a limit of the telephone line", domain.CauseTrunkRefused: "the telephone line refused", domain.CauseCallerRefused: "not a door phone of this agent",
	domain.CausePanelLost: "the door phone went away", domain.CauseLoop: "the same call came twice", domain.CauseTooMany: "too many calls at once",
	domain.CauseRestarted: "the agent restarted", domain.CauseBug: "an error of the agent", domain.CauseUnclear: "not known",
}

// Say puts a cause into a few words.
func Say(c domain.Cause) string {
	if text, ok := said[c]; ok {
		return text
	}
	return said[domain.CauseUnclear]
}
