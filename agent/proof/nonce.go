package proof

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"sync"
	"time"
)

// Nonces makes and checks challenges. A nonce is a time, randomness and a keyed digest over both and the source address, so
// that a challenge costs no memory; only nonces that were used correctly are remembered, with their last count.
type Nonces struct {
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

// NewNonces makes the challenges of a server; life is how long an answer may come.
func NewNonces(life time.Duration) *Nonces {
	n := &Nonces{life: life, used: map[string]usage{}}
	_, _ = rand.Read(n.key[:])
	return n
}

// Make gives a nonce for a source.
func (n *Nonces) Make(now time.Time, source netip.Addr) string {
	var raw [32]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli()))
	_, _ = rand.Read(raw[8:16])
	n.mu.Lock()
	defer n.mu.Unlock()
	copy(raw[16:], n.seal(raw[:16], source))
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// seal is called with mu held: the key changes when memory runs out.
func (n *Nonces) seal(head []byte, source netip.Addr) []byte {
	h := hmac.New(sha256.New, n.key[:])
	h.Write(head)
	h.Write([]byte(source.String()))
	return h.Sum(nil)[:16]
}

// Fresh tells whether we made the nonce for this source and it has not expired.
func (n *Nonces) Fresh(nonce string, now time.Time, source netip.Addr) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	raw, err := base64.RawURLEncoding.DecodeString(nonce)
	if err != nil || len(raw) != 32 || !hmac.Equal(raw[16:], n.seal(raw[:16], source)) {
		return false
	}
	age := now.UnixMilli() - int64(binary.BigEndian.Uint64(raw[:8]))
	return age >= -1000 && age <= n.life.Milliseconds()
}

// Once notes a use with a count; false when the count was used before (RFC 7616 section 3.4: nc). Without a count a nonce is good once.
func (n *Nonces) Once(nonce string, count int, now time.Time) bool {
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
func (n *Nonces) sweep(now time.Time) {
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
