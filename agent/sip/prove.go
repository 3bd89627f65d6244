package sip

import (
	sipgo "github.com/emiago/sipgo/sip"

	"vestibule/agent/proof"
	"vestibule/shared/domain"
)

// mostProofs bounds how often one request is sent: without proof, with one, and once more when the carrier's nonce was too old.
const mostProofs = 3

// answered is the answer to a challenge: the header that the request is sent again with.
type answered struct {
	name, value string
	stale       bool // the proof before was right, its nonce only too old
}

// write puts the proof into a request; nil is none.
func (a *answered) write(req *sipgo.Request) {
	if a != nil {
		header(req, a.name, a.value)
	}
}

// answerChallenge proves to the carrier who we are: by SHA-256 where it offers that, else by MD5 (RFC 8760). ok is false when the answer is no
// challenge, or none that can be answered.
func answerChallenge(res *sipgo.Response, req *sipgo.Request, t domain.Trunk) (out *answered, ok bool) {
	asks, gives := "WWW-Authenticate", "Authorization"
	if res.StatusCode == 407 {
		asks, gives = "Proxy-Authenticate", "Proxy-Authorization"
	}
	if res.StatusCode != 401 && res.StatusCode != 407 || t.User == "" || t.Password.IsZero() {
		return nil, false
	}
	var offers []string
	for h := range named(res, asks) {
		offers = append(offers, h.Value())
	}
	text, stale, ok := proof.Answer(offers, string(req.Method), req.Recipient.String(), t.User, t.Password)
	if !ok {
		return nil, false
	}
	return &answered{name: gives, value: text, stale: stale}, true
}
