package proof

import (
	"slices"
	"strings"

	"github.com/icholy/digest"

	"vestibule/shared/secret"
)

// mostOffers bounds the challenges of one answer that are read.
const mostOffers = 8

// Answer proves to a server who we are: to the strongest of the challenges it offers, SHA-256 before MD5 (RFC 8760). stale tells that the proof before
// was right and its nonce too old. ok is false when no challenge can be answered.
func Answer(offers []string, method, uri, user string, password secret.String) (text string, stale, ok bool) {
	c := strongest(offers)
	if c == nil {
		return "", false, false
	}
	if c.SupportsQOP("auth") {
		c.QOP = []string{"auth"}
	}
	proof, err := digest.Digest(c, digest.Options{Method: method, URI: uri, Count: 1, Username: user, Password: password.Reveal()})
	if err != nil {
		return "", false, false
	}
	return proof.String(), c.Stale, true
}

// strongest gives the best challenge that we can answer, nil when there is none.
func strongest(offers []string) *digest.Challenge {
	var all []*digest.Challenge
	for _, text := range offers {
		if c, err := digest.ParseChallenge(text); err == nil && digest.CanDigest(c) && len(all) < mostOffers {
			all = append(all, c)
		}
	}
	if len(all) == 0 {
		return nil
	}
	strength := func(c *digest.Challenge) int {
		return slices.Index([]string{"", MD5, SHA256}, strings.ToUpper(c.Algorithm))
	}
	return slices.MaxFunc(all, func(a, b *digest.Challenge) int { return strength(a) - strength(b) })
}
