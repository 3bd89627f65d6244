package digestauth

import (
	"crypto/rand"
	"crypto/subtle"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	nonceLife  = 5 * time.Minute
	keptNonces = 1000
)

// Verdict is what a Guard says about a request.
type Verdict int

// The verdicts: no or wrong credentials; right ones for a nonce that is used up; right ones.
const (
	Denied Verdict = iota
	Stale
	Granted
)

// Guard is the server side for one realm. It is safe for concurrent use.
type Guard struct {
	realm, algorithm, opaque string

	mu     sync.Mutex
	nonces map[string]*nonce
}

type nonce struct {
	born  time.Time
	count uint64
}

// NewGuard makes a guard. algorithm is "MD5" or "SHA-256".
func NewGuard(realm, algorithm string) *Guard {
	return &Guard{realm: realm, algorithm: algorithm, opaque: rand.Text(), nonces: map[string]*nonce{}}
}

// Challenge is the value of a WWW-Authenticate header with a fresh nonce.
func (g *Guard) Challenge(stale bool) string {
	n := rand.Text()
	g.mu.Lock()
	g.trim(time.Now())
	g.nonces[n] = &nonce{born: time.Now()}
	g.mu.Unlock()
	s := `Digest realm="` + g.realm + `", nonce="` + n + `", opaque="` + g.opaque + `", algorithm=` + g.algorithm + `, qop="auth"`
	if stale {
		s += `, stale=true`
	}
	return s
}

// Check judges an Authorization header. password tells the secret of a user, or false for a stranger.
func (g *Guard) Check(header string, req Request, password func(user string) (string, bool)) Verdict {
	p, err := parseParams(header)
	if err != nil || p["realm"] != g.realm || p["uri"] != req.URI || p["qop"] != "auth" || p["cnonce"] == "" {
		return Denied
	}
	if a := p["algorithm"]; a != "" && !strings.EqualFold(a, g.algorithm) {
		return Denied
	}
	secret, known := password(p["username"])
	c := Challenge{Realm: g.realm, Nonce: p["nonce"], Algorithm: g.algorithm}
	want, err := response(c, Credentials{User: p["username"], Password: secret}, req, "auth", p["nc"], p["cnonce"])
	if err != nil || !known || subtle.ConstantTimeCompare([]byte(want), []byte(strings.ToLower(p["response"]))) != 1 {
		return Denied
	}
	count, err := strconv.ParseUint(p["nc"], 16, 32)
	if err != nil || !g.use(p["nonce"], count) {
		return Stale
	}
	return Granted
}

// use takes one count of a nonce; a repeated or unknown one is refused.
func (g *Guard) use(value string, count uint64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := g.nonces[value]
	if n == nil || time.Since(n.born) > nonceLife || count <= n.count {
		return false
	}
	n.count = count
	return true
}

func (g *Guard) trim(now time.Time) {
	if len(g.nonces) < keptNonces {
		return
	}
	for value, n := range g.nonces {
		if now.Sub(n.born) > nonceLife || len(g.nonces) >= keptNonces {
			delete(g.nonces, value)
		}
	}
}
