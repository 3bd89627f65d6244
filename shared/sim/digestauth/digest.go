package digestauth

import (
	"crypto/md5" //nolint:gosec // the algorithm of the devices that are simulated
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"
)

// Challenge is what the guarding side asks.
type Challenge struct {
	Realm, Nonce, Opaque string
	Algorithm            string   // "" = MD5
	QOP                  []string // empty = RFC 2069
	Stale                bool
}

// Credentials are what the asking side knows.
type Credentials struct {
	User, Password string
}

// Request is what is being asked for.
type Request struct {
	Method, URI string
	Body        []byte // only for qop auth-int
}

// ErrAlgorithm says that a challenge wants an algorithm this package does not know.
var ErrAlgorithm = errors.New("digest algorithm is unknown")

// ParseChallenge reads the value of a WWW-Authenticate or Proxy-Authenticate header.
func ParseChallenge(header string) (Challenge, error) {
	p, err := parseParams(header)
	if err != nil {
		return Challenge{}, err
	}
	c := Challenge{
		Realm: p["realm"], Nonce: p["nonce"], Opaque: p["opaque"], Algorithm: p["algorithm"],
		Stale: strings.EqualFold(p["stale"], "true"),
	}
	for q := range strings.SplitSeq(p["qop"], ",") {
		if q = strings.TrimSpace(q); q != "" {
			c.QOP = append(c.QOP, strings.ToLower(q))
		}
	}
	if c.Nonce == "" {
		return Challenge{}, errors.New("digest challenge without nonce")
	}
	if _, _, err := algorithm(c.Algorithm); err != nil {
		return Challenge{}, err
	}
	return c, nil
}

// Answer is the value of the Authorization header for a challenge. count is how often the nonce was used, from 1.
func Answer(c Challenge, who Credentials, req Request, count int) (string, error) {
	cnonce := rand.Text()
	qop := chooseQOP(c.QOP)
	if qop == "" && len(c.QOP) > 0 {
		return "", fmt.Errorf("digest qop %q is unknown", c.QOP)
	}
	nc := fmt.Sprintf("%08x", count)
	response, err := response(c, who, req, qop, nc, cnonce)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `Digest username=%s, realm=%s, nonce=%s, uri=%s, response="%s"`,
		quote(who.User), quote(c.Realm), quote(c.Nonce), quote(req.URI), response)
	if c.Algorithm != "" {
		fmt.Fprintf(&b, `, algorithm=%s`, c.Algorithm)
	}
	if qop != "" {
		fmt.Fprintf(&b, `, qop=%s, nc=%s, cnonce="%s"`, qop, nc, cnonce)
	}
	if c.Opaque != "" {
		fmt.Fprintf(&b, `, opaque=%s`, quote(c.Opaque))
	}
	return b.String(), nil
}

// response is the digest itself (RFC 7616 section 3.4.1).
func response(c Challenge, who Credentials, req Request, qop, nc, cnonce string) (string, error) {
	sum, session, err := algorithm(c.Algorithm)
	if err != nil {
		return "", err
	}
	a1 := who.User + ":" + c.Realm + ":" + who.Password
	if session {
		a1 = sum(a1) + ":" + c.Nonce + ":" + cnonce
	}
	a2 := req.Method + ":" + req.URI
	if qop == "auth-int" {
		a2 += ":" + sum(string(req.Body))
	}
	if qop == "" {
		return sum(sum(a1) + ":" + c.Nonce + ":" + sum(a2)), nil
	}
	return sum(strings.Join([]string{sum(a1), c.Nonce, nc, cnonce, qop, sum(a2)}, ":")), nil
}

func algorithm(name string) (sum func(string) string, session bool, err error) {
	base, session := strings.CutSuffix(strings.ToUpper(name), "-SESS")
	var fresh func() hash.Hash
	switch base {
	case "", "MD5":
		fresh = md5.New
	case "SHA-256":
		fresh = sha256.New
	default:
		return nil, false, fmt.Errorf("%w: %q", ErrAlgorithm, name)
	}
	return func(s string) string {
		h := fresh()
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil))
	}, session, nil
}

func chooseQOP(offered []string) string {
	chosen := ""
	for _, q := range offered {
		if q == "auth" {
			return q
		}
		if q == "auth-int" {
			chosen = q
		}
	}
	return chosen
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// parseParams reads `Digest key=value, key="value"`; keys come back in lower case.
func parseParams(header string) (map[string]string, error) {
	scheme, rest, ok := strings.Cut(strings.TrimSpace(header), " ")
	if !ok || !strings.EqualFold(scheme, "Digest") {
		return nil, errors.New("authentication scheme is not digest")
	}
	out := map[string]string{}
	for rest = strings.TrimLeft(rest, " \t,"); rest != ""; rest = strings.TrimLeft(rest, " \t,") {
		key, after, ok := strings.Cut(rest, "=")
		if !ok {
			return nil, errors.New("digest parameter without value")
		}
		value, tail, err := takeValue(strings.TrimLeft(after, " \t"))
		if err != nil {
			return nil, err
		}
		key = strings.ToLower(strings.TrimSpace(key))
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("digest parameter %q stands twice", key)
		}
		out[key] = value
		rest = tail
	}
	return out, nil
}

func takeValue(s string) (value, rest string, err error) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ",")
		return strings.TrimSpace(value), rest, nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:], nil
		default:
			b.WriteByte(s[i])
		}
	}
	return "", "", errors.New("digest parameter without closing quote")
}
