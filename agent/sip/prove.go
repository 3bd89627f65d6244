package sip

import (
	"slices"
	"strings"

	"github.com/icholy/digest"

	sipgo "github.com/emiago/sipgo/sip"

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
	c := strongest(res.GetHeaders(asks))
	if c == nil {
		return nil, false
	}
	if c.SupportsQOP("auth") {
		c.QOP = []string{"auth"}
	}
	proof, err := digest.Digest(c, digest.Options{
		Method: string(req.Method), URI: req.Recipient.String(), Count: 1, Username: t.User, Password: t.Password.Reveal(),
	})
	if err != nil {
		return nil, false
	}
	return &answered{name: gives, value: proof.String(), stale: c.Stale}, true
}

// strongest gives the best challenge that we can answer, nil when there is none.
func strongest(headers []sipgo.Header) *digest.Challenge {
	var all []*digest.Challenge
	for _, h := range headers {
		if c, err := digest.ParseChallenge(h.Value()); err == nil && digest.CanDigest(c) && len(all) < 8 {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil
	}
	strength := func(c *digest.Challenge) int {
		return slices.Index([]string{"", md5Name, sha256Name}, strings.ToUpper(c.Algorithm))
	}
	return slices.MaxFunc(all, func(a, b *digest.Challenge) int { return strength(a) - strength(b) })
}
