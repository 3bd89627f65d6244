package web

import (
	"crypto/md5" //nolint:gosec // RFC 7616: the devices know MD5 only
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"

	"vestibule/shared/secret"
)

// challenge is what a device asks for in WWW-Authenticate (RFC 7616 section 3.3). count is how often its nonce was used.
type challenge struct {
	realm, nonce, opaque, algorithm string
	qop                             bool // auth is offered; else RFC 2069
	count                           uint32
}

// maxHeader bounds what is parsed of a hostile header.
const maxHeader = 4096

// Why a device cannot be signed in to.
var (
	errChallenge = errors.New("no digest challenge that can be answered")
	errBasic     = errors.New("it asks for the password as readable text (Basic): set its interface to digest, or leave it to its provisioning file")
)

// parseChallenge takes the first Digest challenge with an algorithm that is known here.
func parseChallenge(headers []string) (*challenge, error) {
	err := errChallenge
	for _, h := range headers {
		scheme, rest, _ := strings.Cut(strings.TrimSpace(h), " ")
		if strings.EqualFold(scheme, "Basic") {
			err = errBasic
		}
		if len(h) > maxHeader || !strings.EqualFold(scheme, "Digest") {
			continue
		}
		p := params(rest)
		c := &challenge{realm: p["realm"], nonce: p["nonce"], opaque: p["opaque"], algorithm: p["algorithm"]}
		offered, has := p["qop"]
		for word := range strings.SplitSeq(offered, ",") {
			c.qop = c.qop || strings.EqualFold(strings.TrimSpace(word), "auth")
		}
		if c.nonce != "" && hashOf(c.algorithm) != nil && (c.qop || !has) {
			return c, nil
		}
	}
	return nil, err
}

func hashOf(algorithm string) func() hash.Hash {
	switch strings.ToUpper(algorithm) {
	case "", "MD5":
		return md5.New
	case "SHA-256":
		return sha256.New
	}
	return nil
}

// params reads key=value and key="value" divided by commas; the first of a key counts.
func params(s string) map[string]string {
	out := map[string]string{}
	for s = strings.TrimLeft(s, " \t,"); s != ""; s = strings.TrimLeft(s, " \t,") {
		key, rest, ok := strings.Cut(s, "=")
		if !ok {
			break
		}
		value := ""
		value, s = value1(strings.TrimLeft(rest, " \t"))
		if key = strings.ToLower(strings.TrimSpace(key)); out[key] == "" {
			out[key] = value
		}
	}
	return out
}

// value1 takes one value off the front.
func value1(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ",")
		return strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}

// authorize answers the challenge once more (RFC 7616 section 3.4, qop auth).
func (c *challenge) authorize(method, uri, user string, password secret.String) string {
	c.count++
	cnonce := rand.Text()
	nc := fmt.Sprintf("%08x", c.count)
	sum := func(parts ...string) string {
		h := hashOf(c.algorithm)()
		h.Write([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h.Sum(nil))
	}
	ha1, ha2 := sum(user, c.realm, password.Reveal()), sum(method, uri)
	response := sum(ha1, c.nonce, ha2)
	if c.qop {
		response = sum(ha1, c.nonce, nc, cnonce, "auth", ha2)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `Digest username=%s, realm=%s, nonce=%s, uri=%s, response="%s"`, quote(user), quote(c.realm), quote(c.nonce), quote(uri), response)
	if c.algorithm != "" {
		fmt.Fprintf(&b, `, algorithm=%s`, strings.ToUpper(c.algorithm))
	}
	if c.qop {
		fmt.Fprintf(&b, `, qop=auth, nc=%s, cnonce="%s"`, nc, cnonce)
	}
	if c.opaque != "" {
		fmt.Fprintf(&b, `, opaque=%s`, quote(c.opaque))
	}
	return b.String()
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\r", "", "\n", "").Replace(s) + `"`
}
