package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/icholy/digest"
)

// realm is the digest realm of every registrar of ours.
const realm = "vestibule"

// Digest algorithms (RFC 7616, RFC 8760). MD5 is offered first and alone: phones exist that give up at the sight of a second
// challenge (baresip 1.0 does) or read the first only. Who cannot answer MD5 asks again without an answer, and who knows
// SHA-256 names it: both are offered both. Passwords are random, 16 characters and more.
const (
	md5Name    = "MD5"
	sha256Name = "SHA-256"
)

// doubts remembers sources that were challenged and have not answered yet.
type doubts struct {
	mu  sync.Mutex
	all map[netip.AddrPort]time.Time
}

const (
	mostDoubts  = 4096
	doubtsAfter = 10 * time.Minute
)

// again notes a challenge to source and tells whether one before it stayed without an answer.
func (d *doubts) again(source netip.AddrPort, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, seen := d.all[source]
	if !seen && len(d.all) >= mostDoubts {
		clear(d.all) // strangers filled it; the worst is one more round for a phone without MD5
	}
	d.all[source] = now
	return seen && now.Sub(at) < doubtsAfter
}

// answered forgets a source that answers its challenges.
func (d *doubts) answered(source netip.AddrPort) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.all, source)
}

// nonces makes and checks challenges. A nonce is a time, randomness and a keyed digest over both and the source address, so
// that a challenge costs no memory; only nonces that were used correctly are remembered, with their last count.
type nonces struct {
	key  [32]byte
	life time.Duration

	mu   sync.Mutex
	used map[string]usage
}

type usage struct {
	count int
	at    time.Time
}

// mostUsed bounds the memory of used nonces; only who knows a password can fill it.
const mostUsed = 4096

func newNonces(life time.Duration) *nonces {
	n := &nonces{life: life, used: map[string]usage{}}
	_, _ = rand.Read(n.key[:])
	return n
}

func (n *nonces) make(now time.Time, source netip.Addr) string {
	var raw [32]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli()))
	_, _ = rand.Read(raw[8:16])
	n.mu.Lock()
	defer n.mu.Unlock()
	copy(raw[16:], n.seal(raw[:16], source))
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// seal is called with mu held: the key changes when memory runs out.
func (n *nonces) seal(head []byte, source netip.Addr) []byte {
	h := hmac.New(sha256.New, n.key[:])
	h.Write(head)
	h.Write([]byte(source.String()))
	return h.Sum(nil)[:16]
}

// fresh tells whether we made the nonce for this source and it has not expired.
func (n *nonces) fresh(nonce string, now time.Time, source netip.Addr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	raw, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(raw) != 32 || !hmac.Equal(raw[16:], n.seal(raw[:16], source)) {
		return false
	}
	age := now.UnixMilli() - int64(binary.BigEndian.Uint64(raw[:8]))
	return age >= -1000 && age <= n.life.Milliseconds()
}

// once notes a use with a count; false when the count was used before (RFC 7616 section 3.4: nc). Without a count a nonce is good once.
func (n *nonces) once(nonce string, count int, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	last, seen := n.used[nonce]
	if seen && (count == 0 || count <= last.count) {
		return false
	}
	if count == 0 {
		count = 1 << 30
	}
	if len(n.used) >= mostUsed {
		n.sweep(now)
	}
	n.used[nonce] = usage{count: count, at: now}
	return true
}

// sweep forgets what has expired; when nothing has, the oldest goes, and its holder is challenged again.
func (n *nonces) sweep(now time.Time) {
	oldest, at := "", now
	for nonce, u := range n.used {
		if now.Sub(u.at) > n.life {
			delete(n.used, nonce)
		} else if !u.at.After(at) {
			oldest, at = nonce, u.at
		}
	}
	if len(n.used) >= mostUsed {
		delete(n.used, oldest)
		n.key = [32]byte{} // a forgotten count must not come back: every open challenge ends with it
		_, _ = rand.Read(n.key[:])
	}
}

// challenges are the values of the WWW-Authenticate headers.
func challenges(nonce string, both, stale bool) []string {
	algorithms, out := []string{md5Name}, []string(nil)
	if both {
		algorithms = append(algorithms, sha256Name)
	}
	for _, algorithm := range algorithms {
		text := `Digest realm="` + realm + `", nonce="` + nonce + `", algorithm=` + algorithm + `, qop="auth"`
		if stale {
			text += ", stale=true"
		}
		out = append(out, text)
	}
	return out
}

// proof is what an Authorization header says.
type proof struct {
	user, nonce string
	count       int
	credentials *digest.Credentials
}

// maxAuthorization bounds the header.
const maxAuthorization = 1024

// readProof reads an Authorization header; false when it is none of ours.
func readProof(header string) (proof, bool) {
	if len(header) > maxAuthorization {
		return proof{}, false
	}
	c, err := digest.ParseCredentials(header)
	if err != nil || c.Realm != realm || c.Nc < 0 || c.Userhash || c.Username == "" || c.Nonce == "" {
		return proof{}, false
	}
	if c.QOP != "" && (c.QOP != "auth" || c.Nc == 0 || c.Cnonce == "") {
		return proof{}, false
	}
	return proof{user: c.Username, nonce: c.Nonce, count: c.Nc, credentials: c}, true
}

// matches computes the digest for a password and compares in constant time.
func (p proof) matches(method, password string) bool {
	algorithm := strings.ToUpper(p.credentials.Algorithm)
	if algorithm != "" && algorithm != md5Name && algorithm != sha256Name {
		return false
	}
	challenge := &digest.Challenge{Realm: realm, Nonce: p.nonce, Algorithm: p.credentials.Algorithm}
	if p.credentials.QOP != "" {
		challenge.QOP = []string{"auth"}
	}
	want, err := digest.Digest(challenge, digest.Options{
		Method: method, URI: p.credentials.URI, Count: p.count, Username: p.user, Password: password, Cnonce: p.credentials.Cnonce,
	})
	return err == nil && subtle.ConstantTimeCompare([]byte(want.Response), []byte(strings.ToLower(p.credentials.Response))) == 1
}
